// Common part: what a file that came back shorter or changed still has of what was read of it before.
import { readdir } from "node:fs/promises"
import { dirname, join } from "node:path"
import { type Checkpoint, continues, headEquals, type ReadRange } from "./checkpoint.ts"
import { forEachLine, hashOf, viewOf } from "./line-hash.ts"
import { regularFile } from "./links.ts"
import { keyOf, withFile } from "./open-file.ts"
import { stemOf } from "./source-name.ts"
import type { Piece } from "./trail.ts"

export interface Common {
  /** Everything before it was read; where a line begins, or the end of a file that ends in the middle of a line. */
  readonly end: number
  /** What is known of the lines before it. */
  readonly pieces: ReadonlyArray<Piece>
  /** Whether the line there is known to be another one, or gone; if not, nothing is known of it. */
  readonly differs: boolean
}

/** Bytes of a file that are compared at once, at most. */
const chunkBytes = 1_048_576

/**
 * How far a content that is `size` bytes long is the one a checkpoint and its trail speak of. Lines are compared one by one
 * where they are known, oldest first; the end is that of the last line that is the same. 0 where nothing is the same.
 */
export const commonPart = async (
  checkpoint: Checkpoint,
  trail: ReadonlyArray<Piece>,
  size: number,
  read: ReadRange
): Promise<Common> => {
  const nothing = { end: 0, pieces: [], differs: true }
  const readBefore = checkpoint.pending ?? checkpoint.offset
  // Where lines are known from the first on, they say more than a hash of the beginning, which may be longer than the file.
  if (trail[0]?.from !== 0 && !(await headEquals(checkpoint, read))) return nothing
  let end = 0
  const pieces: Array<Piece> = []
  for (const piece of trail) {
    const known = piece.from === end
    const { last, lines, to } = await sameLines(piece, size, read)
    if (lines === 0 && !known) return { end, pieces, differs: false }
    end = to
    if (lines > 0)
      pieces.push({ ...piece, to, last, half: piece.half && to === piece.to, lines: piece.lines.slice(0, lines) })
    if (lines === piece.lines.length) continue
    const rest = await read(to, Math.min(size, to + chunkBytes))
    // The beginning of a line that was read whole: the rest of it is what got lost.
    const torn = to > 0 && size < readBefore && to + rest.length === size && !rest.includes(10)
    return { end: torn ? size : to, pieces, differs: true }
  }
  return { end, pieces, differs: false }
}

/** How many lines of a piece are in the content, and where they end. */
const sameLines = async (piece: Piece, size: number, read: ReadRange) => {
  let lines = 0
  let last = piece.from
  let to = piece.from
  for (let more = true; more && to < Math.min(size, piece.to); ) {
    more = false
    const bytes = await wholeLines(to, Math.min(size, piece.to), read)
    const view = viewOf(bytes)
    const begin = to
    forEachLine(bytes, (start, end) => {
      const whole = bytes[end - 1] === 10 || begin + end === piece.to
      more = whole && piece.lines[lines] === hashOf(view, start, end)
      if (!more) return false
      lines++
      last = begin + start
      to = begin + end
      return true
    })
  }
  return { lines, last, to }
}

/** Bytes from a line's beginning through the end of a line, or through `end`. */
const wholeLines = async (start: number, end: number, read: ReadRange): Promise<Uint8Array> => {
  for (let want = chunkBytes; ; want *= 2) {
    const bytes = await read(start, Math.min(end, start + want))
    if (start + bytes.length >= end || bytes.length < want) return bytes
    const newline = bytes.lastIndexOf(10)
    if (newline >= 0) return bytes.subarray(0, newline + 1)
  }
}

/** Whether a copy of what a checkpoint speaks of lies beside its path: then it was copied and truncated by a program. */
export const hasCopy = async (checkpoint: Checkpoint): Promise<boolean> => {
  const folder = dirname(checkpoint.path)
  const stem = stemOf(checkpoint.path)
  for (const name of await readdir(folder).catch(() => [])) {
    if (stemOf(name) !== stem) continue
    const path = join(folder, name)
    const stats = await regularFile(path)
    if (stats === undefined || keyOf(stats) === checkpoint.key || Number(stats.size) < checkpoint.offset) continue
    const copy = await withFile(path, keyOf(stats), (read) => continues(checkpoint, read)).catch(() => false)
    if (copy === true) return true
  }
  return false
}
