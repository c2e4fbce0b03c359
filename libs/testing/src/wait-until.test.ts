// Waiting: returns the value that held, names what was seen last, passes failures on.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { freePort } from "./free-port.ts"
import { waitFor, waitUntil } from "./wait-until.ts"

describe("waitUntil", () => {
  it.live("returns the value for which the condition held", () =>
    Effect.gen(function* () {
      let n = 0
      const value = yield* waitUntil(
        Effect.sync(() => ++n),
        (seen) => seen >= 3,
        { everyMillis: 1 }
      )
      assert.strictEqual(value, 3)
    })
  )

  it.live("says what it waited for and what it saw last", () =>
    Effect.gen(function* () {
      const read = Effect.succeed({ messages: 7 })
      const wait = waitUntil(read, () => false, { what: "eight messages", timeoutMillis: 5, everyMillis: 1 })
      const error = yield* Effect.flip(wait)
      assert.include(error.message, "eight messages")
      assert.include(error.message, "messages: 7")
    })
  )

  it.live("fails with the failure of what it reads", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Effect.flip(waitUntil(Effect.fail("gone"), () => true)), "gone")
    })
  )
})

describe("freePort", () => {
  it("gives ports one can use", async () => {
    const port = await freePort()
    await waitFor(
      () => port,
      (found) => found > 1023 && found < 65536
    )
  })
})
