// Lines: framing of a byte stream by line ends, with a cap on the bytes one line may hold.
import { ByteCarry } from "./byte-carry.ts"

export interface LineSink {
  /** Whole lines with their line ends, but for the last of a stream that ends without one. */
  readonly lines: (bytes: Uint8Array, start: number, end: number) => void
  /** The first bytes of a line longer than the cap, without line end, and how many bytes were cut off. */
  readonly oversize: (message: Uint8Array, cut: number) => void
}

/**
 * Cuts chunks into lines. Runs of whole lines pass as they are; only a line that spans chunks is copied. Bytes past the
 * cap are counted and thrown away as they arrive, so memory is bounded by the cap whatever the sender claims.
 */
export class LineFramer {
  readonly #maxBytes: number
  readonly #sink: LineSink
  readonly #carry = new ByteCarry()
  #cut = 0

  constructor(maxBytes: number, sink: LineSink) {
    this.#maxBytes = maxBytes
    this.#sink = sink
  }

  /** Bytes of the line that has not ended yet. */
  get pending(): number {
    return this.#carry.length + this.#cut
  }

  push(chunk: Uint8Array): void {
    let start = 0
    if (this.pending > 0) {
      const newline = chunk.indexOf(10)
      this.#hold(chunk, 0, newline < 0 ? chunk.length : newline)
      if (newline < 0) return
      this.end()
      start = newline + 1
    }
    const last = chunk.lastIndexOf(10)
    if (last >= start) {
      this.#run(chunk, start, last + 1)
      start = last + 1
    }
    if (start < chunk.length) this.#hold(chunk, start, chunk.length)
  }

  /** The stream has ended: what is pending is a line. */
  end(): void {
    if (this.pending === 0) return
    if (this.#cut > 0) this.#sink.oversize(this.#carry.view, this.#cut)
    else this.#sink.lines(this.#carry.view, 0, this.#carry.length)
    this.#carry.clear()
    this.#cut = 0
  }

  #hold(chunk: Uint8Array, start: number, end: number) {
    const fits = Math.min(end - start, this.#maxBytes - this.#carry.length)
    if (fits > 0) this.#carry.append(chunk, start, start + fits)
    this.#cut += end - start - fits
  }

  #run(chunk: Uint8Array, start: number, end: number) {
    if (end - start <= this.#maxBytes) {
      this.#sink.lines(chunk, start, end)
      return
    }
    let from = start
    let at = start
    while (at < end) {
      const next = chunk.indexOf(10, at) + 1
      if (next - 1 - at > this.#maxBytes) {
        if (at > from) this.#sink.lines(chunk, from, at)
        this.#sink.oversize(chunk.subarray(at, at + this.#maxBytes), next - 1 - at - this.#maxBytes)
        from = next
      }
      at = next
    }
    if (end > from) this.#sink.lines(chunk, from, end)
  }
}

/** How many messages lie in the lines of `bytes[start, end)`: lines that are neither empty nor a lone "\r". */
export const countLines = (bytes: Uint8Array, start: number, end: number): number => {
  let count = 0
  let at = start
  while (at < end) {
    let newline = bytes.indexOf(10, at)
    if (newline < 0 || newline > end) newline = end
    if (newline - at > 1 || (newline > at && bytes[at] !== 13)) count++
    at = newline + 1
  }
  return count
}
