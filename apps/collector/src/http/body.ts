// Body: the bytes of one request cut into messages, with what is wrong with the others and where.
import { JsonValidator, skipSpace } from "./json-validator.ts"

export interface Position {
  /** Bytes from the start of the (uncompressed) body. */
  readonly offset: number
  /** From 1; columns count bytes. */
  readonly line: number
  readonly column: number
}

export interface ItemError {
  /** Number of the item in the body, from 0. */
  readonly index: number
  readonly position: Position
  readonly message: string
}

export interface Body {
  /** Runs of lines ready for a frame of layout `lines`: start, end, messages; three numbers a run. */
  readonly runs: ReadonlyArray<number>
  readonly accepted: number
  readonly rejected: number
  /** The first hundred. */
  readonly errors: ReadonlyArray<ItemError>
  /** The body as a whole is not what its type says: nothing of it may be taken. */
  readonly broken: boolean
  readonly codec: "json" | "auto"
}

/** json: an object, an array of objects, or objects one after another. ndjson: one object a line. lines: one message a line. */
export type BodyFormat = "json" | "ndjson" | "lines" | "unknown"

const maxErrors = 100
const runBytes = 65_536

/**
 * Reads a body. Items of an array become lines in place: white space between tokens that breaks a line becomes a
 * blank, and the byte behind an item (a comma or bracket) its line end. So `bytes` changes and belongs to the reader.
 */
export const readBody = (bytes: Buffer, format: BodyFormat, maxMessageBytes: number): Body => {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const first = skipSpace(bytes, start, bytes.length)
  const reader = new BodyReader(bytes, maxMessageBytes)
  const known = format === "unknown" ? sniff(bytes, first) : format
  if (known === "lines") return reader.lines(start)
  if (bytes[first] === openBracket && (format === "json" || closes(bytes))) return reader.array(first)
  return reader.objects(first, known === "ndjson")
}

/** Whether the last byte that is no white space closes an array. */
const closes = (bytes: Buffer): boolean => {
  let last = bytes.length - 1
  while (last >= 0 && skipSpace(bytes, last, last + 1) > last) last--
  return bytes[last] === closeBracket
}

/** Without a type a body is JSON when its first value is an object or an array of them. */
const sniff = (bytes: Buffer, first: number): "json" | "lines" => {
  if (bytes[first] === openBrace) return new JsonValidator().value(bytes, first, bytes.length) < 0 ? "lines" : "json"
  if (bytes[first] !== openBracket) return "lines"
  const inner = skipSpace(bytes, first + 1, bytes.length)
  return closes(bytes) && (bytes[inner] === openBrace || bytes[inner] === closeBracket) ? "json" : "lines"
}

const newline = 10
const carriageReturn = 13
const comma = 44
const openBracket = 91
const closeBracket = 93
const openBrace = 123
const blank = 32

class BodyReader {
  private readonly bytes: Buffer
  private readonly maxMessageBytes: number
  private readonly validator = new JsonValidator()
  private readonly runs: Array<number> = []
  private readonly errors: Array<ItemError> = []
  private index = 0
  private accepted = 0
  private rejected = 0
  private runStart = 0
  private runEnd = 0
  private runMessages = 0
  /** Lines are counted up to here, before items are changed. */
  private counted = 0
  private line = 1
  private lineStart = 0
  /** First line break at or behind `searchedFrom`. */
  private nextNewline = -1
  private searchedFrom = 0

  constructor(bytes: Buffer, maxMessageBytes: number) {
    this.bytes = bytes
    this.maxMessageBytes = maxMessageBytes
  }

  lines(from: number): Body {
    const { bytes } = this
    let start = from
    while (start < bytes.length) {
      const end = this.newlineFrom(start)
      const last = end > start && bytes[end - 1] === carriageReturn ? end - 1 : end
      if (last > start && this.fits(start, last)) this.accept(start, end)
      start = end + 1
    }
    return this.body("auto", false)
  }

  objects(from: number, oneALine: boolean): Body {
    const { bytes, validator } = this
    let start = from
    while (start < bytes.length) {
      this.countTo(start)
      const lineEnd = this.newlineFrom(start)
      const limit = oneALine ? lineEnd : bytes.length
      let end = this.object(start, limit)
      if (end >= 0 && oneALine && skipSpace(bytes, end, limit) < limit) {
        end = validator.unexpected(skipSpace(bytes, end, limit), "the end of the line")
      }
      if (end < 0) this.rejectProblem()
      else this.item(start, end)
      start = skipSpace(bytes, end < 0 ? lineEnd : end, bytes.length)
    }
    return this.body("json", false)
  }

  array(from: number): Body {
    const { bytes, validator } = this
    const items: Array<number> = []
    let at = skipSpace(bytes, from + 1, bytes.length)
    if (bytes[at] === closeBracket) at++
    else {
      for (;;) {
        const end = validator.value(bytes, at, bytes.length)
        if (end < 0) return this.broken(items.length / 2)
        items.push(at, end)
        at = skipSpace(bytes, end, bytes.length)
        if (bytes[at] === closeBracket) break
        if (bytes[at] !== comma) {
          validator.unexpected(at, '"," or "]"')
          return this.broken(items.length / 2)
        }
        at = skipSpace(bytes, at + 1, bytes.length)
      }
      at++
    }
    at = skipSpace(bytes, at, bytes.length)
    if (at < bytes.length) {
      validator.unexpected(at, "the end of the body")
      return this.broken(items.length / 2)
    }
    for (let i = 0; i < items.length; i += 2) {
      const start = items[i]
      this.countTo(start)
      if (bytes[start] === openBrace) this.item(start, items[i + 1])
      else this.reject(start, "item must be a JSON object")
    }
    return this.body("json", false)
  }

  /** End of the object at `start`, or -1 with the problem noted. */
  private object(start: number, limit: number): number {
    const { bytes, validator } = this
    const end = validator.value(bytes, start, limit)
    return end >= 0 && bytes[start] !== openBrace ? validator.fail(start, "item must be a JSON object") : end
  }

  /** An item that is right: made into one line. */
  private item(start: number, end: number): void {
    if (!this.fits(start, end)) return
    const { line } = this
    this.countTo(end)
    // In valid JSON line breaks stand between tokens only.
    if (this.line > line) for (let at = start; at < end; at++) if (this.bytes[at] === newline) this.bytes[at] = blank
    this.accept(start, end)
  }

  private fits(start: number, end: number): boolean {
    const size = end - start
    if (size <= this.maxMessageBytes) return true
    this.countTo(start)
    this.reject(start, `message of ${size} bytes exceeds the limit of ${this.maxMessageBytes}, shorten or split it`)
    return false
  }

  /** Takes the message from `start`, whose line break is at `behind` or may be put there. */
  private accept(start: number, behind: number): void {
    this.accepted++
    this.index++
    const joins = this.runMessages > 0 && this.runEnd === start - 1 && behind + 1 - this.runStart <= runBytes
    if (joins && (this.bytes[start - 1] === newline || this.bytes[start - 1] === comma)) {
      this.bytes[start - 1] = newline
    } else {
      this.endRun()
      this.runStart = start
    }
    this.runEnd = behind
    this.runMessages++
  }

  private endRun(): void {
    if (this.runMessages > 0) this.runs.push(this.runStart, this.runEnd, this.runMessages)
    this.runMessages = 0
  }

  private rejectProblem(): void {
    this.reject(this.validator.errorAt, this.validator.problem)
  }

  private reject(offset: number, message: string): void {
    if (this.errors.length < maxErrors) {
      this.errors.push({ index: this.index, position: this.positionOf(offset), message })
    }
    this.rejected++
    this.index++
  }

  private broken(index: number): Body {
    this.index = index
    this.rejectProblem()
    return this.body("json", true)
  }

  private body(codec: "json" | "auto", broken: boolean): Body {
    this.endRun()
    const { accepted, errors, rejected, runs } = this
    return { runs, accepted, rejected, errors, broken, codec }
  }

  /** Position of the first line break from `at` on, or the length of the body. */
  private newlineFrom(at: number): number {
    if (at < this.searchedFrom || at > this.nextNewline) {
      const found = this.bytes.indexOf(newline, at)
      this.nextNewline = found < 0 ? this.bytes.length : found
    }
    this.searchedFrom = at
    return this.nextNewline
  }

  /** Counts line breaks in front of `offset`; done before those bytes change. */
  private countTo(offset: number): void {
    for (let at = this.newlineFrom(this.counted); at < offset; at = this.newlineFrom(at + 1)) {
      this.line++
      this.lineStart = at + 1
    }
    if (offset > this.counted) this.counted = offset
  }

  private positionOf(offset: number): Position {
    let { line, lineStart } = this
    for (let at = this.counted; at < offset; at++) {
      if (this.bytes[at] !== newline) continue
      line++
      lineStart = at + 1
    }
    return { offset, line, column: offset - lineStart + 1 }
  }
}
