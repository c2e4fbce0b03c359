// Broker: what pipelines read from JetStream; a reference, so that a model can stand in for the broker.
import { type ConsumerInfo, jetstreamManager, type StreamInfo } from "@nats-io/jetstream"
import { storedSubject } from "@tailrace/domain/subjects"
import type { Health } from "@tailrace/telemetry/health"
import type { Metrics } from "@tailrace/telemetry/metrics"
import { Context, Effect, type Scope } from "effect"
import { readAnnounced } from "./announced.ts"
import { type Consumer, type ConsumerOptions, openConsumer } from "./consumer.ts"
import { sinkDurableOf } from "./definitions.ts"
import type { ConsumerError } from "./durable.ts"
import { readHopPosition } from "./hop-position.ts"
import { takeLease } from "./lease.ts"
import { Nats } from "./nats.ts"
import { readStoredMessage } from "./stored-message.ts"

export interface StreamRange {
  readonly first: number
  readonly last: number
}

export interface BrokerShape {
  /** See `openConsumer`. */
  readonly openConsumer: (
    options: ConsumerOptions
  ) => Effect.Effect<Consumer, ConsumerError, Nats | Health | Metrics | Scope.Scope>
  /** See `readHopPosition`. */
  readonly readHopPosition: typeof readHopPosition
  /** Sequences of a stream's messages: an empty one ends before it begins. The failure says in words why they are not known. */
  readonly rangeOf: (stream: string) => Effect.Effect<StreamRange, string, Nats>
  /** Messages that a durable has not acknowledged yet; 0 for one that does not exist. Fails as `rangeOf` does. */
  readonly unacknowledged: (durable: Pick<ConsumerOptions, "stream" | "durable">) => Effect.Effect<number, string, Nats>
  /**
   * Deletes the durables of stream `stored` by which sinks of a partition read that are not named: what waits for them is
   * given up. Fails as `rangeOf` does.
   */
  readonly forgetSinks: (partition: number, named: ReadonlyArray<string>) => Effect.Effect<void, string, Nats>
  /** See `readStoredMessage`. */
  readonly readStoredMessage: typeof readStoredMessage
  /** See `takeLease`. */
  readonly takeLease: typeof takeLease
  /** See `readAnnounced`. */
  readonly readAnnounced: typeof readAnnounced
}

/** The broker's answer to a question about itself; undefined when there is no such thing. */
const ask = <A>(request: string, what: string): Effect.Effect<A | undefined, string, Nats> =>
  Nats.use(({ control }) =>
    Effect.tryPromise({
      try: async () => {
        const answer = await control.request(`$JS.API.${request}`, undefined, { timeout: 5_000 })
        const { error, ...found } = answer.json<{ error?: { code: number; description: string } }>()
        if (error === undefined) return found as A
        if (error.code === 404) return undefined
        throw new Error(error.description)
      },
      catch: (cause) => `cannot read the state of ${what}: ${String(cause)}`
    })
  )

const rangeOf = Effect.fnUntraced(function* (stream: string) {
  const info = yield* ask<StreamInfo>(`STREAM.INFO.${stream}`, `stream ${stream}`)
  if (info === undefined) return yield* Effect.fail(`stream ${stream} does not exist, run the streams set-up`)
  return { first: info.state.first_seq, last: info.state.last_seq } satisfies StreamRange
})

const unacknowledged = ({ durable, stream }: Pick<ConsumerOptions, "stream" | "durable">) =>
  Effect.map(
    ask<ConsumerInfo>(`CONSUMER.INFO.${stream}.${durable}`, `consumer ${durable} of stream ${stream}`),
    (info) => (info === undefined ? 0 : info.num_pending + info.num_ack_pending)
  )

const forgetSinks = Effect.fnUntraced(function* (partition: number, named: ReadonlyArray<string>) {
  const { stream } = sinkDurableOf("", partition)
  const kept = named.map((name) => sinkDurableOf(name, partition).durable)
  const { control } = yield* Nats
  yield* Effect.tryPromise({
    try: async () => {
      const { consumers } = await jetstreamManager(control, { checkAPI: false, timeout: 5_000 })
      for await (const { config, name } of consumers.list(stream))
        if (config.filter_subject === storedSubject(partition) && !kept.includes(name))
          await consumers.delete(stream, name)
    },
    catch: (cause) => `cannot look which sinks read stream ${stream}: ${String(cause)}`
  })
})

/** The broker behind `Nats`, unless another implementation is provided. */
export const Broker = Context.Reference<BrokerShape>("@tailrace/streams/Broker", {
  defaultValue: () => ({
    openConsumer,
    readHopPosition,
    rangeOf,
    unacknowledged,
    forgetSinks,
    readStoredMessage,
    takeLease,
    readAnnounced
  })
})
