// Trim: makes room in a stream that is filling up by removing what every durable has acknowledged, oldest first.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect, Schema } from "effect"
import { trimmedStreams } from "./definitions.ts"
import { Nats } from "./nats.ts"

class TrimError extends Schema.TaggedError<TrimError>()("TrimError", { message: Schema.String }) {}

export interface TrimOptions {
  /** Default: the raw stream, the stage streams, and what is stored. */
  readonly streams?: ReadonlyArray<string>
  /** Share of max_bytes (or max_msgs) from which it trims. Default 0.75. */
  readonly from?: number
  /** Share it trims down to, as far as acknowledgements allow. Default 0.5. The rest stays for replay. */
  readonly downTo?: number
}

const fillOf = (used: number, most: number) => (most > 0 ? used / most : 0)

/** The last message of each subject stays: it is how a hop knows its position. Subjects are few, one per partition. */
const purgeBySubject = async (manager: JetStreamManager, stream: string, below: number) => {
  const info = await manager.streams.info(stream, { subjects_filter: ">" })
  let purged = 0
  for (const subject of Object.keys(info.state.subjects ?? {})) {
    const last = await manager.streams.getMessage(stream, { last_by_subj: subject })
    const seq = Math.min(below, last?.seq ?? 0)
    // Nothing lies before sequence 1, and without a sequence the broker would purge everything.
    if (seq <= 1) continue
    purged += (await manager.streams.purge(stream, { filter: subject, seq })).purged
  }
  return purged
}

/**
 * Looks at one stream once. Streams keep by limits and refuse new messages when full, so without this a stream whose
 * messages are all stored would refuse new ones until they age out. Returns how many messages were removed.
 */
const trimStream = async (
  manager: JetStreamManager,
  name: string,
  options: TrimOptions,
  ends: Map<string, number>
): Promise<number> => {
  const { config, state } = await manager.streams.info(name)
  ends.set(name, state.last_seq)
  const fill = Math.max(fillOf(state.bytes, config.max_bytes), fillOf(state.messages, config.max_msgs))
  if (fill < (options.from ?? 0.75) || state.messages === 0) return 0
  // Read after the stream's end, so that "nothing pending" speaks of everything up to that end.
  let acknowledged = state.last_seq
  let durables = 0
  for await (const consumer of manager.consumers.list(name)) {
    durables++
    const idle = consumer.num_pending === 0 && consumer.num_ack_pending === 0
    if (!idle) acknowledged = Math.min(acknowledged, consumer.ack_floor.stream_seq)
  }
  if (durables === 0) return 0
  const surplus = 1 - (options.downTo ?? 0.5) / fill
  const wanted = state.first_seq + Math.ceil((state.last_seq - state.first_seq + 1) * surplus)
  const below = Math.min(wanted, acknowledged + 1)
  if (below <= state.first_seq) return 0
  if (name === "raw") return (await manager.streams.purge(name, { seq: below })).purged
  return purgeBySubject(manager, name, below)
}

/** One look at every stream; returns how many messages were removed from each. `ends` takes in where the streams end. */
export const trimStreams = Effect.fnUntraced(function* (options: TrimOptions = {}, ends = new Map<string, number>()) {
  const { control } = yield* Nats
  const removed = (yield* Metrics).counter("tailrace_stream_trimmed_total", "Messages trimmed", ["stream"])
  return yield* Effect.tryPromise({
    try: async () => {
      const manager = await jetstreamManager(control, { checkAPI: false })
      const counts: Record<string, number> = {}
      for (const stream of options.streams ?? trimmedStreams) {
        const count = await trimStream(manager, stream, options, ends)
        counts[stream] = count
        if (count > 0) removed.inc({ stream }, count)
      }
      return counts
    },
    catch: (cause) => new TrimError({ message: `cannot trim streams: ${String(cause)}` })
  })
})

/**
 * Trims every two seconds for the life of the scope, and every eight while no stream grows: a quarter of a stream does not fill
 * meanwhile. One process is enough; several do no harm.
 */
export const keepTrimmed = (options: TrimOptions = {}) =>
  Effect.gen(function* () {
    const ends = new Map<string, number>()
    for (;;) {
      const before = String([...ends])
      yield* Effect.catchTag(trimStreams(options, ends), "TrimError", (error) => Effect.logDebug(error.message))
      yield* Effect.sleep(String([...ends]) === before ? "8 seconds" : "2 seconds")
    }
  }).pipe(Effect.forkScoped, Effect.asVoid)
