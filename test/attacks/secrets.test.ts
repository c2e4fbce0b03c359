// Secrets in addresses, variables, configurations and the data folder: nothing that is printed, served or left behind tells them.
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "@tailrace/testing/free-port"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RunningTailrace, tailrace } from "../e2e/running-tailrace.harness.ts"
import { filesBelow, leaksIn, plant, urlSecret } from "./planted-secrets.ts"

const root = join(import.meta.dirname, "../..")
const folder = mkdtempSync(join(tmpdir(), "tailrace-secrets-"))
const closed: Array<() => void> = [() => rmSync(folder, { recursive: true, force: true })]
afterAll(() => {
  for (const close of closed) close()
})

/** Addresses that hold a secret: escaped, bare, as a token, in the query, and malformed because of it. */
const addresses = (scheme: string, secret: string, port: number): ReadonlyArray<string> => [
  `${scheme}://user:${urlSecret(secret)}@127.0.0.1:${port}`,
  `${scheme}://${urlSecret(secret)}@127.0.0.1:${port}`,
  `${scheme}://127.0.0.1:${port}/?password=${urlSecret(secret)}`,
  `${scheme}://user:${secret}/x@127.0.0.1:${port}`,
  `${scheme}://user:a b${secret}@127.0.0.1:${port}`
]

describe("commands that are given secrets", () => {
  it("tell none of them when nobody answers, whatever is wrong with the address", async () => {
    const nobody = await freePort()
    const secret = plant("address")
    const pipeline = join(folder, "sound.yaml")
    writeFileSync(pipeline, "name: sound\n")
    const [web, nats] = [addresses("http", secret, nobody), addresses("nats", secret, nobody)]
    const long = process.env.TAILRACE_ATTACKS === "long"
    const runs: ReadonlyArray<ReadonlyArray<string>> = [
      ["query", "x", "--api", web[4] as string],
      ["tail", "x", "--api", web[0] as string],
      ["send", pipeline, "--collector", web[1] as string],
      ["replay", "--from", "2026-03-01T00:00:00Z", "--dry-run", "--nats-url", nats[1] as string],
      ["ledger", "--check", "--nats-url", nats[0] as string, "--store-url", web[2] as string],
      ...(long ? [0, 1, 2, 3, 4] : [0, 3]).map((i) => [
        "doctor",
        "--nats-url",
        `${nats[i]}`,
        "--store-url",
        `${web[i]}`
      ]),
      ...(long ? web.map((url) => ["ledger", "--api", url]) : []),
      ...(long ? web.map((url) => ["ledger", "--check", "--nats-url", nats[0] as string, "--store-url", url]) : []),
      ...(long ? nats.map((url) => ["replay", "--from", "2026-03-01T00:00:00Z", "--dry-run", "--nats-url", url]) : [])
    ]
    const printed: Record<string, string> = {}
    const environment = {
      TAILRACE_NATS_USER: "somebody",
      TAILRACE_NATS_PASSWORD: plant("broker"),
      TAILRACE_STORE_PASSWORD: plant("store")
    }
    const queue = [...runs]
    const worker = async (): Promise<void> => {
      for (let args = queue.shift(); args !== undefined; args = queue.shift()) {
        const { code, err, out } = await tailrace(
          [...args, "--data", join(folder, "none")].slice(0, withoutData(args)),
          environment
        )
        printed[args.join(" ").replaceAll(secret, "S")] = `${code} ${out}${err}`
      }
    }
    await Promise.all([worker(), worker()])
    expect(Object.keys(printed).length).toBe(runs.length)
    expect(Object.entries(printed).filter(([, text]) => text.startsWith("0 ") && !text.includes("doctor"))).toEqual([])
    expect(leaksIn(printed, [secret, plant("broker"), plant("store")])).toEqual([])
  })
})

/** `--data` is no flag of commands that ask the api or the collector. */
const withoutData = (args: ReadonlyArray<string>): number =>
  args.includes("--nats-url") || args.includes("--store-url") ? args.length + 2 : args.length

describe("services that are given secrets", () => {
  it("tell none of them while they wait for a broker, nor when a configuration is wrong", async () => {
    const nobody = await freePort()
    const secret = plant("service")
    const wrong = ["password: 12345678901", "token: [Zq9listed]"]
    const printed: Record<string, string> = {}
    const told = async (app: string): Promise<void> => {
      const main = join(root, "apps", app, "src/main.ts")
      const file = join(folder, `${app}.yaml`)
      const nats = `nats: { servers: ["nats://user:${urlSecret(secret)}@127.0.0.1:${nobody}"], token: "${secret}" }\n`
      const store = `store: { url: "http://user:${urlSecret(secret)}@127.0.0.1:${nobody}", password: "${secret}" }\n`
      writeFileSync(file, app === "collector" ? `${nats}data: ${join(folder, "spool")}\n` : nats + store)
      const running = start(main, file)
      await waitFor(
        () => running.text(),
        (text) => text.includes("cannot connect to nats"),
        { what: `${app} saying that no broker answers`, timeoutMillis: 30_000 }
      )
      printed[app] = await running.end()
    }
    await Promise.all(["collector", "processor", "api"].map(told))
    for (const [i, line] of wrong.entries()) {
      const file = join(folder, "wrong.yaml")
      writeFileSync(file, `nats:\n  ${line}\n`)
      printed[`api wrong ${i}`] = await start(join(root, "apps/api/src/main.ts"), file).whole()
    }
    expect(printed["api wrong 0"]).toContain("nats.password")
    expect(leaksIn(printed, [secret, "12345678901", "Zq9listed"])).toEqual([])
  })
})

interface Started {
  readonly text: () => string
  /** Ends it at once; all it printed. */
  readonly end: () => Promise<string>
  /** All it printed once it ends by itself. */
  readonly whole: () => Promise<string>
}

const start = (main: string, file: string): Started => {
  const child: ChildProcess = spawn(process.execPath, [main, file], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"]
  })
  closed.push(() => child.kill("SIGKILL"))
  let text = ""
  const keep = (chunk: Buffer): void => {
    text += chunk.toString()
  }
  child.stdout?.on("data", keep)
  child.stderr?.on("data", keep)
  const ended = new Promise<string>((resolve) => child.once("close", () => resolve(text)))
  return {
    text: () => text,
    end: () => {
      child.kill("SIGKILL")
      return ended
    },
    whole: () => ended
  }
}

describe("what tailrace up runs by default", () => {
  let running: RunningTailrace
  beforeAll(async () => {
    running = await RunningTailrace.start()
  }, 90_000)
  afterAll(() => running.remove())

  it("tells none of its own credentials, in pages, answers, logs, states or files, nor a wrong password", async () => {
    const data = join(running.folder, "data")
    const kept = join(data, "credentials")
    const own = readdirSync(kept).map((name) => readFileSync(join(kept, name), "utf8").trim())
    expect(own.length).toBeGreaterThan(1)
    const wrong = plant("wrong")
    const body = '{"level":"error","service":"shop","msg":"stored"}'
    await fetch(`${running.collector}/ingest`, { method: "POST", body })
    await running.untilCount("service:shop", 1)
    const texts: Record<string, string> = {}
    const page = async (name: string, url: string, init: RequestInit = {}): Promise<void> => {
      const answer = await fetch(url, init)
      texts[name] = `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`
    }
    for (const path of ["/", "/metrics", "/health/live", "/health/ready", "/graphql", "/nothing"]) {
      await page(`api ${path}`, running.api + path)
      await page(`collector ${path}`, running.collector + path)
    }
    const ask = (query: string): RequestInit => ({
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query })
    })
    const everything =
      "{ pipeline { instance version partitions { reason status sinks { reason } } } sources { source } ledger { balanced } }"
    // A process tells its state once a second.
    await waitFor(
      () => page("states", `${running.api}/graphql`, ask(everything)).then(() => texts.states),
      (told) => told?.includes('"partitions":[{') === true,
      { what: "the state of the pipeline" }
    )
    await page("an error", `${running.api}/graphql`, ask('{ values(field: "\\u0000") { value } }'))
    await page("a wrong password", `http://127.0.0.1:${running.ports.store}/?query=SELECT+1`, {
      headers: { "x-clickhouse-user": "tailrace", "x-clickhouse-key": wrong }
    })
    await page(
      "a wrong password in the address",
      `http://127.0.0.1:${running.ports.store}/?query=SELECT+1&user=tailrace&password=${urlSecret(wrong)}`
    )
    const ports = ["--nats-port", String(running.ports.nats), "--store-port", String(running.ports.store)]
    const mistaken = { TAILRACE_STORE_USERNAME: "tailrace", TAILRACE_STORE_PASSWORD: wrong }
    for (const [environment, ...args] of [
      [{}, "doctor"],
      [mistaken, "doctor", "--json"],
      [mistaken, "ledger", "--check"]
    ] as const) {
      const { err, out } = await tailrace([...args, "--data", data, ...ports], environment)
      texts[`${args.join(" ")} ${Object.keys(environment)}`] = out + err
    }
    Object.assign(texts, filesBelow(data, ["credentials"]), { output: running.output })
    expect(leaksIn(texts, [...own, wrong])).toEqual([])
  })
})
