// live: sink that shows batches just stored to live tails; nothing is kept and nobody is waited for.
import { encodeBatch } from "@tailrace/domain/log-batch-codec"
import { liveSubject } from "@tailrace/domain/subjects"
import { Nats } from "@tailrace/streams/nats"
import { Effect, Schema } from "effect"
import { defineSink, type OpenSink, type Sink, type SinkContext } from "../sink.ts"

const config = Schema.Struct({ type: Schema.Literal("live") })

export const live = defineSink({
  name: "live",
  summary: "Shows records just stored to live tails.",
  config,
  examples: [{ title: "The default", config: { type: "live" } }],
  make: () => Effect.succeed<Sink>({ name: "live", durable: false, open })
})

const open = Effect.fnUntraced(function* (context: SinkContext) {
  const { data } = yield* Nats
  const subject = liveSubject(context.partition)
  return {
    offsets: [],
    write: (batch) =>
      Effect.sync(() => {
        if (batch.keptCount === 0 || data.isClosed()) return
        const bytes = encodeBatch(batch)
        // A tail that must not miss records reads them from the store; a batch too large to show is one of those.
        if (bytes.length <= (data.info?.max_payload ?? Number.POSITIVE_INFINITY)) data.publish(subject, bytes)
      })
  } satisfies OpenSink
})
