// Scratch: the pieces of a body as one run of bytes, in memory that the next body uses again.

/** Longer bodies get memory of their own, so that one of them does not hold it for ever, and because they are read in slices. */
const longestKept = 1_048_576

export class Scratch {
  #kept = Buffer.alloc(0)

  /** One run of bytes, which may be changed; it holds until the next call: be done with it before you wait for anything, or `keep` it. */
  join(pieces: ReadonlyArray<Buffer>): Buffer {
    const [first] = pieces
    if (first !== undefined && pieces.length === 1) return first
    let length = 0
    for (const piece of pieces) length += piece.length
    if (length > longestKept) return Buffer.concat(pieces, length)
    if (length > this.#kept.length) this.#kept = Buffer.allocUnsafeSlow(Math.min(longestKept, length * 2))
    let at = 0
    for (const piece of pieces) at += piece.copy(this.#kept, at)
    return this.#kept.subarray(0, length)
  }

  /** The same bytes where they stay, once others may join theirs. */
  keep(bytes: Buffer): Buffer {
    return bytes.buffer === this.#kept.buffer ? Buffer.from(bytes) : bytes
  }
}
