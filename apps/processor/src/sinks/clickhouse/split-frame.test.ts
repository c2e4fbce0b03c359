// Tests of the split frame: which rows of a batch that comes again are inserted, wherever the life before broke off.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { it } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { Store } from "@tailrace/store/store"
import { StoreError } from "@tailrace/store/store-error"
import { Tables } from "@tailrace/store/tables"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect } from "vitest"
import { Breaker } from "../../outputs/breaker.ts"
import type { SinkContext } from "../../outputs/sink.ts"
import { openSplitFrame } from "./split-frame.ts"

/** Frames 4, 5 and 6 of three rows each, the second row of each dropped. */
const batchOf = (): LogBatch => {
  const batch = LogBatch.make({ partition: 0 })
  for (const sequence of [4, 5, 6]) {
    batch.beginFrame({ sequence, tenant: "t", source: "s", receivedMillis: 0 })
    for (let row = 0; row < 3; row++) {
      const index = batch.appendRecord({ body: "x" })
      if (row === 1) batch.drop(index, "noise")
    }
  }
  return batch
}

const breaker = () => {
  const policy = { retry: { first: 1, longest: 1 }, breaker: { failures: 9, open: 1, longest: 1 } }
  return new Breaker({ name: "s", policy, now: () => 0, elapsed: () => 0, random: () => 0 })
}

/** Rows that an insert of the batch sees, and those that are kept in it afterwards. */
const inserted = (lastSequence: number, unfinished: { sequence: number; row: number } | undefined) =>
  Effect.gen(function* () {
    const tables = Layer.succeed(Tables, {
      splitFrameFound: () => Effect.succeed({ markedAt: 0, unfinished })
    } as never)
    const context = { partition: 0, breaker: breaker() } as unknown as SinkContext
    const split = yield* openSplitFrame(context, lastSequence).pipe(
      Effect.provide(Layer.merge(tables, Layer.succeed(Store, {} as never)))
    )
    const batch = batchOf()
    const kept = () => {
      const rows: Array<string> = []
      for (let i = 0; i < batch.length; i++)
        if (batch.selected[i] === 1) rows.push(`${batch.sequence[i]}-${batch.row[i]}`)
      expect(batch.keptCount).toBe(rows.length)
      return rows
    }
    let seen: ReadonlyArray<string> = []
    yield* split.without(
      batch,
      Effect.sync(() => {
        seen = kept()
      })
    )
    return { offset: split.offset, seen, after: kept() }
  })

const all = ["4-0", "4-2", "5-0", "5-2", "6-0", "6-2"]

describe("the split frame", () => {
  it.effect("lets a batch be inserted whole of which nothing is stored", () =>
    Effect.gen(function* () {
      expect(yield* inserted(3, undefined)).toEqual({ offset: 3, seen: all, after: all })
    })
  )

  it.effect("leaves out the settled rows of a frame that was left unfinished, and the frames before it", () =>
    Effect.gen(function* () {
      const result = yield* inserted(5, { sequence: 5, row: 0 })
      expect(result).toEqual({ offset: 4, seen: ["5-2", "6-0", "6-2"], after: all })
    })
  )

  it.effect("leaves out the frames that are stored, where a batch comes as it was cut before", () =>
    Effect.gen(function* () {
      expect(yield* inserted(5, undefined)).toEqual({ offset: 5, seen: ["6-0", "6-2"], after: all })
    })
  )

  it.effect("marks each attempt by a time of its own, behind all marks before, also where the clock was set back", () =>
    Effect.gen(function* () {
      const marks: Array<{ readonly token: string; readonly at: number; readonly finished: boolean }> = []
      const tables = {
        splitFrameFound: () => Effect.succeed({ markedAt: 5_000, unfinished: undefined }),
        insertJson: (
          _: string,
          [row]: ReadonlyArray<{ readonly at: string; readonly finished: boolean }>,
          token: string
        ) =>
          Effect.suspend(() => {
            marks.push({ token, at: Date.parse(row?.at ?? ""), finished: row?.finished === true })
            const failure = new StoreError({ consequence: "retry", message: "no answer" })
            return marks.length === 1 ? Effect.fail(failure) : Effect.void
          })
      }
      const context = {
        partition: 0,
        breaker: breaker(),
        ownership: { confirm: Effect.void }
      } as unknown as SinkContext
      const services = Layer.merge(Layer.succeed(Tables, tables as never), Layer.succeed(Store, {} as never))
      const marking = Effect.gen(function* () {
        const split = yield* openSplitFrame(context, 4)
        yield* split.mark(5, false)
        yield* split.mark(5, true)
      })
      const fibre = yield* Effect.forkChild(Effect.provide(marking, services))
      yield* TestClock.adjust(100)
      yield* Fiber.join(fibre)
      expect(marks.map(({ at, finished }) => [at, finished])).toEqual([
        [5_001, false],
        [5_002, false],
        [5_003, true]
      ])
      expect(new Set(marks.map(({ token }) => token)).size).toBe(3)
    })
  )
})
