// RawGeneration: whether the raw stream still has the messages whose rows are stored, and how what it has now is numbered.
import { partitionOf } from "@tailrace/domain/subjects"
import { lastBatch, lastLedgerBatch } from "@tailrace/store/recover/offsets"
import { type StoredMessage, StoredMessages } from "@tailrace/store/recover/stored-messages"
import { Broker } from "@tailrace/streams/broker"
import { unpackFrame } from "@tailrace/streams/frame-encoding"
import { beginOf, type Generations, generationOf, placeOf } from "@tailrace/streams/generation"
import { Effect } from "effect"
import { unavailable } from "./raw-stream.ts"

/** Messages looked at to find where the stream lost its end; so many frames are more than it keeps. */
const most = 1_000_000

/**
 * How the messages of a partition are numbered. A stream that was made anew, or that lost its end, gives numbers again that
 * stored records have. It is known by its content, whatever numbers it has reached: the message whose rows were stored
 * last is not in its place, or was received at another time. What follows the last one that is, counts in a generation of its
 * own, above all numbers of before. Nothing but the outputs says so: once one of them holds a record of the new generation, it tells.
 */
export const rawGeneration = Effect.fnUntraced(function* (partition: number) {
  const { rangeOf } = yield* Broker
  const rows = (yield* lastBatch(partition))?.lastSequence ?? 0
  const entries = (yield* lastLedgerBatch(partition))?.lastSequence ?? 0
  const top = Math.max(rows, entries)
  const current = generationOf(top)
  const { last } = yield* Effect.mapError(rangeOf("raw"), unavailable)
  const isThere = placeOf(top) <= last && (generationOf(rows) < current || (yield* hasLast(partition, rows)))
  if (isThere) {
    // Messages of the generation before are read again only while some output does not have all of them.
    const behind = current > 0 && Math.min(rows, entries) < beginOf(current)
    const since = behind ? yield* lastKept(partition, current - 1, last) : 0
    return { current, since, begins: behind } satisfies Generations
  }
  const since = yield* lastKept(partition, current, last)
  yield* Effect.logWarning(
    `stream raw does not have message ${placeOf(top)} that partition ${partition} has stored: it lost its end, or was made ` +
      `anew; what lies behind message ${since} is new, and numbered from ${beginOf(current + 1)} on`
  )
  return { current: current + 1, since, begins: true } satisfies Generations
})

/** Whether the message is in its place whose rows a partition stored last; yes where that cannot be told. */
const hasLast = Effect.fnUntraced(function* (partition: number, sequence: number) {
  const [stored] = yield* (yield* StoredMessages).between(partition, sequence, sequence, 1)
  return stored === undefined || (yield* isSame(partition, stored)) !== false
})

/** The last place up to which the stream has the messages of a generation that are stored. */
const lastKept = Effect.fnUntraced(function* (partition: number, generation: number, last: number) {
  const begin = beginOf(generation)
  const stored = yield* (yield* StoredMessages).between(partition, begin, begin + last, most)
  // They are the same up to some message and other ones from there on.
  let low = 0
  let high = stored.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((yield* isSame(partition, stored[middle] as StoredMessage)) === false) high = middle
    else low = middle + 1
  }
  return low === 0 ? 0 : placeOf((stored[low - 1] as StoredMessage).sequence)
})

/** Whether a message whose rows are stored is the one in its place; undefined when there is none any more. */
const isSame = Effect.fnUntraced(function* (partition: number, { receivedMillis, sequence }: StoredMessage) {
  const { readStoredMessage } = yield* Broker
  const found = yield* Effect.mapError(readStoredMessage("raw", placeOf(sequence)), ({ message }) =>
    unavailable(message)
  )
  if (found === undefined) return undefined
  const { header } = unpackFrame((name) => found.headers.get(name), found.data)
  return partitionOf(found.subject) === partition && (header.receivedMillis ?? found.receivedMillis) === receivedMillis
})
