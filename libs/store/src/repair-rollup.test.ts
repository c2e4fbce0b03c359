// Tests of when the rollup of a batch is repaired, against tables that say what the test wants.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { repairRollup } from "./repair-rollup.ts"
import { Store } from "./store.ts"
import { Tables } from "./tables.ts"

const batch = { firstSequence: 1, lastSequence: 9, ingestedAt: 1_000, attempt: 1, rows: 70 }

describe("the repair of a batch's rollup", () => {
  it.effect("waits for one that an earlier life has left running, and does not repeat it", () =>
    Effect.gen(function* () {
      const world = { running: 1, missing: 1, fills: 0 }
      const repair = yield* repairRollup(4, batch, Effect.void).pipe(
        Effect.provideServiceEffect(
          Tables,
          Effect.map(Tables, (tables) => ({
            ...tables,
            runningInserts: () => Effect.succeed(world.running),
            rollupShortage: () => Effect.succeed(world.missing),
            fillRollup: () => Effect.sync(() => void world.fills++)
          }))
        ),
        Effect.provideService(Store, undefined as never),
        Effect.forkScoped
      )
      yield* TestClock.adjust("1 minute")
      world.running = 0
      world.missing = 0
      yield* TestClock.adjust("1 second")
      assert.isFalse(yield* Fiber.join(repair))
      assert.strictEqual(world.fills, 0)
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    [1, 1],
    [-1, -1],
    [-3, -3],
    [0, undefined],
    [Number.NaN, undefined]
  ] as const)("adds or takes off whole batches alone: where it is short of %s, %s", ([missing, filled]) =>
    Effect.gen(function* () {
      const fills: Array<number> = []
      const repair = yield* repairRollup(4, batch, Effect.void).pipe(
        Effect.provideServiceEffect(
          Tables,
          Effect.map(Tables, (tables) => ({
            ...tables,
            runningInserts: () => Effect.succeed(0),
            rollupShortage: () => Effect.succeed(missing),
            fillRollup: (_partition: number, _ingestedAt: number, times: number) =>
              Effect.sync(() => void fills.push(times))
          }))
        ),
        Effect.provideService(Store, undefined as never),
        Effect.forkScoped
      )
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(repair), filled !== undefined)
      assert.deepStrictEqual(fills, filled === undefined ? [] : [filled])
    }).pipe(Effect.scoped)
  )
})
