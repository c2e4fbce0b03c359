// Records: the records of a run of bytes that holds whole lines.
import { type JoinOptions, RecordJoiner, type VisitRecord } from "./record-joiner.ts"

/**
 * Visits the records of `bytes[start, end)`, whole lines: each record is its first line and the lines that continue it,
 * without the last line end. Records that may go on are visited only when `complete`; answers how far the lines can be cut
 * off, so that the records on both sides are the same as without the cut.
 */
export const forEachRecord = (
  bytes: Uint8Array,
  start: number,
  end: number,
  complete: boolean,
  options: JoinOptions,
  visit: VisitRecord
): number => {
  const joiner = new RecordJoiner(options, visit)
  let settled = start
  forEachLine(bytes, start, end, (from, to, next) => {
    joiner.line(bytes, from, to, from, next)
    if (!complete) settled = joiner.settled
  })
  if (!complete) return settled
  joiner.flush()
  return end
}

/** Visits lines without their ends, empty ones as well, and where the next begins. */
export const forEachLine = (
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: (start: number, end: number, next: number) => void
): void => {
  // The search of Buffer is many times as fast as that of Uint8Array.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, end)
  for (let at = start; at < end; ) {
    const newline = text.indexOf(10, at)
    const next = newline < 0 ? end : newline + 1
    let to = newline < 0 ? end : newline
    if (to > at && bytes[to - 1] === 13) to--
    visit(at, to, next)
    at = next
  }
}
