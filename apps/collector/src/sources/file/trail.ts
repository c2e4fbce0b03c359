// Trail: fingerprints of the lines read last from a content, by which it is known again after it lost its end.
import { Schema } from "effect"
import { forEachLine, hashOf, viewOf } from "./line-hash.ts"

const shape = {
  from: Schema.Int,
  to: Schema.Int,
  /** Where its last line begins. */
  last: Schema.Int,
  /** Whether that line has no end: the next piece begins in its middle. */
  half: Schema.Boolean
}

/** The lines of one run of bytes, `[from, to)`, as the log of checkpoints keeps them. */
export const LoggedPiece = Schema.Struct({
  ...shape,
  /** Fingerprints of its lines, 4 bytes each, little endian, in base64. */
  lines: Schema.String
})
export type LoggedPiece = typeof LoggedPiece.Type

export interface Piece extends Omit<LoggedPiece, "lines"> {
  readonly lines: Uint32Array
}

export const pieceOf = (bytes: Uint8Array, from: number): Piece => {
  const lines: Array<number> = []
  const view = viewOf(bytes)
  let last = from
  forEachLine(bytes, (start, end) => {
    last = from + start
    lines.push(hashOf(view, start, end))
    return true
  })
  const half = bytes[bytes.length - 1] !== 10
  return { from, to: from + bytes.length, last, half, lines: Uint32Array.from(lines) }
}

export const toLogged = ({ lines, ...rest }: Piece): LoggedPiece => ({
  ...rest,
  lines: Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength).toString("base64")
})

export const fromLogged = ({ lines, ...rest }: LoggedPiece): Piece => {
  const bytes = Buffer.from(lines, "base64")
  return { ...rest, lines: Uint32Array.from({ length: bytes.length >> 2 }, (_, i) => bytes.readUInt32LE(4 * i)) }
}

/** Lines of one content: half a million are 50 MB of logs, more than a system leaves unwritten. */
const mostLines = 524_288
/** Lines that are kept and let go together. */
const pieceLines = 4_096
/** Pieces of one content, those among them that stand for a long stretch by its last line alone. */
const mostPieces = 256

export class Trail {
  /** In their order; where one does not begin at the end of the one before, nothing is known of what lies between. */
  pieces: Array<Piece> = []
  /** Fingerprints held. */
  lines = 0

  /** Takes in the lines of a region; one that is read again takes the place of what was known from there on. */
  add(piece: Piece): void {
    if ((this.pieces.at(-1)?.to ?? 0) > piece.from) this.#replace(this.pieces.filter(({ to }) => to <= piece.from))
    if (piece.lines.length === 0) return
    const before = this.pieces.at(-1)
    const joins = before?.to === piece.from && !before.half && before.lines.length + piece.lines.length <= pieceLines
    if (before !== undefined && joins) {
      this.pieces[this.pieces.length - 1] = { ...piece, from: before.from, lines: joined(before.lines, piece.lines) }
    } else this.pieces.push(piece)
    this.lines += piece.lines.length
    while (this.lines > mostLines && this.thin());
    // Of the older half every second one goes, so that distances grow with their age.
    if (this.pieces.length > mostPieces) this.#replace(this.pieces.filter((_, i) => i % 2 === 1 || i > mostPieces / 2))
  }

  /** Lets the oldest piece be known by its last line alone; false when all are. */
  thin(): boolean {
    const index = this.pieces.findIndex(({ lines }) => lines.length > 1)
    const piece = this.pieces[index]
    if (piece === undefined) return false
    this.pieces[index] = { ...piece, from: piece.last, lines: piece.lines.slice(-1) }
    this.lines -= piece.lines.length - 1
    return true
  }

  #replace(pieces: Array<Piece>): void {
    this.pieces = pieces
    this.lines = pieces.reduce((sum, { lines }) => sum + lines.length, 0)
  }
}

const joined = (a: Uint32Array, b: Uint32Array): Uint32Array => {
  const both = new Uint32Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/** Lines over the trails of all contents. */
const mostOfAll = 4_194_304

/** The trails of all contents by their checkpoint's id; those that grew last keep theirs longest. */
export class Trails {
  readonly #trails = new Map<string, Trail>()
  #lines = 0

  of(id: string): ReadonlyArray<Piece> {
    return this.#trails.get(id)?.pieces ?? []
  }

  add(id: string, piece: Piece): void {
    const trail = this.#trails.get(id) ?? new Trail()
    this.#lines -= trail.lines
    trail.add(piece)
    this.#lines += trail.lines
    this.#trails.delete(id)
    this.#trails.set(id, trail)
    if (this.#lines > mostOfAll) this.#thin()
  }

  delete(id: string): void {
    this.#lines -= this.#trails.get(id)?.lines ?? 0
    this.#trails.delete(id)
  }

  #thin(): void {
    for (const trail of this.#trails.values()) {
      const before = trail.lines
      while (this.#lines - before + trail.lines > mostOfAll && trail.thin());
      this.#lines += trail.lines - before
      if (this.#lines <= mostOfAll) return
    }
  }
}
