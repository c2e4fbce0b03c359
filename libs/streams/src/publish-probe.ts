// Publish probe: how long the broker takes to acknowledge a message, measured on a throw-away stream.
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { nanos } from "@nats-io/nats-core"
import { Clock, Effect } from "effect"
import { Nats } from "./nats.ts"
import { SurveyError } from "./survey.ts"

export interface PublishProbe {
  readonly storage: "file" | "memory"
  readonly replicas: number
  /** Messages published, one after the other. */
  readonly count: number
  /** Bytes of each message. */
  readonly bytes: number
}

/** Name and subject of the throw-away stream: one alone, because a permission names it. */
export const probeStream = "tailrace-doctor"

/** Milliseconds that each acknowledgement took, in order. The stream is removed again. */
export const probePublish = Effect.fnUntraced(function* (probe: PublishProbe) {
  const { control } = yield* Nats
  const clock = yield* Clock.Clock
  const ask = <A>(use: () => Promise<A>) =>
    Effect.tryPromise({
      try: use,
      catch: (cause) =>
        new SurveyError({
          message: `a throw-away stream cannot be measured: ${cause instanceof Error ? cause.message : String(cause)}`
        })
    })
  const manager = yield* ask(() => jetstreamManager(control, { timeout: 5_000 }))
  return yield* Effect.acquireUseRelease(
    ask(async () => {
      // One that was killed left it behind.
      await manager.streams.delete(probeStream).catch(() => undefined)
      return await manager.streams.add({
        name: probeStream,
        subjects: [probeStream],
        storage: probe.storage,
        num_replicas: probe.replicas,
        max_bytes: 4 * probe.count * (probe.bytes + 1_024),
        max_age: nanos(60_000)
      })
    }),
    () =>
      ask(async () => {
        const publisher = jetstream(control, { timeout: 5_000 })
        const payload = new Uint8Array(probe.bytes).fill(97)
        const millis: Array<number> = []
        // The first makes the stream's files and is not counted.
        for (let i = 0; i <= probe.count; i++) {
          const begun = clock.currentTimeNanosUnsafe()
          await publisher.publish(probeStream, payload)
          if (i > 0) millis.push(Number(clock.currentTimeNanosUnsafe() - begun) / 1e6)
        }
        return millis as ReadonlyArray<number>
      }),
    () => Effect.ignore(ask(() => manager.streams.delete(probeStream)))
  )
})
