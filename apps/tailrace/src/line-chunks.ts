// LineChunks: a byte stream cut into chunks of whole lines.

/** Gathers pieces and gives out chunks of about `size` bytes that end with a line; a longer line becomes one chunk. */
export class LineChunks {
  private readonly size: number
  private rest: Uint8Array = new Uint8Array(0)

  private readonly endOf: (bytes: Uint8Array) => number

  /** `endOf` answers how much of some bytes can go, 0 when nothing can yet. */
  constructor(size: number, endOf: (bytes: Uint8Array) => number) {
    this.size = size
    this.endOf = endOf
  }

  /** Chunks that are complete with this piece. */
  push(piece: Uint8Array): Array<Uint8Array> {
    const bytes = this.rest.length === 0 ? piece : joined(this.rest, piece)
    if (bytes.length < this.size) {
      this.rest = bytes
      return []
    }
    const end = this.endOf(bytes)
    this.rest = bytes.slice(end)
    return end === 0 ? [] : [bytes.subarray(0, end)]
  }

  /** What is left, a line without its end included. */
  end(): Array<Uint8Array> {
    const rest = this.rest
    this.rest = new Uint8Array(0)
    return rest.length === 0 ? [] : [rest]
  }
}

/** Behind the last whole line. */
export const endOfLines = (bytes: Uint8Array): number => bytes.lastIndexOf(10) + 1

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const all = new Uint8Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}
