// Raw messages: what the raw stream keeps of a stretch of time, in portions, for somebody who works on each.

import { replayHeader } from "@tailrace/domain/frame"
import { parseInputSubject } from "@tailrace/domain/subjects"
import { readStream, type StreamMessage, streamRange } from "@tailrace/streams/read-stream"
import { sequenceAt } from "@tailrace/streams/stream-time"
import { Effect } from "effect"

export interface TimeRange {
  /** Milliseconds since 1970 at which the broker stored a message; `to` is exclusive. */
  readonly from: number
  readonly to: number
  readonly tenant: string | undefined
  readonly source: string | undefined
}

export interface RawMessage extends StreamMessage {
  readonly tenant: string
  readonly source: string
}

/** Value of the replay header of messages that come of a range; they are copies of what the stream has. */
export const rangeReplay = "range"

/** Messages read at once. */
const portion = 128

/**
 * Hands the messages of a range to `work` in order, portion by portion. What comes while it runs is not part of it, nor are
 * copies made by an earlier replay of a range. Answers how many messages there were.
 */
export const forEachRawMessage = Effect.fnUntraced(function* <E, R>(
  range: TimeRange,
  work: (messages: ReadonlyArray<RawMessage>) => Effect.Effect<void, E, R>
) {
  const { last } = yield* streamRange("raw")
  const first = yield* sequenceAt("raw", range.from)
  let count = 0
  if (first === undefined) return count
  for (let from = first; from <= last; from += portion) {
    const found: Array<RawMessage> = []
    let over = false
    yield* readStream({ stream: "raw", from, through: Math.min(last, from + portion - 1) }, (message) => {
      over ||= message.storedMillis >= range.to
      const names = parseInputSubject(message.subject)
      if (over || names === undefined || message.header(replayHeader) === rangeReplay) return
      if (range.tenant !== undefined && names.tenant !== range.tenant) return
      if (range.source !== undefined && names.source !== range.source) return
      found.push({ ...message, ...names })
    })
    count += found.length
    if (found.length > 0) yield* work(found)
    if (over) break
  }
  return count
})
