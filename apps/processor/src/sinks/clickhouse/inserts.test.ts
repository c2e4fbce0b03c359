// Tests of inserts that got no answer: what is sent again, and under which attempt.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { it } from "@effect/vitest"
import { Store } from "@tailrace/store/store"
import { StoreError } from "@tailrace/store/store-error"
import { type StoredBatch, Tables } from "@tailrace/store/tables"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect } from "vitest"
import { Breaker } from "../../outputs/breaker.ts"
import type { SinkContext } from "../../outputs/sink.ts"
import { type InsertOptions, openInserts } from "./inserts.ts"

const policy = { retry: { first: 1, longest: 1 }, breaker: { failures: 9, open: 1, longest: 1 } }
const breaker = new Breaker({ name: "s", policy, now: () => 0, elapsed: () => 0, random: () => 0 })

const services = Layer.merge(
  Layer.succeed(Tables, { runningInserts: () => Effect.succeed(0) } as never),
  Layer.succeed(Store, {} as never)
)

/** Attempts that were announced and sent, of which the first one gets no answer; `stored` is what the store has of it. */
const attemptsOf = (options: InsertOptions, stored: boolean) =>
  Effect.gen(function* () {
    const announced: Array<number> = []
    const sent: Array<number> = []
    let newest: StoredBatch | undefined
    const ownership = {
      left: {},
      confirm: Effect.void,
      announce: (_: string, { attempt }: { attempt: number }) => Effect.sync(() => void announced.push(attempt))
    }
    const rows = yield* openInserts(
      { partition: 0, breaker, ownership } as unknown as SinkContext,
      "rows",
      () => Effect.sync(() => newest),
      undefined
    )
    const storing = rows.store(
      { first: 5, last: 5 },
      ({ attempt, ingestedAt }) =>
        Effect.suspend(() => {
          sent.push(attempt)
          if (stored || sent.length > 1) newest = { firstSequence: 5, lastSequence: 5, attempt, ingestedAt, rows: 1 }
          return sent.length > 1
            ? Effect.void
            : Effect.fail(new StoreError({ consequence: "retry", message: "no answer" }))
        }),
      options
    )
    const fibre = yield* Effect.forkChild(storing)
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(fibre)
    return { announced, sent }
  }).pipe(Effect.provide(services))

describe("an insert without an answer", () => {
  it.effect("is not sent again where the store has it, whose tokens a failure of the power may have taken", () =>
    Effect.gen(function* () {
      const { announced, sent } = yield* attemptsOf({}, true)
      expect(sent).toEqual(announced)
      expect(sent).toHaveLength(1)
    })
  )

  it.effect("is sent again as it was where the store does not have it, because it may still come", () =>
    Effect.gen(function* () {
      const { announced, sent } = yield* attemptsOf({}, false)
      expect(sent).toEqual([announced[0], announced[0]])
    })
  )

  it.effect("of a piece is sent again under an attempt of its own, announced before", () =>
    Effect.gen(function* () {
      const { announced, sent } = yield* attemptsOf({ piece: true }, false)
      expect(sent).toHaveLength(2)
      expect(sent[1]).toBeGreaterThan(sent[0] as number)
      expect(announced).toEqual(sent)
    })
  )

  it.effect("of a piece is not sent again where the store has it", () =>
    Effect.gen(function* () {
      const { announced, sent } = yield* attemptsOf({ piece: true }, true)
      expect(sent).toEqual(announced)
      expect(sent).toHaveLength(1)
    })
  )
})

describe("an insert that an earlier owner announced", () => {
  const left = { first: 5, last: 9, attempt: 3, ingestedAt: 4_500 }
  const stored = { firstSequence: 5, lastSequence: 9, attempt: 3, ingestedAt: left.ingestedAt, rows: 7 }

  /** Stamps it is made again with where the table has it, or not, by the time it is formed; and what was mended. */
  const madeAgain = (came: boolean) =>
    Effect.gen(function* () {
      let newest: StoredBatch | undefined
      const made: Array<unknown> = []
      const mended: Array<StoredBatch> = []
      const ownership = { left: { rows: left }, announce: () => Effect.void, confirm: Effect.void }
      const context = { partition: 0, breaker, ownership } as unknown as SinkContext
      const mend = (batch: StoredBatch) => Effect.sync(() => void mended.push(batch))
      const find = () => Effect.sync(() => newest)
      const rows = yield* openInserts(context, "rows", find, undefined, mend)
      expect(rows.left()).toEqual(left)
      if (came) newest = stored
      const insert = (stamp: unknown) =>
        Effect.sync(() => {
          made.push(stamp)
          newest = stored
        })
      yield* rows.store({ first: 5, last: 9 }, insert)
      return { made, mended }
    }).pipe(Effect.provide(services))

  it.effect("is left as it is where it came after all, whatever the store knows of its token", () =>
    Effect.gen(function* () {
      expect(yield* madeAgain(true)).toEqual({ made: [], mended: [stored] })
    })
  )

  it.effect("is made under its own token where it did not, and its rollup is looked at", () =>
    Effect.gen(function* () {
      expect(yield* madeAgain(false)).toEqual({ made: [left], mended: [stored] })
    })
  )
})
