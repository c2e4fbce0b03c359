// Region: a run of a file's bytes that is published together, under ids made of the content's name and its boundaries.
import type { Origin } from "../../frames/origin.ts"
import type { Submission } from "../../frames/submission.ts"
import { countLines } from "../../framing/lines.ts"
import { mayHoldParts } from "../../framing/multiline/container-line.ts"
import type { JoinRule } from "../../framing/multiline/join-rule.ts"
import { maxLines } from "../../framing/multiline/multiline-config.ts"
import { forEachRecord } from "../../framing/multiline/records.ts"
import type { SourceContext } from "../../source.ts"

export interface RegionOptions {
  readonly maxMessageBytes: number
  /** Which lines are joined to records; undefined: only those that a container's runtime broke. */
  readonly rule: JoinRule | undefined
  readonly originOf: (attributes: Readonly<Record<string, string>>) => Origin
}

/**
 * Publishes a region: `bytes` is its content, but for `missing` bytes at the end of an oversize line. The same region
 * gives the same frames under the same ids; `repeated` says that an earlier life may have published it. Resolves with false when the collector stops before all is acknowledged.
 */
export const publishRegion = async (
  bytes: Uint8Array,
  missing: number,
  id: string,
  options: RegionOptions,
  context: SourceContext,
  repeated: boolean
): Promise<boolean> => {
  const submissions: Array<Submission> = []
  const whole = context.intake.submission(options.originOf({}), id, repeated)
  submissions.push(whole)
  const cutMessage = (message: Uint8Array, start: number, cut: number) => {
    const origin = options.originOf({ "log.truncated_bytes": String(cut) })
    const one = context.intake.submission(origin, `${id}-cut-${submissions.length}`, repeated)
    one.message(message, start, start + options.maxMessageBytes)
    submissions.push(one)
  }
  if (missing > 0) cutMessage(bytes, 0, bytes.length + missing - options.maxMessageBytes)
  else if (options.rule !== undefined || mayHoldParts(bytes, 0, bytes.length))
    addRecords(bytes, whole, options, cutMessage)
  else addLines(bytes, whole, options.maxMessageBytes, cutMessage)
  const refusals = await Promise.all(submissions.map((one) => one.done()))
  let stopped = false
  for (const [i, refusal] of refusals.entries()) {
    const { bytes: size, messages } = submissions[i] as Submission
    if (refusal === undefined) context.counters.accepted(messages, size)
    // Held until taken, so any other refusal means that the collector stops.
    else if (refusal.reason === "too-large") context.counters.rejected(messages, refusal.reason)
    else stopped = true
  }
  if (!stopped) context.counters.truncated(submissions.length - 1)
  return !stopped
}

const addLines = (
  bytes: Uint8Array,
  whole: Submission,
  maxBytes: number,
  cutMessage: (message: Uint8Array, start: number, cut: number) => void
): void => {
  let from = 0
  const add = (end: number) => {
    if (end > from) whole.lines(bytes, from, end, countLines(bytes, from, end))
  }
  // Only a region longer than the cap can hold a line longer than the cap.
  for (let at = 0; bytes.length > maxBytes && at < bytes.length; ) {
    const newline = bytes.indexOf(10, at)
    const end = newline < 0 ? bytes.length : newline
    if (end - at > maxBytes) {
      add(at)
      cutMessage(bytes, at, end - at - maxBytes)
      from = end + 1
    }
    at = end + 1
  }
  add(bytes.length)
}

const addRecords = (
  bytes: Uint8Array,
  whole: Submission,
  { maxMessageBytes, rule }: RegionOptions,
  cutMessage: (message: Uint8Array, start: number, cut: number) => void
): void => {
  const limits = { maxBytes: maxMessageBytes, maxLines, rule }
  forEachRecord(bytes, 0, bytes.length, true, limits, (record, start, end, cut) => {
    const more = Math.max(0, end - start - maxMessageBytes) + cut
    if (more > 0) cutMessage(record, start, more)
    else if (end > start) whole.message(record, start, end)
  })
}
