// Tests of the sink stdout: what it writes, and what it does when nobody reads, or nobody any more.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { spawn } from "node:child_process"
import { Writable } from "node:stream"
import { LogBatch } from "@tailrace/domain/log-batch"
import { ParseStage } from "@tailrace/pipeline/parse/parse"
import { ParseConfig } from "@tailrace/pipeline/parse/parse-config"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect, Schema } from "effect"
import { describe, expect, it } from "vitest"
import { openOn } from "./stdout.ts"

const batchOf = (text: string): LogBatch => {
  const batch = LogBatch.make({ partition: 0 })
  const header = { layout: "lines", codec: "json", receivedMillis: 0, attributes: {}, resource: {} } as const
  const payload = new TextEncoder().encode(text)
  new ParseStage(Schema.decodeUnknownSync(ParseConfig)({})).parseFrame(
    { sequence: 7, tenant: "default", source: "shop", header, storedMillis: 0, payload },
    batch
  )
  return batch
}

/** Writes batches, and answers the metrics after the last one. */
const writeAll = (out: Writable, batches: Iterable<LogBatch>) =>
  Effect.gen(function* () {
    const sink = yield* openOn(out, { partition: 0 })
    for (const batch of batches) {
      yield* sink.write(batch)
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
    return yield* (yield* Metrics).text
  }).pipe(Effect.scoped, Effect.provide(Metrics.layerBare), Effect.runPromise)

describe("stdout", () => {
  it("writes a line of JSON for each record that is kept", async () => {
    let written = ""
    const out = new Writable({
      write: (chunk, _, done) => {
        written += chunk
        done()
      }
    })
    await writeAll(out, [batchOf('{"msg":"one"}\n{"msg":"two"}')])
    const lines = written
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(lines.map(({ body, id }) => [id, body])).toEqual([
      ["0-7-0", "one"],
      ["0-7-1", "two"]
    ])
  })

  it("goes on without showing anything once its reader has gone", async () => {
    let attempts = 0
    const out = new Writable({
      write: (_chunk, _, done) => {
        attempts++
        done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }))
      }
    })
    const one = batchOf('{"msg":"one"}')
    await writeAll(out, [one, one, one])
    expect(attempts).toBe(1)
  })

  it("waits for nobody who does not read, holds a bounded number of bytes, and counts what it leaves out", async () => {
    const reader = spawn("sleep", ["600"], { stdio: ["pipe", "ignore", "ignore"] })
    try {
      const long = batchOf(`{"msg":"${"x".repeat(1_000_000)}"}`)
      const text = await writeAll(reader.stdin, Array(40).fill(long))
      const left = Number(/^tailrace_sink_skipped_records_total\{.*\} (\d+)$/m.exec(text)?.[1])
      expect(left).toBeGreaterThan(20)
      expect(left).toBeLessThan(40)
      expect(reader.stdin.writableLength).toBeLessThan(20_000_000)
    } finally {
      reader.kill("SIGKILL")
    }
  })
})
