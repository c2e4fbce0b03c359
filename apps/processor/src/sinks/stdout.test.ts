// Tests of the sink stdout: what it writes, and what it does when nobody reads any more.
import { Writable } from "node:stream"
import { LogBatch } from "@tailrace/domain/log-batch"
import { ParseStage } from "@tailrace/pipeline/parse/parse"
import { ParseConfig } from "@tailrace/pipeline/parse/parse-config"
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

describe("stdout", () => {
  it("writes a line of JSON for each record that is kept", async () => {
    let written = ""
    const out = new Writable({
      write: (chunk, _, done) => {
        written += chunk
        done()
      }
    })
    await Effect.runPromise(openOn(out).write(batchOf('{"msg":"one"}\n{"msg":"two"}')) as Effect.Effect<void>)
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
    const sink = openOn(out)
    for (let i = 0; i < 3; i++) await Effect.runPromise(sink.write(batchOf('{"msg":"one"}')) as Effect.Effect<void>)
    expect(attempts).toBe(1)
  })
})
