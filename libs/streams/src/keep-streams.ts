// Keep streams: makes streams and buckets anew that were deleted, and puts back what somebody changed in them, while a process runs.
import { isDeepStrictEqual } from "node:util"
import { JetStreamApiError, jetstreamManager, type StreamInfo } from "@nats-io/jetstream"
import { Health } from "@tailrace/telemetry/health"
import { Effect } from "effect"
import { bucketDefinitions, type StreamDefinition, streamDefinitions } from "./definitions.ts"
import { Nats } from "./nats.ts"
import { type StreamsSetupOptions, setUpStreams, withoutLimits } from "./streams-setup.ts"

/** Numbers left free behind the last message seen of a raw stream that is made anew: more than come between two looks. */
const free = 10_000_000
/** Times that a stream is put back; whoever changes it again wants it so, and it is only told. */
const mostRepairs = 5

/** What decides which messages are taken and kept; how many bytes and for how long is the operator's. */
const guarded = ["subjects", "subject_transform", "retention", "discard", "max_msgs", "max_msg_size"] as const

const driftOf = (wanted: StreamDefinition, found: StreamInfo | undefined): string | undefined => {
  if (found === undefined) return "does not exist"
  if (found.config.sealed) return "is sealed and takes nothing more"
  const current = found.config as unknown as Record<string, unknown>
  const changed = guarded.filter(
    (key) => !isDeepStrictEqual(current[key], (withoutLimits(wanted) as unknown as Record<string, unknown>)[key])
  )
  return changed.length === 0 ? undefined : `has another ${changed.join(", ")}`
}

export interface KeepStreamsOptions extends StreamsSetupOptions {
  /** Default 5 s. */
  readonly everyMillis?: number
}

/**
 * Looks until interrupted. A raw stream that was deleted goes on behind the numbers it had, so that what outputs hold is
 * never taken for something else; what it held and no output does is lost, which is said.
 */
export const keepStreams = Effect.fnUntraced(function* (options: KeepStreamsOptions) {
  const { control } = yield* Nats
  const health = (yield* Health).register("streams")
  yield* Effect.addFinalizer(() => Effect.sync(health.remove))
  const definitions = streamDefinitions(options.partitions)
  const buckets = bucketDefinitions.map(({ bucket }) => `KV_${bucket}`)
  const repairs = new Map<string, number>()
  let rawEnd = 0
  const survey = Effect.tryPromise(async () => {
    const manager = await jetstreamManager(control, { checkAPI: false })
    const found = new Map<string, StreamInfo>()
    // Each by itself, since a process may ask for its own streams alone; all at once, so that they are one write.
    const names = [...definitions.map(({ name }) => name), ...buckets]
    await Promise.all(
      names.map(async (name) => {
        const info = await manager.streams.info(name).catch((cause) => {
          if (cause instanceof JetStreamApiError && cause.code === 10059) return undefined
          throw cause
        })
        if (info !== undefined) found.set(name, info)
      })
    )
    rawEnd = Math.max(rawEnd, found.get("raw")?.state.last_seq ?? 0)
    const streams = definitions.flatMap((wanted): ReadonlyArray<readonly [string, string]> => {
      const drift = driftOf(wanted, found.get(wanted.name))
      return drift === undefined ? [] : [[wanted.name, drift]]
    })
    const gone = buckets.filter((name) => !found.has(name)).map((name) => [name, "does not exist"] as const)
    return [...streams, ...gone]
  })
  const repair = Effect.fnUntraced(function* (drifts: ReadonlyArray<readonly [string, string]>) {
    const words = drifts.map(([name, drift]) => `stream ${name} ${drift}`).join(", ")
    health.live(words)
    const kept = drifts.filter(([name]) => (repairs.get(name) ?? 0) >= mostRepairs)
    if (kept.length > 0) return
    for (const [name] of drifts) repairs.set(name, (repairs.get(name) ?? 0) + 1)
    const lost = drifts.some(([name, drift]) => name === "raw" && drift === "does not exist")
    yield* Effect.logWarning(
      lost
        ? `${words}: made anew behind message ${rawEnd}, what it held and was not stored is lost`
        : `${words}: made what it was`
    )
    yield* setUpStreams({ ...options, rawFirstSequence: rawEnd === 0 ? 1 : rawEnd + free }).pipe(
      Effect.catch((error) =>
        Effect.andThen(
          Effect.logWarning(error.message),
          Effect.sync(() => health.live(error.message))
        )
      )
    )
  })
  const look = Effect.matchEffect(survey, {
    // A broker that does not answer is told by its connection.
    onFailure: () => Effect.void,
    onSuccess: (drifts) => (drifts.length === 0 ? Effect.sync(health.ready) : repair(drifts))
  })
  return yield* Effect.forever(Effect.andThen(look, Effect.sleep(options.everyMillis ?? 5_000)))
})
