// A collector process and a broker, both killed again and again under load: every record told yes is in the stream once, in order.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { freePort } from "@tailrace/testing/free-port"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { startBroker } from "./collector.harness.ts"

const main = join(import.meta.dirname, "main.ts")
const perRequest = 20

/** A collector in a process of its own, which can be killed and started again on the same port and folder. */
const collectorProcess = (brokerUrl: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = mkdtempSync(join(tmpdir(), "tailrace-killed-collector-"))
      const port = await freePort()
      const config = join(folder, "collector.yaml")
      writeFileSync(
        config,
        `nats: { servers: ["${brokerUrl}"] }
data: ${folder}
http: { port: ${port} }
syslog: { enabled: false }
spool: { segmentBytes: 65536 }
`
      )
      let child: ChildProcess | undefined
      let output = ""
      const start = () => {
        child = spawn(process.execPath, [main, config], { stdio: ["ignore", "pipe", "pipe"] })
        for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk))
      }
      const kill = async () => {
        const running = child
        child = undefined
        if (running === undefined || running.exitCode !== null) return
        const gone = once(running, "exit")
        running.kill("SIGKILL")
        await gone
      }
      start()
      const spooled = () => readdirSync(join(folder, "spool")).filter((name) => name.endsWith(".spool")).length
      return { start, kill, spooled, folder, url: `http://127.0.0.1:${port}/ingest/app`, output: () => output }
    }),
    ({ folder, kill }) => Effect.promise(() => kill().finally(() => rmSync(folder, { recursive: true, force: true })))
  )

/** Sends numbered records, each request under its key until it is told yes. */
class Sender {
  acknowledged = 0
  repeated = 0
  private stopping = false
  readonly done: Promise<void>

  constructor(url: string) {
    this.done = this.run(url)
  }

  stop(): Promise<void> {
    this.stopping = true
    return this.done
  }

  private async run(url: string): Promise<void> {
    for (let from = 0; !this.stopping; from += perRequest) {
      const body = Array.from({ length: perRequest }, (_, i) => `record ${from + i}`).join("\n")
      const headers = { "content-type": "text/plain", "idempotency-key": `request-${from}` }
      for (;;) {
        const status = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(10_000) }).then(
          async (answer) => {
            await answer.text()
            return answer.status
          },
          () => 0
        )
        if (status === 202) break
        this.repeated++
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      this.acknowledged += perRequest
    }
  }
}

describe("a collector that is killed", () => {
  it.live(
    "has every record it said yes to in the stream exactly once and in order, whoever else was killed",
    () =>
      Effect.gen(function* () {
        const { broker, manager, stored } = yield* startBroker()
        const collector = yield* collectorProcess(broker.url)
        const sender = new Sender(collector.url)
        const progress = (requests: number) =>
          waitFor(
            () => sender.acknowledged,
            (
              (from) => (now) =>
                now >= from + requests * perRequest
            )(sender.acknowledged),
            { what: "the sender's progress", everyMillis: 2 }
          )
        const restart = async () => {
          await collector.kill()
          collector.start()
        }
        yield* Effect.promise(async () => {
          for (let round = 0; round < 2; round++) {
            await progress(20 + round * 7)
            await restart()
            await progress(10)
            await broker.kill()
            // The disk takes over.
            await progress(20)
            await restart()
            // Also for a collector that never saw the broker.
            await progress(20)
            await broker.start()
            await progress(3 + round)
            await restart()
          }
          await progress(20)
          await sender.stop()
          await waitFor(collector.spooled, (segments) => segments === 0, { what: "an empty spool", everyMillis: 20 })
        })
        yield* Effect.promise(() => manager.streams.info("raw"))
        const numbers = (yield* stored).map(({ text }) => Number(text.slice("record ".length)))
        const figures = {
          acknowledged: sender.acknowledged,
          repeated: sender.repeated,
          stored: numbers.length,
          lost: sender.acknowledged - new Set(numbers).size,
          doubled: numbers.length - new Set(numbers).size
        }
        console.log(`killed collectors and brokers: ${JSON.stringify(figures)}`)
        assert.deepInclude(figures, { lost: 0, doubled: 0, stored: sender.acknowledged }, collector.output())
        assert.deepStrictEqual(
          numbers,
          numbers.toSorted((a, b) => a - b)
        )
      }).pipe(Effect.scoped),
    { retry: 0, timeout: 240_000 }
  )
})
