// Tests of inserts that got no answer: what is sent again, and under which attempt.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { it } from "@effect/vitest"
import { Store } from "@tailrace/store/store"
import { StoreError } from "@tailrace/store/store-error"
import { type StoredBatch, Tables } from "@tailrace/store/tables"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect } from "vitest"
import { Breaker } from "../breaker.ts"
import type { SinkContext } from "../sink.ts"
import { type InsertOptions, openInserts } from "./inserts.ts"

/** Attempts that were announced and sent, of which the first one gets no answer; `stored` is what the store has of it. */
const attemptsOf = (options: InsertOptions, stored: boolean) =>
  Effect.gen(function* () {
    const announced: Array<number> = []
    const sent: Array<number> = []
    let newest: StoredBatch | undefined
    const policy = { retry: { first: 1, longest: 1 }, breaker: { failures: 9, open: 1, longest: 1 } }
    const breaker = new Breaker({ name: "s", policy, now: () => 0, elapsed: () => 0, random: () => 0 })
    const ownership = {
      left: {},
      confirm: Effect.void,
      announce: (_: string, { attempt }: { attempt: number }) => Effect.sync(() => void announced.push(attempt))
    }
    const rows = yield* openInserts(
      { partition: 0, breaker, ownership } as unknown as SinkContext,
      "rows",
      Effect.sync(() => newest),
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
  }).pipe(
    Effect.provide(
      Layer.merge(
        Layer.succeed(Tables, { runningInserts: () => Effect.succeed(0) } as never),
        Layer.succeed(Store, {} as never)
      )
    )
  )

describe("an insert without an answer", () => {
  it.effect("is sent again as it was, because the store knows its token", () =>
    Effect.gen(function* () {
      const { announced, sent } = yield* attemptsOf({}, true)
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
