// Chapter 2: a batch is columns. What the stages hand to each other, and the account every batch carries.
import { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch, encodeBatch } from "@tailrace/domain/log-batch-codec"
import { recordId } from "@tailrace/domain/log-record"
import { describe, expect, it } from "vitest"

// A batch is the unit of everything: work, delivery, insert, settlement. It holds no record objects. Each field is a
// column: numbers in typed arrays, repeating words in dictionaries, texts as bytes in one arena.
const batchOf = (bodies: ReadonlyArray<string>) => {
  const batch = LogBatch.make({ partition: 3 })
  // Records belong to a frame: one message of the raw stream, from one source of one tenant.
  batch.beginFrame({ sequence: 40, tenant: "shop", source: "web", receivedMillis: 1_772_366_400_000 })
  for (const body of bodies) batch.appendRecord({ body, service: "cart", severity: "INFO", severityNumber: 9 })
  return batch
}

describe("a batch", () => {
  it("keeps a repeated word once, and a code for each row", () => {
    const batch = batchOf(["one", "two", "three"])
    const codes = [...batch.service.codes.subarray(0, batch.length)]
    expect(new Set(codes).size).toBe(1)
    expect(batch.service.text(codes[0] as number)).toBe("cart")
  })

  it("gives every record an identity that its place in the stream determines", () => {
    const batch = batchOf(["one", "two"])
    batch.beginFrame({ sequence: 41, tenant: "shop", source: "web", receivedMillis: 1_772_366_400_500 })
    batch.appendRecord({ body: "three" })
    const ids = [0, 1, 2].map((row) => recordId(batch.record(row)))
    // Partition, sequence of the message, index in the message. Reading the stream again gives the same identities.
    expect(ids).toEqual(["3-40-0", "3-40-1", "3-41-0"])
    // The last sequence is the offset that travels with whatever is stored of this batch; chapter 6 stands on it.
    expect(batch.lastSequence).toBe(41)
  })

  it("leaves a record out by clearing one bit, and counts it under the name of the rule", () => {
    const batch = batchOf(["GET /health", "GET /cart", "GET /health"])
    batch.drop(0, "health-checks")
    batch.drop(2, "health-checks")
    expect([...batch.selected.subarray(0, batch.length)]).toEqual([0, 1, 0])
    expect(batch.keptCount).toBe(1)
    const [account] = batch.frames
    expect(account?.received).toBe(3)
    expect(account?.dropped).toEqual(new Map([["health-checks", 2]]))
  })

  it("counts a record once, whoever else wants to leave it out", () => {
    const batch = batchOf(["twice"])
    batch.drop(0, "first-rule")
    batch.drop(0, "second-rule")
    batch.reject(0, "broken")
    expect(batch.frames[0]?.dropped).toEqual(new Map([["first-rule", 1]]))
    expect(batch.frames[0]?.rejected).toEqual(new Map())
  })

  it("travels as bytes with the rows that are kept and the whole account", () => {
    // Between the stages of staged placement, and to live tails, a batch goes as the bytes of its columns.
    const batch = batchOf(["noise", "née Müller", "tab\tand\nnewline"])
    batch.drop(0, "noise")
    const arrived = decodeBatch(encodeBatch(batch))
    expect(arrived.length).toBe(2)
    expect(arrived.body.text(0)).toBe("née Müller")
    expect(recordId(arrived.record(1))).toBe("3-40-2")
    expect(arrived.frames).toEqual(batch.frames)
  })

  it("is used again: reset empties it and keeps its buffers", () => {
    const batch = batchOf(Array.from({ length: 2_000 }, (_, i) => `record ${i}`))
    const { sequence } = batch
    batch.reset()
    expect([batch.length, batch.keptCount, batch.frames.length]).toEqual([0, 0, 0])
    expect(batch.sequence).toBe(sequence)
  })
})
