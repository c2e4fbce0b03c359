// DeadLetterOffice: stores records that cannot be processed, with their bytes as they came in, read again from the stream.
import type { DeadLetter } from "@tailrace/domain/dead-letter"
import { encodeFrameHeader, type FrameHeader } from "@tailrace/domain/frame"
import type { MessagesOf } from "@tailrace/pipeline/stage"
import { Store } from "@tailrace/store/store"
import { insertDeadLetters } from "@tailrace/store/write/insert-dead-letters"
import { growingPauses } from "@tailrace/streams/backoff"
import { Broker } from "@tailrace/streams/broker"
import { encodingHeaders, type FrameEncoding, unpackFrame } from "@tailrace/streams/frame-encoding"
import { Nats } from "@tailrace/streams/nats"
import type { StoredMessage } from "@tailrace/streams/stored-message"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Effect } from "effect"
import type { Breaker } from "./breaker.ts"
import type { SinkError } from "./sink-error.ts"
import { untilStored } from "./until-stored.ts"

/** A record, or the records of a frame that could not be taken apart. */
export type Refused = Pick<
  DeadLetter,
  "tenant" | "source" | "stage" | "sequence" | "row" | "records" | "reason" | "detail"
>

export interface DeadLetterOffice {
  /** Stores them, however long it takes. To be done before the rows and the account of their batch are stored. */
  readonly take: (refused: ReadonlyArray<Refused>) => Effect.Effect<void, SinkError>
}

export interface OfficeOptions {
  readonly partition: number
  readonly pipelineVersion: string
  readonly messages: MessagesOf
  readonly breaker: Breaker
}

/** Bytes of letters that are stored in one go. */
const groupBytes = 8 * 1024 * 1024

const patience = growingPauses("100 millis", "2 seconds")

/** The office of one life of a partition's pipeline. */
export const openDeadLetterOffice = Effect.fnUntraced(function* (options: OfficeOptions) {
  const { breaker, messages, partition, pipelineVersion } = options
  const store = yield* Store
  const nats = yield* Nats
  const broker = yield* Broker
  const clock = yield* Clock.Clock
  const counter = (yield* Metrics).counter("tailrace_dead_letters_total", "Records set aside, by stage and reason", [
    "stage",
    "reason"
  ])
  let number = 0
  const original = (sequence: number) =>
    broker.readStoredMessage("raw", sequence).pipe(
      Effect.tapError((error) => Effect.logWarning(`dead letters wait for their bytes: ${error.message}`)),
      Effect.retry(patience),
      Effect.orDie,
      Effect.provideService(Nats, nats)
    )
  const take = Effect.fnUntraced(function* (refused: ReadonlyArray<Refused>) {
    let letters: Array<DeadLetter> = []
    let bytes = 0
    let found: Original | undefined
    let read = -1
    for (const one of refused) {
      if (one.sequence !== read) {
        const message = yield* original(one.sequence)
        found = message === undefined ? undefined : originalOf(message, messages)
      }
      read = one.sequence
      const rejectedAt = clock.currentTimeMillisUnsafe()
      const letter = { ...one, ...bytesOf(found, one), partition, pipelineVersion, rejectedAt }
      letters.push(letter)
      bytes += letter.payload.length
      if (bytes < groupBytes) continue
      yield* keep(letters)
      letters = []
      bytes = 0
    }
    if (letters.length > 0) yield* keep(letters)
  })
  const keep = Effect.fnUntraced(function* (letters: ReadonlyArray<DeadLetter>) {
    const ingestedAt = clock.currentTimeMillisUnsafe()
    // Under a token of its own each time: one logged for a part that never came would swallow the next attempt, and a
    // letter that is stored twice replaces itself.
    const attempt = Effect.suspend(() =>
      insertDeadLetters(letters, { ingestedAt, token: `dead-${partition}-${ingestedAt}-${number++}` })
    )
    yield* untilStored(attempt, breaker)
    for (const { reason, records, stage } of letters) counter.inc({ stage, reason }, records)
    for (const { reason, sequence, stage } of letters.slice(0, 1)) {
      const more = letters.length === 1 ? "" : ` and ${letters.length - 1} more`
      yield* Effect.logWarning(
        `dead letter from ${stage}, message ${sequence} of partition ${partition}${more}: ${reason}`
      )
    }
  })
  return { take: (refused) => Effect.provideService(take(refused), Store, store) } satisfies DeadLetterOffice
})

/** A message of the raw stream, unpacked once for all letters of its records. */
interface Original {
  readonly header: FrameHeader
  /** As it was published, compressed or not. */
  readonly data: Uint8Array
  readonly encoding: FrameEncoding
  readonly payload: Uint8Array
  readonly messages: () => ReadonlyArray<Uint8Array>
}

const originalOf = (message: StoredMessage, messages: MessagesOf): Original => {
  const frame = unpackFrame((name) => message.headers.get(name), message.data)
  // What was dropped before the frame was counted with it, and must not be again when the letter is replayed.
  const { dropped: _, ...header } = frame.header
  const receivedMillis = header.receivedMillis ?? message.receivedMillis
  let taken: ReadonlyArray<Uint8Array> | undefined
  return {
    header: { ...header, receivedMillis },
    data: message.data,
    encoding: frame.encoding,
    payload: frame.payload,
    messages: () => {
      taken ??= messages(frame)
      return taken
    }
  }
}

/**
 * Payload and headers of a letter. A whole frame stays as it was published, for a few compressed bytes may be millions of
 * records. A message that the stream keeps no longer leaves an empty payload, and says so.
 */
const bytesOf = (
  original: Original | undefined,
  { detail, records, row }: Refused
): Pick<DeadLetter, "payload" | "headers" | "detail"> => {
  if (original === undefined) {
    return { payload: new Uint8Array(0), headers: {}, detail: `${detail} (the raw stream no longer has its bytes)` }
  }
  const { data, encoding, header, messages, payload } = original
  if (records !== 1)
    return { payload: data, headers: { ...encodeFrameHeader(header), ...encodingHeaders(encoding) }, detail }
  return { payload: messages()[row] ?? payload, headers: encodeFrameHeader({ ...header, layout: "single" }), detail }
}
