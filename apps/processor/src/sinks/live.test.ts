// Tests of the live sink: into which messages a batch falls.
import { LogBatch } from "@tailrace/domain/log-batch"
import { encodeBatch } from "@tailrace/domain/log-batch-codec"
import { describe, expect, it } from "vitest"
import { partsOf } from "./live.ts"

const batchOf = (frames: number, rowsPerFrame: number, body: string): LogBatch => {
  const batch = LogBatch.make({ partition: 0 })
  for (let sequence = 1; sequence <= frames; sequence++) {
    batch.beginFrame({ sequence, tenant: "default", source: "http", receivedMillis: 5 })
    for (let row = 0; row < rowsPerFrame; row++)
      batch.appendRecord({ body, service: "shop", attributes: { user: "u-1" } })
  }
  return batch
}

describe("a batch for live tails", () => {
  it("goes in one message while it is small", () => {
    expect(partsOf(batchOf(3, 10, "x"))).toEqual([{ from: 0, to: 3 }])
    expect(partsOf(batchOf(1, 5_000, "x".repeat(200)))).toEqual([{ from: 0, to: 1 }])
  })

  it("falls into messages of whole frames and of about the same size when it is large", () => {
    const batch = batchOf(50, 200, "x".repeat(100))
    const parts = partsOf(batch)
    expect(parts.flatMap(({ from, to }) => batch.frames.slice(from, to))).toEqual(batch.frames)
    const sizes = parts.map((part) => encodeBatch(batch, part).length)
    expect(Math.max(...sizes)).toBeLessThan(400_000)
    expect(Math.min(...sizes)).toBeGreaterThan(100_000)
  })
})
