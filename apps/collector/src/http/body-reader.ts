// BodyReader: the bytes of one request cut into messages in slices, with what is wrong with the others and where.
import { skipSpace } from "../sources/http/json-validator.ts"
import { LineCount, type Position } from "./line-count.ts"
import { unfinished, ValueEnds } from "./value-ends.ts"

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
  /** It holds more items than are taken at once, and was not read to its end: nothing of it may be taken. */
  readonly tooMany: boolean
  readonly codec: "json" | "auto"
}

export interface ReadLimits {
  readonly maxMessageBytes: number
  /** Items of a body, right or wrong; blank lines are none. */
  readonly maxItems: number
}

/** How much is read before others get their turn: items or blank lines, and bytes unless one item alone is longer. */
export interface Slice {
  readonly items: number
  readonly bytes: number
}

/** Some milliseconds of work at most, whatever a body holds; most bodies are shorter. */
const usualSlice: Slice = { items: 4_096, bytes: 1_048_576 }

const maxErrors = 100
const runBytes = 65_536

const newline = 10
const carriageReturn = 13
const blank = 32
const comma = 44
const closeBracket = 93
const openBrace = 123

/**
 * Items of an array become lines in place: white space between tokens that breaks a line becomes a blank, and the byte
 * behind an item (a comma or bracket) its line end. So the bytes change and belong to the reader. Call `read` until it says
 * that the end is reached.
 */
export class BodyReader {
  private bytes: Buffer
  private readonly form: "lines" | "ndjson" | "objects" | "array"
  private readonly limits: ReadLimits
  private readonly slice: Slice
  private readonly ends: ValueEnds
  /** Extents of the items of an array, all of which are checked before any is taken. */
  private readonly extents: Array<number> = []
  private opened = false
  /** Of the extents, those that were taken; -1 while they are still being checked. */
  private taken = -1
  private readonly runs: Array<number> = []
  private readonly errors: Array<ItemError> = []
  private at: number
  private broken = false
  private tooMany = false
  private index = 0
  private accepted = 0
  private rejected = 0
  private runStart = 0
  private runEnd = 0
  private runMessages = 0
  private readonly lineCount: LineCount

  constructor(
    bytes: Buffer,
    form: "lines" | "ndjson" | "objects" | "array",
    start: number,
    limits: ReadLimits,
    slice = usualSlice
  ) {
    this.bytes = bytes
    this.form = form
    this.at = start
    this.limits = limits
    this.lineCount = new LineCount(bytes)
    this.ends = new ValueEnds(limits.maxMessageBytes, slice.bytes)
    this.slice = slice
  }

  /** Reads on for a slice; true once the body is read, or as far as it is worth it. */
  read(): boolean {
    if (this.form === "lines") return this.lines()
    if (this.form === "array") return this.taken < 0 ? this.checkItems() : this.takeItems()
    return this.objects(this.form === "ndjson")
  }

  /** Goes on in bytes of its own, the same at the same places, where others may use those it has. */
  moveTo(bytes: Buffer): void {
    this.bytes = bytes
    this.lineCount.moveTo(bytes)
  }

  /** What was read, once `read` said that it is all. */
  body(): Body {
    this.endRun()
    const { accepted, broken, errors, rejected, runs, tooMany } = this
    return { runs, accepted, rejected, errors, broken, tooMany, codec: this.form === "lines" ? "auto" : "json" }
  }

  private lines(): boolean {
    const { bytes } = this
    const until = this.at + this.slice.bytes
    let start = this.at
    for (let left = this.slice.items; start < bytes.length; left--) {
      if (left === 0 || start >= until) {
        this.at = start
        return false
      }
      const end = this.lineCount.newlineFrom(start)
      const last = end > start && bytes[end - 1] === carriageReturn ? end - 1 : end
      if (last > start) {
        if (this.isFull()) return true
        if (this.fits(start, last)) this.accept(start, end)
      }
      start = end + 1
    }
    return true
  }

  private objects(oneALine: boolean): boolean {
    const { bytes, ends } = this
    const until = this.at + this.slice.bytes
    let start = this.at
    for (let left = this.slice.items; start < bytes.length; left--) {
      this.at = start
      if (left === 0 || start >= until) return false
      if (this.isFull()) return true
      this.lineCount.countTo(start)
      const lineEnd = this.lineCount.newlineFrom(start)
      const limit = oneALine ? lineEnd : bytes.length
      let end = this.object(start, limit)
      if (end === unfinished) return false
      if (end >= 0 && oneALine && skipSpace(bytes, end, limit) < limit) {
        end = ends.validator.unexpected(skipSpace(bytes, end, limit), "the end of the line")
      }
      if (end < 0) this.rejectProblem()
      else this.item(start, end)
      start = skipSpace(bytes, end < 0 ? lineEnd : end, bytes.length)
    }
    return true
  }

  /** Finds the items of an array, and whether it is one. `at` is its bracket, then the beginning of the next item. */
  private checkItems(): boolean {
    const { bytes, ends, extents } = this
    const until = this.at + this.slice.bytes
    let { at } = this
    if (!this.opened) {
      this.opened = true
      at = skipSpace(bytes, at + 1, bytes.length)
      if (bytes[at] === closeBracket) return this.checkEnd(at)
    }
    for (let left = this.slice.items; left > 0 && at < until; left--) {
      if (extents.length >= this.limits.maxItems * 2) {
        this.tooMany = true
        return true
      }
      const end = ends.find(bytes, at, bytes.length)
      if (end === unfinished) {
        this.at = at
        return false
      }
      if (end < 0) return this.breakOff()
      extents.push(at, end)
      at = skipSpace(bytes, end, bytes.length)
      if (bytes[at] === closeBracket) return this.checkEnd(at)
      if (bytes[at] !== comma) {
        ends.validator.unexpected(at, '"," or "]"')
        return this.breakOff()
      }
      at = skipSpace(bytes, at + 1, bytes.length)
    }
    this.at = at
    return false
  }

  /** Nothing stands behind the array that closes at `at`, so its items may be taken. */
  private checkEnd(at: number): boolean {
    const behind = skipSpace(this.bytes, at + 1, this.bytes.length)
    if (behind < this.bytes.length) {
      this.ends.validator.unexpected(behind, "the end of the body")
      return this.breakOff()
    }
    this.taken = 0
    return this.extents.length <= this.slice.items * 2 ? this.takeItems() : false
  }

  private takeItems(): boolean {
    const { bytes, extents } = this
    const end = Math.min(extents.length, this.taken + this.slice.items * 2)
    for (let i = this.taken; i < end; i += 2) {
      const start = extents[i]
      this.lineCount.countTo(start)
      if (bytes[start] === openBrace) this.item(start, extents[i + 1])
      else this.reject(start, "item must be a JSON object")
    }
    this.taken = end
    return end === extents.length
  }

  /** Whether no further item is taken, which ends the reading. */
  private isFull(): boolean {
    if (this.index < this.limits.maxItems) return false
    this.tooMany = true
    return true
  }

  /** End of the object at `start`; `unfinished`, or -1 with the problem noted. */
  private object(start: number, limit: number): number {
    const { bytes, ends } = this
    const end = ends.find(bytes, start, limit)
    return end >= 0 && bytes[start] !== openBrace ? ends.validator.fail(start, "item must be a JSON object") : end
  }

  /** An item that is right: made into one line. */
  private item(start: number, end: number): void {
    if (!this.fits(start, end)) return
    const { lineCount } = this
    const { line } = lineCount
    lineCount.countTo(end)
    // In valid JSON line breaks stand between tokens only.
    if (lineCount.line > line)
      for (let at = start; at < end; at++) if (this.bytes[at] === newline) this.bytes[at] = blank
    this.accept(start, end)
  }

  private fits(start: number, end: number): boolean {
    const size = end - start
    const { maxMessageBytes } = this.limits
    if (size <= maxMessageBytes) return true
    this.lineCount.countTo(start)
    this.reject(start, `message of ${size} bytes exceeds the limit of ${maxMessageBytes}, shorten or split it`)
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
    this.reject(this.ends.validator.errorAt, this.ends.validator.problem)
  }

  private reject(offset: number, message: string): void {
    if (this.errors.length < maxErrors) {
      this.errors.push({ index: this.index, position: this.lineCount.positionOf(offset), message })
    }
    this.rejected++
    this.index++
  }

  /** The array is none: that is what is wrong, with the item where it shows. */
  private breakOff(): boolean {
    this.index = this.extents.length / 2
    this.broken = true
    this.rejectProblem()
    return true
  }
}
