// Progress: whether what waits in the streams is committed, by the broker's word, so that a standstill nobody noticed is told.
import { type ConsumerInfo, jetstreamManager } from "@nats-io/jetstream"
import { Clock, Effect } from "effect"
import { type ConsumedStream, durableOf } from "./definitions.ts"
import { elapsedMillis } from "./elapsed.ts"
import { Nats } from "./nats.ts"

/** What the broker says of one durable consumer. */
export interface Reader {
  readonly name: string
  /** Everything up to this sequence is acknowledged. */
  readonly floor: number
  /** Messages not delivered or not acknowledged. */
  readonly waiting: number
}

export interface Standstill extends Reader {
  /** Milliseconds since something was acknowledged last, or since something began to wait. */
  readonly millis: number
}

/** Remembers looks at readers; times are of a clock that never jumps. */
export class ProgressLog {
  private readonly readers = new Map<string, { floor: number; since: number }>()

  /** The readers that stand still for longer than `most` milliseconds. */
  observe(readers: ReadonlyArray<Reader>, now: number, most: number): ReadonlyArray<Standstill> {
    return readers.flatMap((reader) => {
      const known = this.readers.get(reader.name) ?? { floor: reader.floor, since: now }
      this.readers.set(reader.name, known)
      // A consumer set back by a new life of its pipeline has not come further by that.
      if (reader.waiting === 0 || reader.floor > known.floor) known.since = now
      known.floor = reader.floor
      const millis = now - known.since
      return millis > most ? [{ ...reader, millis }] : []
    })
  }
}

export interface ProgressOptions {
  /** Streams whose consumers are looked at. */
  readonly streams: ReadonlyArray<ConsumedStream>
  /** Partitions looked at; all that have a consumer when left out. */
  readonly partitions?: ReadonlyArray<number>
  /** Milliseconds without a commit after which it is told. */
  readonly most: number
  /** Default 2 s. */
  readonly everyMillis?: number
  /** Called after each look with the reason of each partition that stands still, in words; empty when all is well. */
  readonly report: (reasons: ReadonlyMap<number, string>) => void
}

const readerOf = ({ ack_floor, name, num_ack_pending, num_pending }: ConsumerInfo): Reader => ({
  name,
  floor: ack_floor.stream_seq,
  waiting: num_pending + num_ack_pending
})

const wordsOf = (stream: string, { floor, millis, waiting }: Standstill): string =>
  `${waiting} ${waiting === 1 ? "message waits" : "messages wait"} in stream ${stream} behind message ${floor}, and none was committed for ${Math.round(millis / 1000)} s`

/** Looks at the consumers until interrupted. A broker that does not answer is another component's matter. */
export const watchProgress = Effect.fnUntraced(function* (options: ProgressOptions) {
  const { most, partitions, report, streams } = options
  const { control } = yield* Nats
  const now = elapsedMillis(yield* Clock.Clock)
  const log = new ProgressLog()
  const look = Effect.tryPromise(async () => {
    const manager = await jetstreamManager(control, { checkAPI: false })
    const reasons = new Map<number, string>()
    for (const stream of streams) {
      const prefix = durableOf(stream, 0).durable.replace(/0$/, "")
      const readers: Array<Reader> = []
      for await (const consumer of manager.consumers.list(stream)) {
        const partition = partitionOf(consumer.name, prefix)
        if (partition === undefined || partitions?.includes(partition) === false) continue
        readers.push(readerOf(consumer))
      }
      for (const stall of log.observe(readers, now(), most)) {
        const partition = partitionOf(stall.name, prefix) as number
        if (!reasons.has(partition)) reasons.set(partition, wordsOf(stream, stall))
      }
    }
    return reasons
  })
  const told = Effect.match(look, { onSuccess: report, onFailure: () => undefined })
  return yield* Effect.forever(Effect.andThen(told, Effect.sleep(options.everyMillis ?? 2_000)))
})

const partitionOf = (name: string, prefix: string): number | undefined => {
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : ""
  return /^\d{1,5}$/.test(rest) ? Number(rest) : undefined
}
