// Tests of when a batch is handed on.
import { LogBatch } from "@tailrace/domain/log-batch"
import { describe, expect, it } from "vitest"
import { Batcher } from "./batcher.ts"

const limits = { maxRows: 4, maxBytes: 1_000, minLinger: 20, maxLinger: 80 }
const batchUntil = (sequence: number, rows = 1) => {
  const batch = LogBatch.make({ partition: 0 })
  batch.beginFrame({ sequence, tenant: "t", source: "s", receivedMillis: 0 })
  for (let i = 0; i < rows; i++) batch.appendRecord({ body: "x" })
  return batch
}

describe("Batcher", () => {
  it("cuts where an output's offset lies, and nowhere else", () => {
    const batcher = new Batcher(limits, [0, 7, 9])
    expect(batcher.mustCut(batchUntil(5), 6)).toBe(false)
    expect(batcher.mustCut(batchUntil(7), 8)).toBe(true)
    expect(batcher.mustCut(batchUntil(6), 9)).toBe(true)
    expect(batcher.mustCut(batchUntil(8), 9)).toBe(false)
    expect(batcher.mustCut(batchUntil(9), 10)).toBe(true)
    expect(batcher.mustCut(batchUntil(10), 11)).toBe(false)
  })

  it("forms a batch again with the borders it had, whatever its size", () => {
    const batcher = new Batcher(limits, [2], [{ first: 5, last: 9 }])
    expect(batcher.mustCut(batchUntil(4), 5)).toBe(true)
    expect(batcher.mustGrow(batchUntil(4))).toBe(false)
    const batch = batchUntil(5, 4)
    expect(batcher.isFull(batch)).toBe(true)
    expect(batcher.mustGrow(batch)).toBe(true)
    expect(batcher.mustCut(batch, 9)).toBe(false)
    batch.beginFrame({ sequence: 9, tenant: "t", source: "s", receivedMillis: 0 })
    expect(batcher.mustGrow(batch)).toBe(false)
    expect(batcher.mustCut(batch, 10)).toBe(true)
    expect(batcher.mustGrow(batchUntil(10))).toBe(false)
  })

  it("cuts a full batch", () => {
    const batcher = new Batcher(limits, [])
    expect(batcher.mustCut(batchUntil(1, 3), 2)).toBe(false)
    expect(batcher.mustCut(batchUntil(1, 4), 2)).toBe(true)
  })

  it("never cuts before the first message", () => {
    expect(new Batcher(limits, [3]).mustCut(LogBatch.make({ partition: 0 }), 4)).toBe(false)
  })

  const idle = { ahead: 0, endedAt: 0, tookMillis: 0 }

  it("waits the shorter linger with an idle store, the longer one behind a batch, and grows behind two", () => {
    const batcher = new Batcher(limits, [])
    batcher.started(1_000)
    expect(batcher.dueIn(1_005, idle)).toBe(15)
    expect(batcher.dueIn(1_020, idle)).toBe(0)
    expect(batcher.dueIn(1_020, { ...idle, ahead: 1 })).toBe(60)
    expect(batcher.dueIn(1_080, { ...idle, ahead: 1 })).toBe(0)
    expect(batcher.dueIn(9_999, { ...idle, ahead: 2 })).toBeGreaterThan(0)
  })

  it("lets the store rest three times as long as it wrote, up to the longer linger", () => {
    const batcher = new Batcher(limits, [])
    batcher.started(1_000)
    expect(batcher.dueIn(1_030, { ahead: 0, endedAt: 1_010, tookMillis: 15 })).toBe(25)
    expect(batcher.dueIn(1_055, { ahead: 0, endedAt: 1_010, tookMillis: 15 })).toBe(0)
    expect(batcher.dueIn(1_055, { ahead: 0, endedAt: 1_010, tookMillis: 500 })).toBe(25)
    expect(batcher.dueIn(1_080, { ahead: 0, endedAt: 1_010, tookMillis: 500 })).toBe(0)
  })
})
