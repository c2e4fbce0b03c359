// Tests of the messages between stages.
import { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch, encodeBatch } from "@tailrace/domain/log-batch-codec"
import { describe, expect, it } from "vitest"
import { packBatch, packedRows, unpackBatch } from "./stage-message.ts"

const batchOf = (rows: number): LogBatch => {
  const batch = LogBatch.make({ partition: 3 })
  batch.beginFrame({ sequence: 7, tenant: "t", source: "s", receivedMillis: 5 })
  for (let i = 0; i < rows; i++)
    batch.appendRecord({ body: `GET /items/${i} 200`, attributes: { path: `/items/${i}` } })
  return batch
}

describe("a message between stages", () => {
  it("brings the batch, and tells its rows by itself", () => {
    for (const rows of [0, 1, 5_000]) {
      const batch = batchOf(rows)
      if (rows > 1) batch.drop(1, "noise")
      const message = packBatch(batch)
      expect(packedRows(message)).toBe(batch.keptCount)
      expect(Buffer.from(unpackBatch(message)).equals(encodeBatch(batch))).toBe(true)
      expect(decodeBatch(unpackBatch(message)).frames).toEqual(batch.frames)
    }
  })

  it("takes a fraction of the bytes where records are alike", () => {
    const batch = batchOf(5_000)
    expect(packBatch(batch).length).toBeLessThan(encodeBatch(batch).length / 3)
  })

  it("is refused when it breaks off, or claims more or less than it holds", () => {
    const message = packBatch(batchOf(100))
    const claiming = (bytes: number) => {
      const copy = message.slice()
      new DataView(copy.buffer).setUint32(4, bytes, true)
      return copy
    }
    expect(() => unpackBatch(message.subarray(0, 4))).toThrow("no message of a stage")
    expect(() => unpackBatch(message.subarray(0, message.length - 3))).toThrow()
    expect(() => unpackBatch(claiming(10))).toThrow()
    expect(() => unpackBatch(claiming(4_000_000_000))).toThrow("cannot hold")
  })
})
