// Tests of the deduplicate stage: the window, the scope of a key, and that a new life decides as the one before did.
import { LogBatch } from "@tailrace/domain/log-batch"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import type { KeyColumn } from "../stage.ts"
import { DeduplicateConfig } from "./deduplicate-config.ts"
import { DeduplicateStage, keyColumnOf } from "./deduplicate-stage.ts"

interface Frame {
  readonly sequence: number
  readonly source?: string
  readonly receivedMillis: number
  /** A key for each record; "" for a record without. */
  readonly keys: ReadonlyArray<string>
}

const stageOf = (config: Partial<typeof DeduplicateConfig.Encoded> = {}): DeduplicateStage =>
  new DeduplicateStage(Schema.decodeSync(DeduplicateConfig)({ key: "id", ...config }), keyColumnOf("id") as KeyColumn)

const batchOf = (frames: ReadonlyArray<Frame>): LogBatch => {
  const batch = LogBatch.make({ partition: 0 })
  for (const { keys, receivedMillis, sequence, source = "web" } of frames) {
    batch.beginFrame({ sequence, tenant: "default", source, receivedMillis })
    for (const id of keys) batch.appendRecord({ body: "x", attributes: id === "" ? {} : { id } })
  }
  return batch
}

const now = Date.UTC(2026, 2, 1)

/** Rows as the store has them, in order. */
interface Row {
  readonly sequence: number
  readonly row: number
  readonly source: string
  readonly receivedMillis: number
  readonly key: string
  readonly ingestedAt: number
}

/** Lets the stage read back what it wants from rows, in pages of three, and decide; answers the identities kept. */
const take = (stage: DeduplicateStage, batch: LogBatch, rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  for (let wanted = stage.wants(batch); wanted !== undefined; wanted = stage.wants(batch)) {
    const { row, sequence, since } = wanted
    const page = rows
      .filter((one) => one.sequence < sequence || (one.sequence === sequence && one.row < row))
      .filter((one) => one.ingestedAt >= since && one.key !== "")
      .sort((a, b) => b.sequence - a.sequence || b.row - a.row)
      .slice(0, 3)
      .map(({ key, ...one }) => ({ ...one, tenant: "default", key: encodeUtf8(key) }))
    stage.learn({ keys: page, more: page.length === 3 }, since)
  }
  stage.apply(batch)
  const kept: Array<string> = []
  for (let row = 0; row < batch.length; row++)
    if (batch.selected[row] === 1) kept.push(`${batch.sequence[row]}-${batch.row[row]}`)
  return kept
}

const random = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe("the deduplicate stage", () => {
  it("keeps the first record of a key, of the same frame, batch or a later one, and counts the others", () => {
    const stage = stageOf()
    const batch = batchOf([
      { sequence: 1, receivedMillis: now, keys: ["a", "b", "a", "", ""] },
      { sequence: 2, receivedMillis: now, keys: ["b", "c"] }
    ])
    expect(take(stage, batch, [])).toEqual(["1-0", "1-1", "1-3", "1-4", "2-1"])
    expect(batch.frames.map(({ deduplicated }) => deduplicated)).toEqual([1, 1])
    const later = batchOf([{ sequence: 9, receivedMillis: now + 599_999, keys: ["c", "d"] }])
    expect(take(stage, later, [])).toEqual(["9-1"])
  })

  it("knows a key for the window from the record that was stored, not from the last that was left out", () => {
    const stage = stageOf({ window: "10s" })
    const times = [0, 6_000, 9_999, 10_000, 15_000, 20_000]
    const kept = times.flatMap((after, i) =>
      take(stage, batchOf([{ sequence: i + 1, receivedMillis: now + after, keys: ["a"] }]), [])
    )
    expect(kept).toEqual(["1-0", "4-0", "6-0"])
  })

  it("holds a record that was received earlier and comes later for a duplicate", () => {
    const stage = stageOf({ window: "10s" })
    expect(take(stage, batchOf([{ sequence: 1, receivedMillis: now, keys: ["a"] }]), [])).toEqual(["1-0"])
    expect(take(stage, batchOf([{ sequence: 2, receivedMillis: now - 3_600_000, keys: ["a"] }]), [])).toEqual([])
  })

  it("compares keys within one tenant and source", () => {
    const frames = ["web", "api", "web"].map((source, i) => ({
      sequence: i + 1,
      source,
      receivedMillis: now,
      keys: ["a"]
    }))
    expect(take(stageOf(), batchOf(frames), [])).toEqual(["1-0", "2-0"])
  })

  it("leaves alone what was dropped before, and does not know its key", () => {
    const batch = batchOf([{ sequence: 1, receivedMillis: now, keys: ["a", "a"] }])
    batch.drop(0, "noise")
    expect(take(stageOf(), batch, [])).toEqual(["1-1"])
    expect(batch.frames[0]).toMatchObject({ received: 2, deduplicated: 0 })
  })

  it("forgets the oldest key when as many as allowed are known, and says so", () => {
    const stage = stageOf({ maxKeys: 2 })
    const keys = ["a", "b", "c", "b", "a"]
    expect(take(stage, batchOf([{ sequence: 1, receivedMillis: now, keys }]), [])).toEqual(["1-0", "1-1", "1-2", "1-4"])
    expect([stage.keys, stage.takeForgotten(), stage.takeForgotten()]).toEqual([2, 2, 0])
  })

  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    "decides the same from whichever batch a new life begins, seed %i",
    (seed) => {
      const next = random(seed)
      const config = { window: "20s", maxKeys: 1 + next(60) }
      let clock = now
      const batches = Array.from({ length: 30 }, (_, b) =>
        Array.from({ length: 1 + next(3) }, (_, f): Frame => {
          clock += next(4_000)
          // Some frames lay in a spool for a while, some collectors are ahead.
          const shift = next(5) === 0 ? next(90_000) - 60_000 : 0
          const keys = Array.from({ length: next(8) }, () => (next(6) === 0 ? "" : `k${next(40)}`))
          return {
            sequence: b * 10 + f + 1,
            source: next(2) === 0 ? "web" : "api",
            receivedMillis: clock + shift,
            keys
          }
        })
      )
      const rows: Array<Row> = []
      const stage = stageOf(config)
      const decided = batches.map((frames, b) => {
        const batch = batchOf(frames)
        const kept = take(stage, batch, rows)
        for (let row = 0; row < batch.length; row++) {
          if (batch.selected[row] !== 1) continue
          const frame = batch.frames[batch.frame[row] as number] as LogBatch["frames"][number]
          rows.push({
            sequence: batch.sequence[row] as number,
            row: batch.row[row] as number,
            source: frame.source,
            receivedMillis: frame.receivedMillis,
            key: batch.attributes.get(row, "id") ?? "",
            ingestedAt: now + b * 8_000
          })
        }
        return kept
      })
      expect(decided.flat().length).toBeGreaterThan(10)
      for (let from = 0; from < batches.length; from += 1 + next(4)) {
        const life = stageOf(config)
        // All rows are there, also of batches that this life reads again.
        const again = batches.slice(from).map((frames) => take(life, batchOf(frames), rows))
        expect(again).toEqual(decided.slice(from))
      }
    }
  )

  it("accepts as key what names one record, and nothing else", () => {
    expect(keyColumnOf("request_id")).toEqual({ column: "attributes", entry: "request_id" })
    expect(keyColumnOf("resource.id")).toEqual({ column: "resource", entry: "id" })
    expect(keyColumnOf("trace_id")).toEqual({ column: "trace_id", entry: "" })
    expect(keyColumnOf("service")).toBeUndefined()
    expect(keyColumnOf("timestamp")).toBeUndefined()
  })
})
