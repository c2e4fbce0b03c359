// Multiline: joins lines that continue a record, such as the frames of a stack trace, to the line they belong to.

export interface MultilineOptions {
  readonly maxBytes: number
  readonly maxLines: number
}

const text = (word: string): Uint8Array => new TextEncoder().encode(word)
const continuations = [
  ...["Caused by:", "Suppressed:", "at ", "... ", "Traceback (most recent call last)"],
  ...["During handling of the above exception", "The above exception was the direct cause"]
].map(text)
/** `java.lang.IllegalStateException: ...` and `Traceback (...)`: an error's name at the start of a line of its own. */
const errorName =
  /^(?:Exception in thread |(?:[A-Za-z_$][\w$]*\.)+[A-Za-z_$][\w$]*(?:Exception|Error|Throwable)\b|[A-Z]\w+(?:Error|Exception)(?:: |\s*$))/
/** Ruby's frames: `/app/a.rb:3:in `f'`. */
const rubyFrame = /^\/?[\w./-]+:\d+:in [`']/
/** What ends a Python trace: `Exception: ...`, `pkg.Interrupt`. */
const pythonError = /^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:: |\s*$)/
const traceback = text("Traceback (most recent call last)")

/**
 * Whether a line goes on with the record before it: it begins with white space, `Caused by:`, `Suppressed:`, `at `,
 * `... 12 more`, is the name of an exception with its message, a frame of Ruby, the beginning or the words between two of
 * Python's traces, or the brace that closes what Node prints of an error.
 */
const continuesRecord = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (start >= end) return false
  const first = bytes[start] as number
  if (first === 32 || first === 9) return true
  for (const word of continuations) if (startsWith(bytes, start, end, word)) return true
  if (first === 125) return end - start <= 3
  if (first === 123 || first === 91 || first === 60 || (first >= 48 && first <= 57)) return false
  const line = lineAt(bytes, start, end)
  return errorName.test(line) || rubyFrame.test(line)
}

const lineAt = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, 256)).toString("latin1")

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
  let isTraced = false
  while (at < end) {
    const newline = bytes.indexOf(10, at)
    const next = newline < 0 || newline >= end ? end : newline + 1
    // The name of an error ends a trace of Python, once, at the margin.
    const endsTrace = isTraced && bytes[at] > 32 && pythonError.test(lineAt(bytes, at, next))
    const fits = lines > 0 && lines < options.maxLines && next - record <= options.maxBytes
    const joins = fits && (endsTrace || continuesRecord(bytes, at, next))
    if (startsWith(bytes, at, next, traceback)) isTraced = true
    else if (bytes[at] > 32) isTraced = false
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
