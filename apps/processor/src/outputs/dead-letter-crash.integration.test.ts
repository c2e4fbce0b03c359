// A processor killed at each write of a batch that the store partly refuses: every record ends once, whatever was done.
import { spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, request } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { countDeadLetters } from "@tailrace/store/read/dead-letters"
import { readLedger } from "@tailrace/store/read/ledger"
import { command } from "@tailrace/store/store"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { countEverything, countsOnce, publishNumbered, startWorld } from "../partition/placement.harness.ts"

const pipeline = `
parse: { codec: json }
batch: { maxRows: 60, minLinger: 100ms, maxLinger: 200ms }
`
const start = Math.floor(Date.now() / 1000 - 3_600) * 1000

/** Stands before the store; calls back after the store has taken each insert, whose answer then may never arrive. */
const startGate = (target: string, inserted: () => "answer" | "never") =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer((incoming, outgoing) => {
        const url = new URL(incoming.url ?? "/", target)
        const insert = url.searchParams.get("query")?.trimStart().startsWith("INSERT") === true
        const onward = request(url, { method: incoming.method ?? "GET", headers: incoming.headers }, (answer) => {
          if (insert && inserted() === "never") return void incoming.socket.destroy()
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
          answer.pipe(outgoing)
        })
        onward.on("error", () => incoming.socket.destroy())
        incoming.pipe(onward)
      })
      server.listen(0, "127.0.0.1", () => {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ url, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "tailrace-crash-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** Which records the table refuses: two of each frame of twenty, so that frames are split. */
const constraint = "toUInt32OrZero(attributes['number']) % 20 NOT IN (7, 13)"

/** Kills after this many inserts of a life: before, between and behind the pieces, the letters, the marks and the account. */
const killPoints = { fused: [3, 6, 7, 9, 11], staged: [6, 9] } as const

describe("a processor killed while it takes a batch apart", { retry: 0 }, () => {
  it.live.each(["fused", "staged"] as const)(
    "stores or sets aside every record once, wherever it was, %s",
    (placement) =>
      Effect.gen(function* () {
        const world = yield* startWorld
        const path = yield* folder
        const file = join(path, "pipeline.yaml")
        yield* Effect.promise(() => writeFile(file, pipeline))
        const inWorld = Effect.provide(world.context)
        yield* inWorld(command("constrain", `ALTER TABLE logs ADD CONSTRAINT picky CHECK ${constraint}`))
        let left = 0
        let kill = () => {}
        const gate = yield* startGate(world.store.url, () => {
          if (left <= 0 || --left > 0) return "answer"
          kill()
          return "never"
        })
        const options = { placement, pipeline: file, storeUrl: gate.url } as const
        const config = join(path, "processor.yaml")
        yield* Effect.promise(() => writeFile(config, JSON.stringify(world.configOf(options))))
        for (const [round, point] of killPoints[placement].entries()) {
          left = point
          const from = round * 40
          yield* inWorld(publishNumbered({ from, to: from + 40, perFrame: 20, start, stepMillis: 20 }))
          const main = join(import.meta.dirname, "../main.ts")
          const child = spawn(process.execPath, [main, config], { stdio: ["ignore", "ignore", "inherit"] })
          kill = () => void child.kill("SIGKILL")
          const done = inWorld(Effect.map(countEverything, ({ received }) => received >= from + 40))
          yield* waitUntil(done, (all) => all || child.exitCode !== null || child.signalCode !== null)
          child.kill("SIGKILL")
          yield* waitUntil(
            Effect.sync(() => child.exitCode !== null || child.signalCode !== null),
            (gone) => gone
          )
        }
        left = 0
        yield* world.startProcessor({ placement, pipeline: file })
        const sent = killPoints[placement].length * 40
        const refused = sent / 10
        const after = yield* countsOnce(inWorld(countEverything), (now) => now.received === sent)
        assert.deepInclude(after, {
          rows: sent - refused,
          numbers: sent - refused,
          rollup: sent - refused,
          received: sent,
          stored: sent - refused
        })
        assert.deepEqual(yield* inWorld(countDeadLetters({ tenant: undefined })), {
          letters: refused,
          records: refused
        })
        const ledger = yield* inWorld(readLedger({ tenant: undefined }))
        const rejected = ledger.reduce((sum, line) => sum + line.rejected, 0)
        assert.deepEqual([rejected, ledger.every(({ balance }) => balance === 0)], [refused, true])
      }).pipe(Effect.scoped)
  )
})
