// LineChunks: a byte stream cut into chunks of whole lines.

/** Gathers pieces and gives out chunks of about `size` bytes that end with a line; a longer line becomes one chunk. */
export class LineChunks {
  private readonly size: number
  private rest: Uint8Array = new Uint8Array(0)

  constructor(size: number) {
    this.size = size
  }

  /** Chunks that are complete with this piece. */
  push(piece: Uint8Array): Array<Uint8Array> {
    const bytes = this.rest.length === 0 ? piece : joined(this.rest, piece)
    if (bytes.length < this.size) {
      this.rest = bytes
      return []
    }
    const end = bytes.lastIndexOf(10) + 1
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

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const all = new Uint8Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}
