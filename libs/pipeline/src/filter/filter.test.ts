// Tests of the filters: what stays, what goes under which name, and that the account stays true.
import { it } from "@effect/vitest"
import { keptOf } from "@tailrace/domain/frame-account"
import { LogBatch } from "@tailrace/domain/log-batch"
import { Effect, Schema } from "effect"
import { describe, expect } from "vitest"
import { filterCatalogue } from "./catalogue.ts"

const rule = (entry: { readonly type: string } & Record<string, unknown>) => {
  const component = filterCatalogue.find(({ name }) => name === entry.type) as (typeof filterCatalogue)[number]
  return component.make(
    Schema.decodeUnknownSync(component.config as typeof component.config & Schema.Decoder<unknown>)(entry) as never
  )
}

const batchOf = (count: number, firstSequence = 1) => {
  const batch = LogBatch.make({ partition: 5 })
  for (let i = 0; i < count; i++) {
    if (i % 10 === 0) {
      batch.beginFrame({ sequence: firstSequence + i / 10, tenant: "t", source: "s", receivedMillis: 1_000_000 + i })
    }
    batch.appendRecord({
      severity: i % 2 === 0 ? "DEBUG" : "ERROR",
      severityNumber: i % 2 === 0 ? 5 : 17,
      body: `n ${i}`,
      attributes: { n: String(i) }
    })
  }
  return batch
}
const kept = (batch: LogBatch) =>
  Array.from({ length: batch.length }, (_, row) => row)
    .filter((row) => batch.selected[row] === 1)
    .map((row) => Number(batch.attributes.get(row, "n")))

describe("filters", () => {
  it.effect("drop leaves out what the query picks, under the rule's name", () =>
    Effect.gen(function* () {
      const drop = yield* rule({ type: "drop", name: "no-debug", when: "level:debug" })
      const batch = batchOf(20)
      drop.apply(batch)
      expect(kept(batch)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19])
      expect(batch.frames.map((frame) => [frame.received, frame.dropped.get("no-debug"), keptOf(frame)])).toEqual([
        [10, 5, 5],
        [10, 5, 5]
      ])
      expect([drop.matched, drop.dropped]).toEqual([10, 10])
    })
  )

  it.effect("keep leaves out what the query does not pick", () =>
    Effect.gen(function* () {
      const keep = yield* rule({ type: "keep", name: "small", when: "n < 3" })
      const batch = batchOf(10)
      keep.apply(batch)
      expect(kept(batch)).toEqual([0, 1, 2])
    })
  )

  it.effect("a record dropped by one rule is not counted by the next", () =>
    Effect.gen(function* () {
      const first = yield* rule({ type: "drop", name: "a", when: "level:debug" })
      const second = yield* rule({ type: "drop", name: "b", when: "n >= 0" })
      const batch = batchOf(10)
      first.apply(batch)
      second.apply(batch)
      expect([...(batch.frames[0]?.dropped ?? [])]).toEqual([
        ["a", 5],
        ["b", 5]
      ])
      expect(batch.keptCount).toBe(0)
    })
  )

  it.effect("sample keeps about its share, and the same records however they are cut into batches", () =>
    Effect.gen(function* () {
      const whole = yield* rule({ type: "sample", name: "s", rate: 0.25 })
      const batch = batchOf(4_000)
      whole.apply(batch)
      expect(Math.abs(batch.keptCount / 4_000 - 0.25)).toBeLessThan(0.04)
      const again = yield* rule({ type: "sample", name: "s", rate: 0.25 })
      const later = batchOf(500, 101)
      again.apply(later)
      const same = kept(batch)
        .filter((n) => n >= 1_000 && n < 1_500)
        .map((n) => n - 1_000)
      expect(kept(later)).toEqual(same)
    })
  )

  it.effect("sample touches only the records its query picks", () =>
    Effect.gen(function* () {
      const sample = yield* rule({ type: "sample", name: "s", rate: 0, where: "level:debug" })
      const batch = batchOf(10)
      sample.apply(batch)
      expect(kept(batch)).toEqual([1, 3, 5, 7, 9])
    })
  )

  it.effect("relative times count from the reception of the batch, not from a clock", () =>
    Effect.gen(function* () {
      const drop = yield* rule({ type: "drop", name: "old", when: "NOT time:10m" })
      const batch = LogBatch.make({ partition: 0 })
      const received = Date.UTC(2020, 0, 1)
      batch.beginFrame({ sequence: 1, tenant: "t", source: "s", receivedMillis: received })
      for (const age of [1, 9, 11, 60]) {
        batch.appendRecord({ timestamp: BigInt(received - age * 60_000) * 1_000_000n, attributes: { n: String(age) } })
      }
      drop.apply(batch)
      expect(kept(batch)).toEqual([1, 9])
    })
  )
})
