// Tests of how a message of the last stage is parted.
import { LogBatch } from "@tailrace/domain/log-batch"
import { expect, it } from "vitest"
import { Batcher } from "./batcher.ts"
import { enrichedParts } from "./enriched-parts.ts"
import { packBatch } from "./stage-message.ts"

const limits = { maxRows: 100, maxBytes: 1_000, minLinger: 20, maxLinger: 80 }

/** A message with a frame of two records for each sequence. */
const message = (...sequences: ReadonlyArray<number>) => {
  const batch = LogBatch.make({ partition: 0 })
  for (const sequence of sequences) {
    batch.beginFrame({ sequence, tenant: "t", source: "s", receivedMillis: 0 })
    for (const n of [0, 1]) batch.appendRecord({ body: `${sequence}-${n}` })
  }
  return { sequence: 9, data: packBatch(batch) }
}

const partsOf = (batcher: Batcher, ...sequences: ReadonlyArray<number>) =>
  Array.from(
    enrichedParts([message(...sequences)], (first, last) => batcher.cutsWithin(first, last)),
    (part) => {
      const batch = LogBatch.make({ partition: 0 })
      part.batch.appendTo(batch)
      const bodies = Array.from({ length: batch.length }, (_, row) => batch.body.text(row))
      return [part.sequence, batch.lastSequence, bodies.join(" "), part.acknowledge, part.messages]
    }
  )

it("leaves a message whole that no cut lies within", () => {
  expect(partsOf(new Batcher(limits, [2, 7]), 3, 5, 7)).toEqual([[3, 7, "3-0 3-1 5-0 5-1 7-0 7-1", 9, 1]])
})

it("parts a message where an offset lies or a batch to be formed again begins or ends, and acknowledges it with its last part", () => {
  expect(partsOf(new Batcher(limits, [4], [{ first: 7, last: 8 }]), 3, 5, 7, 8, 9)).toEqual([
    [3, 3, "3-0 3-1", 8, 0],
    [5, 5, "5-0 5-1", 8, 0],
    [7, 8, "7-0 7-1 8-0 8-1", 8, 0],
    [9, 9, "9-0 9-1", 9, 1]
  ])
})

it("unpacks a message when its turn comes and not before", () => {
  let unpacked = 0
  const waiting = [1, 2, 3].map((sequence) => {
    const { data } = message(sequence)
    return {
      sequence,
      get data() {
        unpacked++
        return data
      }
    }
  })
  for (const { sequence } of enrichedParts(waiting, () => [])) expect(unpacked).toBe(sequence)
  expect(unpacked).toBe(3)
})

it("makes nothing of a message without a frame", () => {
  expect(partsOf(new Batcher(limits, [4]))).toEqual([])
})
