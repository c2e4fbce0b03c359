// RawStream: whether the raw stream is the one the stored outputs came from, and from where on it has to be read.
import { stageSubject } from "@tailrace/domain/subjects"
import { Broker } from "@tailrace/streams/broker"
import { durableOf } from "@tailrace/streams/definitions"
import { Effect, Schema } from "effect"

/**
 * replaced: the snapshot or a noted level is ahead of all that the stream and the rows know of, and nothing new may be read as
 * old. between-stages: what staged placement left between its stages is in the raw stream no more. unavailable: the
 * broker does not answer.
 */
export class RawStreamError extends Schema.TaggedError<RawStreamError>()("RawStreamError", {
  reason: Schema.Literals(["replaced", "between-stages", "unavailable"]),
  message: Schema.String
}) {}

export const unavailable = (message: string) => new RawStreamError({ reason: "unavailable", message })

/** Last sequence that the raw stream ever had. */
export const rawEnd = Effect.gen(function* () {
  const { rangeOf } = yield* Broker
  return (yield* Effect.mapError(rangeOf("raw"), unavailable)).last
})

/**
 * The end of the raw stream as this life knows it, asked for again where something covers more than that: the owner before may
 * have taken in, and saved, what came after this life had asked.
 */
export const endFor = (runtime: { end: number }, offset: number) =>
  offset <= runtime.end
    ? Effect.succeed(runtime.end)
    : Effect.tap(rawEnd, (end) =>
        Effect.sync(() => {
          runtime.end = end
        })
      )

/** Fails when an output's offset lies behind the end of the raw stream, whose new messages would be taken for stored. */
export const rawStreamCovers = Effect.fnUntraced(function* (offset: number) {
  const last = yield* rawEnd
  if (last >= offset) return
  return yield* new RawStreamError({
    reason: "replaced",
    message:
      `stream raw ends at ${last}, but the store holds records of message ${offset}: the broker's data was lost or ` +
      "replaced; restore it, or use a new store"
  })
})

/** What staged placement reads between its stages. */
const betweenStages = ["parsed", "filtered", "enriched"] as const

/**
 * Where fused placement begins to read: behind the smallest offset of its outputs. Staged placement acknowledges a raw
 * message as soon as it is parsed; when it has left something between its stages, acknowledged messages are read again
 * (`replay`), and it is an error if they are not there any more.
 */
export const fusedStart = Effect.fnUntraced(function* (partition: number, offsets: ReadonlyArray<number>) {
  if (offsets.length === 0) return { startSequence: 1, replay: false }
  const { rangeOf, readHopPosition, unacknowledged } = yield* Broker
  const startSequence = Math.min(...offsets) + 1
  const parsed = yield* Effect.mapError(readHopPosition("parsed", stageSubject("parsed", partition)), ({ message }) =>
    unavailable(message)
  )
  // What it has left is stored then, and stays only because nobody reads it; raw may well have lost it.
  if (parsed.last > 0 && parsed.last < startSequence) return { startSequence, replay: false }
  const counts = yield* Effect.forEach(betweenStages, (stream) => unacknowledged(durableOf(stream, partition))).pipe(
    Effect.mapError(unavailable)
  )
  const left = counts.reduce((sum, count) => sum + count, 0)
  if (left === 0) return { startSequence, replay: false }
  const { first } = yield* Effect.mapError(rangeOf("raw"), unavailable)
  if (first <= startSequence) return { startSequence, replay: true }
  return yield* new RawStreamError({
    reason: "between-stages",
    message:
      `${left} messages of partition ${partition} lie between the stages of staged placement, and stream raw begins at ` +
      `${first}, behind message ${startSequence}, from which on they came: run it with placement staged until they are stored`
  })
})
