// Multiline: joins lines that continue a record, such as the frames of a stack trace, to the line they belong to.

export interface MultilineOptions {
  readonly maxBytes: number
  readonly maxLines: number
}

const text = (word: string): Uint8Array => new TextEncoder().encode(word)
const continuations = [text("Caused by:"), text("Suppressed:"), text("at "), text("... ")]
/** `java.lang.IllegalStateException: ...` and `Traceback (...)`: an error's name at the start of a line of its own. */
const errorName = /^(?:Exception in thread |(?:[A-Za-z_$][\w$]*\.)+[A-Za-z_$][\w$]*(?:Exception|Error|Throwable)\b)/

/**
 * Whether a line goes on with the record before it: it begins with white space, `Caused by:`, `Suppressed:`, `at `,
 * `... 12 more`, or is the name of a Java exception with its message.
 */
const continuesRecord = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (start >= end) return false
  const first = bytes[start] as number
  if (first === 32 || first === 9) return true
  for (const word of continuations) if (startsWith(bytes, start, end, word)) return true
  if (first === 123 || first === 91 || first === 60 || (first >= 48 && first <= 57)) return false
  return errorName.test(
    Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, 256)).toString("latin1")
  )
}

const startsWith = (bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean => {
  if (end - start < word.length) return false
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false
  return true
}

/**
 * Visits the records of `bytes[start, end)`, whole lines: each record is its first line and the lines that continue it,
 * without the last line end. The last record is visited only when `complete`; answers where the first record not visited
 * begins.
 */
export const forEachRecord = (
  bytes: Uint8Array,
  start: number,
  end: number,
  complete: boolean,
  options: MultilineOptions,
  visit: (start: number, end: number) => void
): number => {
  let record = start
  let lines = 0
  let at = start
  while (at < end) {
    const newline = bytes.indexOf(10, at)
    const next = newline < 0 || newline >= end ? end : newline + 1
    const joins =
      lines > 0 && lines < options.maxLines && next - record <= options.maxBytes && continuesRecord(bytes, at, next)
    if (!joins && at > record) {
      visit(record, withoutEnd(bytes, record, at))
      record = at
      lines = 0
    }
    lines++
    at = next
  }
  if (!complete || record >= end) return record
  visit(record, withoutEnd(bytes, record, end))
  return end
}

const withoutEnd = (bytes: Uint8Array, start: number, end: number): number => {
  let behind = end
  if (behind > start && bytes[behind - 1] === 10) behind--
  if (behind > start && bytes[behind - 1] === 13) behind--
  return behind
}
