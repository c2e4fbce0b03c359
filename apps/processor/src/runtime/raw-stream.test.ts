// Tests of where fused placement begins to read, by what the broker says of its streams.
import { assert, describe, it } from "@effect/vitest"
import { Broker } from "@tailrace/streams/broker"
import { Nats } from "@tailrace/streams/nats"
import { Effect } from "effect"
import { endFor, fusedStart } from "./raw-stream.ts"

/**
 * A broker whose raw stream begins at `first`, with so many messages left between all stages, of which staged placement has
 * parsed the raw stream through `parsed`.
 */
const start = (first: number, left: number, offsets: ReadonlyArray<number>, parsed = left === 0 ? 0 : 1_000) =>
  fusedStart(3, offsets).pipe(
    Effect.provideServiceEffect(
      Broker,
      Effect.map(Broker, (broker) => ({
        ...broker,
        rangeOf: () => Effect.succeed({ first, last: 1_000 }),
        readHopPosition: () =>
          Effect.succeed({ first: parsed, last: parsed, part: 1, parts: 1, sequence: parsed, id: "" }),
        unacknowledged: ({ stream }) => Effect.succeed(stream === "enriched" ? left : 0)
      }))
    ),
    Effect.provideService(Nats, undefined as never)
  )

describe("fused placement begins", () => {
  it.effect("behind the smallest offset, and at the beginning without outputs", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* start(1, 0, [70, 50]), { startSequence: 51, replay: false })
      assert.deepStrictEqual(yield* start(400, 0, [70]), { startSequence: 71, replay: false })
      assert.deepStrictEqual(yield* start(1, 5, []), { startSequence: 1, replay: false })
    })
  )

  it.effect("before what is acknowledged when staged placement has left something between its stages", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* start(51, 2, [70, 50]), { startSequence: 51, replay: true })
    })
  )

  it.effect(
    "behind the offsets when they reach as far as staged placement did, whatever it has left and raw has lost",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* start(400, 2, [70, 50], 50), { startSequence: 51, replay: false })
        assert.propertyVal(yield* Effect.flip(start(400, 2, [70, 50], 51)), "reason", "between-stages")
      })
  )

  it.effect("not at all when that is not in the raw stream any more", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(start(52, 2, [70, 50]))
      assert.strictEqual(error.reason, "between-stages")
      assert.strictEqual(
        error.message,
        "2 messages of partition 3 lie between the stages of staged placement, and stream raw begins at 52, behind message 51, " +
          "from which on they came: run it with placement staged until they are stored"
      )
    })
  )
})

describe("the end of the raw stream that a life knows", () => {
  it.effect("is asked for again where a snapshot covers more, which the owner before saved meanwhile", () =>
    Effect.gen(function* () {
      const runtime = { end: 10 }
      const asked = (offset: number) =>
        endFor(runtime, offset).pipe(
          Effect.provideServiceEffect(
            Broker,
            Effect.map(Broker, (broker) => ({ ...broker, rangeOf: () => Effect.succeed({ first: 1, last: 11 }) }))
          ),
          Effect.provideService(Nats, undefined as never)
        )
      assert.deepStrictEqual([yield* asked(10), yield* asked(11), runtime.end], [10, 11, 11])
    })
  )
})
