// Generation: what a partition asks of the raw stream in numbers, and where the stream's own sequences are then.
import { assert, describe, it } from "@effect/vitest"
import { Health, makeHealth } from "@tailrace/telemetry/health"
import { Metrics, makeMetrics } from "@tailrace/telemetry/metrics"
import { Context, Effect } from "effect"
import type { BrokerShape } from "./broker.ts"
import type { ConsumerOptions } from "./consumer.ts"
import { ConsumerError } from "./durable.ts"
import { beginOf, type Generations, numberedBroker } from "./generation.ts"
import { Nats } from "./nats.ts"

const services = Context.make(Nats, {} as never).pipe(
  Context.add(
    Health,
    makeHealth(() => 0)
  ),
  Context.add(Metrics, makeMetrics({ processMetrics: false }))
)

/** What a broker is asked when a partition with these generations opens a consumer; it then answers with an error. */
const asked = Effect.fnUntraced(function* (
  generations: Generations,
  options: Pick<ConsumerOptions, "startSequence" | "lacking" | "replay">
) {
  let got: ConsumerOptions | undefined
  const openConsumer: BrokerShape["openConsumer"] = (given) => {
    got = given
    return Effect.fail(new ConsumerError({ reason: "unavailable", message: "no broker" }))
  }
  const broker = numberedBroker({ openConsumer } as unknown as BrokerShape, generations)
  const durable = { stream: "raw", durable: "pipeline-0", filterSubject: "logs.raw.0.>", maxAckPending: 1 }
  yield* broker.openConsumer({ ...durable, ...options }).pipe(Effect.scoped, Effect.flip)
  return [got?.startSequence, got?.lacking, got?.replay]
}, Effect.provide(services))

describe("a numbered broker", () => {
  it.effect("starts no later than where outputs lack something, whatever generation that is of", () =>
    Effect.gen(function* () {
      const begin = beginOf(2)
      const generations = { current: 2, since: 0, begins: false }
      assert.deepStrictEqual(yield* asked(generations, { startSequence: begin + 9, lacking: begin + 5 }), [9, 5, false])
      assert.deepStrictEqual(yield* asked(generations, { startSequence: begin + 9, lacking: undefined }), [
        9,
        undefined,
        false
      ])
    })
  )

  it.effect("starts a generation behind what the one before has in common with it, acknowledged or not", () =>
    Effect.gen(function* () {
      const generations = { current: 1, since: 20, begins: true }
      assert.deepStrictEqual(yield* asked(generations, { startSequence: 16, lacking: 13 }), [16, 13, true])
      assert.deepStrictEqual(yield* asked(generations, { startSequence: 51, lacking: 41 }), [21, 21, true])
    })
  )
})
