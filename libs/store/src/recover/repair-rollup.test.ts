// Tests of when the rollup of a batch is repaired, against tables that say what the test wants.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Store } from "../store.ts"
import { Tables } from "../tables.ts"
import { repairRollup } from "./repair-rollup.ts"

const batch = { firstSequence: 1, lastSequence: 9, ingestedAt: 1_000, attempt: 1, rows: 70 }

/** Repairs against tables that differ in `gaps` places, one look after the other; the last one stays. Answers fills and outcome. */
const repaired = (looks: ReadonlyArray<number>, world = { running: 0 }) =>
  Effect.gen(function* () {
    const left = [...looks]
    let fills = 0
    const repair = yield* repairRollup(4, batch, Effect.void).pipe(
      Effect.provideServiceEffect(
        Tables,
        Effect.map(Tables, (tables) => ({
          ...tables,
          runningInserts: () => Effect.succeed(world.running),
          rollupGaps: () => Effect.sync(() => (left.length > 1 ? left.shift() : left[0]) as number),
          fillRollup: () => Effect.sync(() => void fills++)
        }))
      ),
      Effect.provideService(Store, undefined as never),
      Effect.forkScoped
    )
    yield* TestClock.adjust("1 minute")
    assert.isTrue(world.running === 0 || repair.pollUnsafe() === undefined)
    world.running = 0
    yield* TestClock.adjust("1 second")
    return { outcome: yield* Fiber.join(repair), fills }
  })

describe("the repair of a batch's rollup", () => {
  it.effect("waits for one that an earlier life has left running, and does not repeat it", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* repaired([3, 0], { running: 1 }), { outcome: false, fills: 0 })
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    ["stays", [2], true],
    ["has come to rest", [5, 2, 1, 3], true],
    ["was none", [0], false],
    ["goes away by itself", [1, 1, 0], false]
  ] as const)("is made once where the difference %s", ([_, looks, wanted]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* repaired(looks), { outcome: wanted, fills: wanted ? 1 : 0 })
    }).pipe(Effect.scoped)
  )
})
