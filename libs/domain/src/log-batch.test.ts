// Tests of LogBatch: rows, accounts, growth, reuse, and the wire form.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { keptOf } from "./frame-account.ts"
import { ledgerEntries } from "./ledger.ts"
import { LogBatch } from "./log-batch.ts"
import { decodeBatch, EncodedBatch, encodeBatch } from "./log-batch-codec.ts"

const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "ünïcode ✓", 'q"uo\\te', "two\nlines", "x".repeat(200))
)
const records = fc.array(
  fc.record({
    timestamp: fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }),
    observedTimestamp: fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }),
    severityNumber: fc.integer({ min: 0, max: 24 }),
    severity: fc.constantFrom("", "INFO", "ERROR"),
    service: texts,
    host: texts,
    body: texts,
    traceId: texts,
    spanId: texts,
    parsed: fc.boolean(),
    attributes: fc.dictionary(fc.constantFrom("a", "a.b", "ключ", "k d"), texts),
    resource: fc.dictionary(fc.constantFrom("r", "zone"), texts)
  }),
  { minLength: 1, maxLength: 40 }
)

const filled = (list: ReadonlyArray<Parameters<LogBatch["appendRecord"]>[0]>, batch: LogBatch, after = 0): LogBatch => {
  list.forEach((record, i) => {
    if (i % 7 === 0)
      batch.beginFrame({
        sequence: after + 100 + i,
        tenant: `t${i % 2}`,
        source: "app",
        receivedMillis: 60_000 * (i % 3) + 5
      })
    batch.appendRecord(record)
  })
  return batch
}

/** Lone surrogates cannot be told in UTF-8: they come back as U+FFFD. */
const wellFormed = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, item) =>
      typeof item === "bigint" ? `${item}n` : typeof item === "string" ? item.toWellFormed() : item
    )
  )

describe("LogBatch", () => {
  it("gives back the records appended to it, however small it began", () => {
    fc.assert(
      fc.property(records, (list) => {
        const batch = filled(list, LogBatch.make({ partition: 3, rowCapacity: 1 }))
        list.forEach((record, row) => {
          expect(wellFormed(batch.record(row))).toMatchObject(wellFormed(record) as object)
          expect(batch.record(row).partition).toBe(3)
        })
      }),
      { numRuns: 60 }
    )
  })

  it("is as good as new after a reset", () => {
    fc.assert(
      fc.property(records, records, (first, second) => {
        const reused = filled(first, LogBatch.make({ partition: 1, rowCapacity: 4 }))
        reused.drop(0, "rule")
        reused.reset()
        filled(second, reused)
        const fresh = filled(second, LogBatch.make({ partition: 1, rowCapacity: 4 }))
        expect(second.map((_, row) => wellFormed(reused.record(row)))).toEqual(
          second.map((_, row) => wellFormed(fresh.record(row)))
        )
        expect(reused.frames).toEqual(fresh.frames)
        expect(reused.keptCount).toBe(second.length)
      }),
      { numRuns: 40 }
    )
  })

  it("knows how far its kept rows reach, whatever frames follow them", () => {
    const batch = LogBatch.make({ partition: 0 })
    expect(batch.lastKeptSequence).toBe(0)
    for (const sequence of [4, 6, 9]) {
      batch.beginFrame({ sequence, tenant: "t", source: "s", receivedMillis: 0 })
      batch.appendRecord({ body: "x" })
    }
    expect(batch.lastKeptSequence).toBe(9)
    batch.drop(2, "noise")
    expect(batch.lastKeptSequence).toBe(6)
    batch.deduplicate(1)
    batch.drop(0, "noise")
    expect([batch.lastKeptSequence, batch.lastSequence]).toEqual([0, 9])
  })

  it("counts every row in exactly one end", () => {
    const batch = LogBatch.make({ partition: 0 })
    const account = batch.beginFrame({ sequence: 9, tenant: "t", source: "s", receivedMillis: 61_000 })
    for (let i = 0; i < 10; i++) batch.appendRecord({ body: `${i}` })
    batch.drop(1, "noise")
    batch.drop(1, "noise")
    batch.drop(2, "noise")
    batch.reject(3, "too large")
    batch.deduplicate(4)
    expect(keptOf(account)).toBe(6)
    expect(batch.keptCount).toBe(6)
    expect(ledgerEntries(0, batch.frames)).toEqual([
      {
        minute: 60_000,
        tenant: "t",
        source: "s",
        partition: 0,
        firstSequence: 9,
        lastSequence: 9,
        received: 10,
        stored: 6,
        deduplicated: 1,
        dropped: 2,
        rejected: 1,
        droppedBy: { noise: 2 },
        rejectedBy: { "too large": 1 }
      }
    ])
  })

  it("keeps a reason that is named like a property of Object", () => {
    const batch = LogBatch.make({ partition: 0 })
    batch.beginFrame({ sequence: 1, tenant: "t", source: "s", receivedMillis: 0 })
    batch.appendRecord({ attributes: JSON.parse('{"__proto__":"x","constructor":"y"}') })
    expect(Object.entries(batch.record(0).attributes)).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"]
    ])
  })

  it("refuses a frame that does not follow the one before", () => {
    const batch = LogBatch.make({ partition: 0 })
    const frame = { tenant: "t", source: "s", receivedMillis: 0 }
    batch.beginFrame({ ...frame, sequence: 5 })
    expect(() => batch.beginFrame({ ...frame, sequence: 5 })).toThrow("frame 5 does not follow frame 5")
  })
})

describe("encodeBatch and decodeBatch", () => {
  it("carry the kept rows and all accounts", () => {
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.boolean()), (list, coins) => {
        const batch = filled(list, LogBatch.make({ partition: 2, rowCapacity: 8 }))
        for (let row = 0; row < batch.length; row++) if (coins.next().value) batch.drop(row, `rule${row % 2}`)
        const kept = list.map((_, row) => row).filter((row) => batch.selected[row] === 1)
        const decoded = decodeBatch(encodeBatch(batch))
        expect(decoded.length).toBe(kept.length)
        expect(kept.map((_, row) => decoded.record(row))).toEqual(kept.map((row) => batch.record(row)))
        expect(decoded.frames).toEqual(batch.frames)
        expect(decodeBatch(encodeBatch(decoded)).frames).toEqual(batch.frames)
      }),
      { numRuns: 60 }
    )
  })

  it("can be read into one batch again and again, of any partition and size", () => {
    const into = LogBatch.make({ partition: 9, rowCapacity: 4 })
    fc.assert(
      fc.property(records, fc.nat(3), (list, partition) => {
        const batch = filled(list, LogBatch.make({ partition, rowCapacity: 8 }))
        expect(decodeBatch(encodeBatch(batch), into)).toBe(into)
        expect(list.map((_, row) => into.record(row))).toEqual(list.map((_, row) => batch.record(row)))
        expect(into.length).toBe(list.length)
        expect(into.frames).toEqual(batch.frames)
      }),
      { numRuns: 40 }
    )
  })

  it("carry the rows of the last frame alone when those before have none, and leave the batch as it is", () => {
    const batch = LogBatch.make({ partition: 2 })
    for (const sequence of [1, 2, 3]) batch.beginFrame({ sequence, tenant: "t", source: "s", receivedMillis: 5 })
    for (let i = 0; i < 20; i++) batch.appendRecord({ body: `${i}`, attributes: { a: "1", b: `${i}`, c: "3" } })
    const part = decodeBatch(encodeBatch(batch, { from: 2, to: 3 }))
    const records = Array.from({ length: 20 }, (_, row) => batch.record(row))
    expect(Array.from({ length: part.length }, (_, row) => part.record(row))).toEqual(records)
    expect(part.frames.map(({ sequence }) => sequence)).toEqual([3])
    expect([...batch.frame.subarray(0, 20)]).toEqual(records.map(() => 2))
  })

  it("carry some frames alone, so that a large batch travels in parts", () => {
    fc.assert(
      fc.property(records, fc.nat(6), (list, cut) => {
        const batch = filled(list, LogBatch.make({ partition: 2, rowCapacity: 8 }))
        const middle = Math.min(cut, batch.frames.length)
        const ranges = [
          { from: 0, to: middle },
          { from: middle, to: batch.frames.length }
        ]
        const parts = ranges.map((range) => decodeBatch(encodeBatch(batch, range)))
        const recordsOf = (part: LogBatch) => Array.from({ length: part.length }, (_, row) => part.record(row))
        expect(parts.flatMap(recordsOf)).toEqual(recordsOf(batch))
        expect(parts.flatMap((part) => part.frames)).toEqual(batch.frames)
        for (const part of parts) {
          for (let row = 0; row < part.length; row++) {
            expect(part.frames[part.frame[row] as number]?.sequence).toBe(part.sequence[row])
          }
        }
      }),
      { numRuns: 40 }
    )
  })

  it("put batch behind batch, as if it had been one from the start", () => {
    fc.assert(
      fc.property(
        fc.array(records, { minLength: 2, maxLength: 4 }),
        fc.infiniteStream(fc.boolean()),
        (lists, coins) => {
          const joined = LogBatch.make({ partition: 2, rowCapacity: 1 })
          filled(lists[0] ?? [], joined)
          joined.reset()
          const parts = lists.map((list, i) => {
            const part = filled(list, LogBatch.make({ partition: 2, rowCapacity: 8 }), i * 1_000)
            for (let row = 0; row < part.length; row++) if (coins.next().value) part.drop(row, "rule")
            new EncodedBatch(encodeBatch(part)).appendTo(joined)
            return part
          })
          const recordsOf = (batch: LogBatch) =>
            Array.from({ length: batch.length }, (_, row) => row)
              .filter((row) => batch.selected[row] === 1)
              .map((row) => batch.record(row))
          expect(recordsOf(joined)).toEqual(parts.flatMap(recordsOf))
          expect(joined.frames).toEqual(parts.flatMap(({ frames }) => frames))
          const carried = decodeBatch(encodeBatch(joined))
          expect(recordsOf(carried)).toEqual(recordsOf(joined))
          expect(carried.frames).toEqual(joined.frames)
        }
      ),
      { numRuns: 40 }
    )
  })

  it("put a batch only behind what it follows, of its own partition", () => {
    const encoded = () => new EncodedBatch(encodeBatch(filled([{}], LogBatch.make({ partition: 2 }))))
    const batch = LogBatch.make({ partition: 2 })
    encoded().appendTo(batch)
    expect(() => encoded().appendTo(batch)).toThrow("frame 100 does not follow frame 100")
    expect(() => encoded().appendTo(LogBatch.make({ partition: 1 }))).toThrow("partition")
  })

  it("carry numbers of any size", () => {
    const batch = LogBatch.make({ partition: 0 })
    batch.beginFrame({ sequence: 1, tenant: "t", source: "s", receivedMillis: 0 })
    const times = [0n, 1n, -1n, 255_000_000n, 70_000_000_000n, 4_000_000_000_000_000_000n, -4_000_000_000_000_000_001n]
    for (const timestamp of times) batch.appendRecord({ timestamp })
    const last = batch.appendRow()
    batch.timeMillis[last] = 0.5
    const decoded = decodeBatch(encodeBatch(batch))
    expect(times.map((_, row) => decoded.record(row).timestamp)).toEqual(times)
    expect(decoded.timeMillis[last]).toBe(0.5)
  })

  it("refuse bytes that break off or are damaged, and never anything else", () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.nat(255), (list, position, byte) => {
        const bytes = encodeBatch(filled(list, LogBatch.make({ partition: 2, rowCapacity: 8 }))).slice()
        expect(() => decodeBatch(bytes.subarray(0, position % bytes.length))).toThrow()
        bytes[position % bytes.length] = byte
        try {
          decodeBatch(bytes)
        } catch (error) {
          expect(error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError).toBe(true)
        }
      }),
      { numRuns: 60 }
    )
  })
})
