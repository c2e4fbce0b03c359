// LineCount: where in a body something stands, by line and column, kept up while the reader changes bytes behind it.

export interface Position {
  /** Bytes from the start of the (uncompressed) body. */
  readonly offset: number
  /** From 1; columns count bytes. */
  readonly line: number
  readonly column: number
}

const newline = 10
/** Distances beyond it are counted byte by byte: a search for each line break would cost more where there are millions. */
const farBytes = 65_536

export class LineCount {
  /** Number of the line that holds the byte up to which lines are counted. */
  line = 1
  private bytes: Buffer
  private counted = 0
  private lineStart = 0
  /** First line break at or behind `searchedFrom`. */
  private nextNewline = -1
  private searchedFrom = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  moveTo(bytes: Buffer): void {
    this.bytes = bytes
  }

  /** Position of the first line break from `at` on, or the length of the body. */
  newlineFrom(at: number): number {
    if (at < this.searchedFrom || at > this.nextNewline) {
      const found = this.bytes.indexOf(newline, at)
      this.nextNewline = found < 0 ? this.bytes.length : found
    }
    this.searchedFrom = at
    return this.nextNewline
  }

  /** Counts line breaks in front of `offset`; done before those bytes change. */
  countTo(offset: number): void {
    if (offset - this.counted > farBytes) this.countByBytes(offset)
    for (let at = this.newlineFrom(this.counted); at < offset; at = this.newlineFrom(at + 1)) {
      this.line++
      this.lineStart = at + 1
    }
    if (offset > this.counted) this.counted = offset
  }

  positionOf(offset: number): Position {
    let { line, lineStart } = this
    for (let at = this.counted; at < offset; at++) {
      if (this.bytes[at] !== newline) continue
      line++
      lineStart = at + 1
    }
    return { offset, line, column: offset - lineStart + 1 }
  }

  private countByBytes(offset: number): void {
    const { bytes } = this
    for (let at = this.counted; at < offset; at++) {
      if (bytes[at] !== newline) continue
      this.line++
      this.lineStart = at + 1
    }
    this.counted = offset
  }
}
