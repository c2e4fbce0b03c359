// Broker: what pipelines read from JetStream; a reference, so that a model can stand in for the broker.
import type { Health } from "@tailrace/telemetry/health"
import type { Metrics } from "@tailrace/telemetry/metrics"
import { Context, Effect, type Scope } from "effect"
import { readAnnounced } from "./announced.ts"
import { type Consumer, type ConsumerOptions, openConsumer } from "./consumer.ts"
import type { ConsumerError } from "./durable.ts"
import { readHopPosition } from "./hop-position.ts"
import { takeLease } from "./lease.ts"
import { Nats } from "./nats.ts"
import { readStoredMessage } from "./stored-message.ts"

export interface BrokerShape {
  /** See `openConsumer`. */
  readonly openConsumer: (
    options: ConsumerOptions
  ) => Effect.Effect<Consumer, ConsumerError, Nats | Health | Metrics | Scope.Scope>
  /** See `readHopPosition`. */
  readonly readHopPosition: typeof readHopPosition
  /** Sequence of the last message of a stream, 0 before any. The failure says in words why it is not known. */
  readonly lastSequence: (stream: string) => Effect.Effect<number, string, Nats>
  /** See `readStoredMessage`. */
  readonly readStoredMessage: typeof readStoredMessage
  /** See `takeLease`. */
  readonly takeLease: typeof takeLease
  /** See `readAnnounced`. */
  readonly readAnnounced: typeof readAnnounced
}

const lastSequence = (stream: string) =>
  Nats.use(({ control }) =>
    Effect.tryPromise({
      try: async () => {
        const answer = await control.request(`$JS.API.STREAM.INFO.${stream}`, undefined, { timeout: 5_000 })
        const info: { readonly state?: { readonly last_seq: number } } = answer.json()
        if (info.state === undefined) throw new Error(`stream ${stream} does not exist, run the streams set-up`)
        return info.state.last_seq
      },
      catch: (cause) => `cannot read the state of stream ${stream}: ${String(cause)}`
    })
  )

/** The broker behind `Nats`, unless another implementation is provided. */
export const Broker = Context.Reference<BrokerShape>("@tailrace/streams/Broker", {
  defaultValue: () => ({ openConsumer, readHopPosition, lastSequence, readStoredMessage, takeLease, readAnnounced })
})
