// The compose file's commands, run by hand: each service with its own configuration, addresses alone adapted to this machine.
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { spawnFront } from "@tailrace/store/front/spawn"
import { freePort } from "@tailrace/testing/free-port"
import { findNatsServer } from "@tailrace/testing/nats-server"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { type ComposeService, mountedFile, readCompose, root } from "./compose-file.ts"

const compose = readCompose()
const service = (name: string): ComposeService => compose.services[name] as ComposeService
const password = "a-password-of-this-test"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "tailrace-compose-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

interface Running {
  readonly child: ChildProcess
  /** The last of what it has written. */
  readonly output: () => string
}

/** A process that is told to end with the scope, which waits for it. */
const run = (command: ReadonlyArray<string>, environment: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync((): Running => {
      const [program = "", ...words] = command
      const child = spawn(program, words, { cwd: root, env: { PATH: process.env.PATH, ...environment } })
      let output = ""
      const keep = (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-4_000)
      }
      child.stdout.on("data", keep)
      child.stderr.on("data", keep)
      return { child, output: () => output }
    }),
    ({ child }) =>
      Effect.promise(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const gone = new Promise((resolve) => child.once("exit", resolve))
        child.kill("SIGTERM")
        await gone
      })
  )

/** Words of a command or configuration with every address of the compose network replaced by one of this machine. */
const adapt = (text: string, changes: ReadonlyArray<readonly [string, string]>): string =>
  changes.reduce((result, [from, to]) => result.replaceAll(from, to), text)

/** Waits as the compose file's health check does: its own command, at this machine's port. */
const healthy = (name: string, running: Running, changes: ReadonlyArray<readonly [string, string]>) =>
  Effect.promise(async () => {
    const address = /http:\/\/[^'"]+/.exec((service(name).healthcheck?.test ?? []).join(" "))?.[0] ?? ""
    await waitFor(
      async () => {
        const ok = await fetch(adapt(address, changes)).then(
          (answer) => answer.ok,
          () => false
        )
        return { ok, ended: running.child.exitCode, output: ok ? "" : running.output() }
      },
      ({ ended, ok }) => ok || ended !== null,
      { what: `${name} being healthy at ${address}`, timeoutMillis: 40_000, everyMillis: 50 }
    )
    assert.isNull(running.child.exitCode, `${name} has ended: ${running.output()}`)
  })

it.live(
  "the services of the compose file become healthy and store a line in staged placement",
  () =>
    Effect.gen(function* () {
      const data = yield* folder
      const ports = yield* Effect.promise(() => Promise.all(Array.from({ length: 6 }, freePort)))
      const [nats, monitor, http, syslog, status, api] = ports.map(String) as [
        string,
        string,
        string,
        string,
        string,
        string
      ]
      // The store front stands in for the ClickHouse server, with the same user.
      const front = yield* spawnFront({
        dataDir: join(data, "store"),
        port: 0,
        users: [{ name: service("clickhouse").environment?.CLICKHOUSE_USER ?? "", password }]
      })
      const changes: ReadonlyArray<readonly [string, string]> = [
        ["nats://nats:4222", `nats://127.0.0.1:${nats}`],
        ["http://clickhouse:8123", front.url],
        ["0.0.0.0", "127.0.0.1"],
        [":4080", `:${http}`],
        ["port: 4080", `port: ${http}`],
        ["port: 5514", `port: ${syslog}`],
        [":4081", `:${status}`],
        ["port: 4081", `port: ${status}`],
        [":4000", `:${api}`],
        ["port: 4000", `port: ${api}`],
        [":8222", `:${monitor}`],
        ["/var/lib/tailrace", join(data, "collector")],
        ["/etc/tailrace/pipeline.yaml", mountedFile(service("processor"), "/etc/tailrace/pipeline.yaml") ?? ""]
      ]

      const broker = yield* run(
        [
          findNatsServer() ?? "nats-server",
          ...(service("nats").command ?? []).map((word) => {
            if (word === "4222") return nats
            if (word === "8222") return monitor
            if (word === "/data") return join(data, "nats")
            return mountedFile(service("nats"), word) ?? adapt(word, changes)
          })
        ],
        Object.fromEntries(Object.keys(service("nats").environment ?? {}).map((key) => [key, password]))
      )
      yield* healthy("nats", broker, changes)

      /** Starts an app as its service says, with its mounted configuration. */
      const startApp = Effect.fnUntraced(function* (name: string) {
        const { command = [], environment = {} } = service(name)
        const configured = `/etc/tailrace/${name}.yaml`
        const file = join(data, `${name}.yaml`)
        const text = yield* Effect.promise(() => readFile(mountedFile(service(name), configured) ?? "", "utf8"))
        yield* Effect.promise(() => writeFile(file, adapt(text, changes)))
        const words = command.map((word) => (word === "node" ? process.execPath : word === configured ? file : word))
        const values = Object.keys(environment).map((key) => [key, password])
        const running = yield* run(words, Object.fromEntries(values))
        yield* healthy(name, running, changes)
      })
      // In the order their `depends_on` gives.
      yield* startApp("processor")
      yield* startApp("collector")
      yield* startApp("api")

      const answer = yield* Effect.promise(() =>
        fetch(`http://127.0.0.1:${http}/ingest/shop`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ level: "error", service: "shop", msg: "through five services" })
        })
      )
      assert.strictEqual(answer.status, 202)

      const ask = async (query: string) => {
        const reply = await fetch(`http://127.0.0.1:${api}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ query })
        })
        return (await reply.json()) as {
          readonly data: {
            readonly logs: { readonly nodes: ReadonlyArray<{ readonly body: string; readonly source: string }> }
            readonly ledger: { readonly received: number; readonly balanced: boolean }
            readonly pipeline: ReadonlyArray<{ readonly placement: string }>
          }
        }
      }
      const { data: found } = yield* Effect.promise(() =>
        waitFor(
          () => ask("{ logs { nodes { body source } } ledger { received balanced } pipeline { placement } }"),
          ({ data: seen }) => seen.logs.nodes.length > 0 && seen.ledger.received > 0 && seen.pipeline.length > 0,
          { what: "the line in an answer", timeoutMillis: 20_000, everyMillis: 50 }
        )
      )
      assert.deepStrictEqual(found.logs.nodes, [{ body: "through five services", source: "shop" }])
      assert.deepStrictEqual(found.ledger, { received: 1, balanced: true })
      assert.strictEqual(found.pipeline[0]?.placement, "staged")
    }).pipe(Effect.scoped),
  90_000
)
