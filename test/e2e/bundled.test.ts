// The bundle that `npm start` and `npm run tailrace` run: the same system as from the sources, with all it ships.
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RunningTailrace } from "./running-tailrace.harness.ts"

const root = join(import.meta.dirname, "../..")
const run = promisify(execFile)

let main: string
let running: RunningTailrace

beforeAll(async () => {
  const { programFile } = await import(join(root, "scripts/bootstrap/programs.mjs"))
  main = programFile("tailrace", process.execPath)
  running = await RunningTailrace.start(undefined, undefined, main)
})
afterAll(() => running?.remove())

const send = (message: string) =>
  fetch(`${running.collector}/ingest`, { method: "POST", body: JSON.stringify({ level: "error", msg: message }) })

const ask = async (...command: ReadonlyArray<string>): Promise<string> =>
  (await run(process.execPath, [main, ...command])).stdout

/** What the component of that name says of itself. */
const healthOf = async (name: string): Promise<string | undefined> => {
  const { components } = (await (await fetch(`${running.api}/health/ready`)).json()) as {
    readonly components: ReadonlyArray<{ readonly component: string; readonly reason: string }>
  }
  return components.find(({ component }) => component === name)?.reason
}

describe("the bundle", () => {
  it("is what runs, in the store front's process too, confined as from the sources", async () => {
    expect(main).toContain(join(".cache", "programs"))
    const front = readFileSync(`/proc/${running.storeFrontPid()}/cmdline`, "utf8")
    expect(front).toContain(dirname(dirname(dirname(dirname(main)))))
    expect(await healthOf("store")).toMatch(/^confined: /)
  })

  it("takes records in and finds them by its own command line", async () => {
    expect((await send("from a bundle")).ok).toBe(true)
    await running.untilCount("bundle", 1)
    expect(JSON.parse(await ask("query", "bundle", "--api", running.api))).toMatchObject({ body: "from a bundle" })
    const wrong = await run(process.execPath, [main, "query", "level:(", "--api", running.api]).catch((error) => error)
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("the query cannot be run") })
    expect(await ask("explain", "level:error")).toContain("condition")
  })

  it("streams live tails to its own command line", async () => {
    const tail = spawn(process.execPath, [main, "tail", "lively", "--api", running.api])
    let out = ""
    tail.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString()
    })
    await waitFor(
      async () => {
        await send("a lively one")
        return out
      },
      (text) => text.endsWith("\n"),
      { what: "a printed line", timeoutMillis: 30_000 }
    )
    expect(JSON.parse(out.slice(0, out.indexOf("\n")))).toMatchObject({ body: "a lively one" })
    tail.kill("SIGINT")
    await once(tail, "exit")
  })

  it("serves its query page, which is loaded when it is asked for", async () => {
    const page = await fetch(`${running.api}/graphql`, { headers: { accept: "text/html" } })
    expect(page.headers.get("content-type")).toContain("text/html")
    expect(await page.text()).toContain("Tailrace")
  })

  it("starts its store front again, and waits for the one that a killed instance left", async () => {
    const before = running.storeFrontPid() as number
    process.kill(before, "SIGKILL")
    await waitFor(
      () => running.storeFrontPid(),
      (pid) => pid !== undefined && pid !== before,
      { what: "another store front" }
    )
    await waitFor(
      () => running.count("bundle").catch(() => 0),
      (count) => count === 1,
      { what: "an answer of the new store front", timeoutMillis: 30_000 }
    )
    await running.kill()
    await running.up()
    await running.untilCount("bundle", 1)
  })
})
