// RecordJoiner: joins the lines of one source to records, those of a container's two outputs each by itself.
import { ByteCarry } from "../byte-carry.ts"
import { containerLine, readContainerLine } from "./container-line.ts"
import type { JoinRule, LineJudge } from "./join-rule.ts"

export interface JoinOptions {
  /** Bytes of a record; more lines begin the next one, and what a container's broken line has more is cut. */
  readonly maxBytes: number
  readonly maxLines: number
  /** Which lines go on with a record; without it only the parts of lines that a container's runtime broke are joined. */
  readonly rule?: JoinRule | undefined
}

/** A record, and how many of its bytes were cut off; the bytes are valid during the call only. */
export type VisitRecord = (bytes: Uint8Array, start: number, end: number, cut: number) => void

const nothing = new Uint8Array(0)
const newline = Uint8Array.of(10)
const escapedNewline = Buffer.from("\\n")
const final = Buffer.from("F")
/** A record is complete when so many lines of other streams have come since its last one. */
const patience = 64
const kinds = [
  ["plain", 0],
  ["cri", 1],
  ["cri", 2],
  ["docker", 1],
  ["docker", 2]
] as const

class Stream {
  readonly kind: "plain" | "cri" | "docker"
  readonly output: number
  readonly carry = new ByteCarry()
  /** Its only line, where it lies, while nothing was joined to it. */
  bytes: Uint8Array = nothing
  start = 0
  end = 0
  lines = 0
  /** Empty lines behind the last one, which belong to the record only when it goes on. */
  blanks = 0
  cut = 0
  /** Where its first line begins, as the caller counts. */
  from = 0
  /** Where its last line ends. */
  to = 0
  /** Number of its last line. */
  last = 0
  isHeld = false
  /** Whether the last line was a part of one. */
  isPart = false
  /** Docker: what stands behind the text. */
  tail: Uint8Array = nothing
  readonly judge: LineJudge | undefined

  constructor(kind: Stream["kind"], output: number, judge: LineJudge | undefined) {
    this.kind = kind
    this.output = output
    this.judge = judge
  }
}

export class RecordJoiner {
  readonly #options: JoinOptions
  readonly #visit: VisitRecord
  readonly #streams: ReadonlyArray<Stream>
  /** Records that ended while others waited. */
  #spans: Array<{ readonly from: number; readonly to: number }> = []
  #number = 0
  #end = 0

  constructor(options: JoinOptions, visit: VisitRecord) {
    this.#options = options
    this.#visit = visit
    this.#streams = kinds.map(([kind, output]) => new Stream(kind, output, options.rule?.()))
  }

  /** Whether a record waits for more lines. */
  get isOpen(): boolean {
    return this.#streams.some(({ lines }) => lines > 0)
  }

  /** How far the lines can be cut off: no record has lines on both sides, and none in front of it waits for more. */
  get settled(): number {
    let cut = this.#streams.reduce((first, { from, lines }) => (lines > 0 ? Math.min(first, from) : first), this.#end)
    for (let again = true; again; ) {
      const spanning = this.#spans.find(({ from, to }) => from < cut && cut < to)
      again = spanning !== undefined
      if (spanning !== undefined) cut = spanning.from
    }
    if (this.#spans.length > 0) this.#spans = this.#spans.filter(({ to }) => to > cut)
    return cut
  }

  /** Takes the next line, without its line end; for `settled` it begins at `from` and the next one at `next`. */
  line(bytes: Uint8Array, start: number, end: number, from = 0, next = 0): void {
    this.#number++
    this.#end = next
    const isContained = readContainerLine(bytes, start, end)
    const kind = isContained ? containerLine.form : "plain"
    // Lines of another kind are another program's.
    for (const stream of this.#streams)
      if (stream.kind !== kind || this.#number - stream.last > patience) this.#close(stream)
    if (isContained) this.#contained(this.#streamOf(kind, containerLine.output), bytes, start, end, from)
    else this.#plain(this.#streamOf(kind, 0), bytes, start, end, from)
  }

  /** Copies what lies in bytes of the caller's, which are about to change. */
  hold(): void {
    for (const stream of this.#streams) if (stream.lines > 0) take(stream)
  }

  /** No more lines come, or none has for a while. */
  flush(): void {
    for (const stream of this.#streams) this.#close(stream)
  }

  #streamOf(kind: Stream["kind"], output: number): Stream {
    return this.#streams.find((one) => one.kind === kind && one.output === output) as Stream
  }

  #plain(stream: Stream, bytes: Uint8Array, start: number, end: number, from: number): void {
    const { judge } = stream
    stream.last = this.#number
    if (judge === undefined) {
      if (end > start) this.#visit(bytes, start, end, 0)
      return
    }
    if (start === end) {
      if (stream.lines > 0) stream.blanks++
      return
    }
    const joins = judge.joins(bytes, start, end, stream.lines === 0)
    if (joins && this.#fits(stream, end - start)) this.#join(stream, newline, bytes, start, end)
    else this.#open(stream, bytes, start, end, from)
    if (judge.ends()) this.#close(stream)
  }

  #contained(stream: Stream, bytes: Uint8Array, start: number, end: number, from: number): void {
    const { form, isPart, markAt, textEnd, textStart } = containerLine
    const { judge } = stream
    const isDocker = form === "docker"
    stream.last = this.#number
    if (stream.lines > 0 && stream.isPart) {
      // The rest of a line whose beginning has been judged.
      this.#append(stream, nothing, bytes, textStart, textEnd)
    } else {
      const text = judge === undefined || isDocker ? unescaped(bytes, textStart, textEnd) : bytes
      const at = text === bytes ? textStart : 0
      const to = text === bytes ? textEnd : text.length
      const joins = judge !== undefined && to > at && judge.joins(text, at, to, stream.lines === 0)
      if (joins && this.#fits(stream, end - start))
        this.#join(stream, isDocker ? escapedNewline : newline, bytes, textStart, textEnd)
      else this.#openContained(stream, bytes, start, end, from, isPart && !isDocker ? markAt : -1)
    }
    stream.isPart = isPart
    if (!isPart && (judge === undefined || judge.ends())) this.#close(stream)
  }

  #openContained(stream: Stream, bytes: Uint8Array, start: number, end: number, from: number, markAt: number): void {
    const { form, textEnd } = containerLine
    this.#open(stream, bytes, start, end, from)
    if (form === "docker") {
      // The line end that all lines of Docker have goes behind what is joined.
      stream.tail = Buffer.concat([escapedNewline, bytes.subarray(quoteAt(bytes, textEnd), end)])
      stream.end = textEnd
      take(stream)
    } else if (markAt >= 0) {
      take(stream)
      // Joined it is no part any more.
      stream.carry.view.set(final, markAt - start)
    }
  }

  #open(stream: Stream, bytes: Uint8Array, start: number, end: number, from: number): void {
    this.#close(stream)
    stream.bytes = bytes
    stream.start = start
    stream.end = end
    stream.from = from
    stream.to = this.#end
    stream.lines = 1
  }

  #fits(stream: Stream, more: number): boolean {
    const size = stream.isHeld ? stream.carry.length : stream.end - stream.start
    const { maxBytes, maxLines } = this.#options
    return stream.lines > 0 && stream.lines < maxLines && size + stream.blanks + 1 + more <= maxBytes
  }

  #join(stream: Stream, between: Uint8Array, bytes: Uint8Array, start: number, end: number): void {
    take(stream)
    for (; stream.blanks > 0; stream.blanks--) stream.carry.append(between, 0, between.length)
    this.#append(stream, between, bytes, start, end)
  }

  #append(stream: Stream, between: Uint8Array, bytes: Uint8Array, start: number, end: number): void {
    take(stream)
    const room = this.#options.maxBytes - stream.carry.length - stream.tail.length - between.length
    const fits = Math.max(0, Math.min(end - start, room))
    stream.carry.append(between, 0, between.length)
    if (fits > 0) stream.carry.append(bytes, start, start + fits)
    stream.cut += end - start - fits
    stream.lines++
    stream.to = this.#end
  }

  #close(stream: Stream): void {
    if (stream.lines === 0) return
    if (stream.to > stream.from && this.#streams.some((other) => other !== stream && other.lines > 0))
      this.#spans.push({ from: stream.from, to: stream.to })
    if (stream.tail.length > 0) stream.carry.append(stream.tail, 0, stream.tail.length)
    if (stream.isHeld) this.#visit(stream.carry.view, 0, stream.carry.length, stream.cut)
    else this.#visit(stream.bytes, stream.start, stream.end, 0)
    stream.carry.clear()
    stream.bytes = nothing
    stream.tail = nothing
    stream.lines = 0
    stream.blanks = 0
    stream.cut = 0
    stream.isHeld = false
    stream.isPart = false
  }
}

const take = (stream: Stream): void => {
  if (stream.isHeld) return
  stream.carry.append(stream.bytes, stream.start, stream.end)
  stream.bytes = nothing
  stream.isHeld = true
}

const quoteAt = (bytes: Uint8Array, from: number): number => {
  let at = from
  while (bytes[at] !== 34) at++
  return at
}

/** The text of a line of Docker, as far as it is judged; the bytes themselves where they hold no escape. */
const unescaped = (bytes: Uint8Array, start: number, end: number): Uint8Array => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, 1_024)).toString("latin1")
  if (!text.includes("\\")) return bytes
  const plain = text.replace(/\\(["\\/tn])/g, (_, mark: string) => (mark === "t" ? "\t" : mark === "n" ? "\n" : mark))
  return Buffer.from(plain, "latin1")
}
