// Stream time: where in a stream a moment lies.
import { DeliverPolicy, jetstream } from "@nats-io/jetstream"
import { Effect } from "effect"
import { Nats } from "./nats.ts"
import { SurveyError } from "./survey.ts"

/** Sequence of the first message that was stored at a moment or later, milliseconds since 1970; undefined when none was. */
export const sequenceAt = (stream: string, millis: number): Effect.Effect<number | undefined, SurveyError, Nats> =>
  Nats.use(({ data }) =>
    Effect.tryPromise({
      try: async () => {
        const consumer = await jetstream(data, { timeout: 5_000 }).consumers.get(stream, {
          deliver_policy: DeliverPolicy.StartTime,
          opt_start_time: isoOf(millis),
          headers_only: true
        })
        if ((await consumer.info(true)).num_pending === 0) return undefined
        return (await consumer.next({ expires: 5_000 }))?.info.streamSequence
      },
      catch: (cause) => new SurveyError({ message: `cannot find a time in stream ${stream}: ${String(cause)}` })
    })
  )

const isoOf = (millis: number): string => new Date(millis).toISOString()
