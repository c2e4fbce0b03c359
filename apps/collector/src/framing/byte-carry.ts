// ByteCarry: the beginning of a message whose rest has not arrived yet.

/** Appends bytes at amortised constant cost, whatever pieces they arrive in; the framer above keeps the limit. */
export class ByteCarry {
  #bytes: Uint8Array = new Uint8Array(0)
  length = 0

  append(source: Uint8Array, start: number, end: number): void {
    const needed = this.length + end - start
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(this.#bytes.length * 2, 1 << 20), 256))
      grown.set(this.view)
      this.#bytes = grown
    }
    this.#bytes.set(source.subarray(start, end), this.length)
    this.length = needed
  }

  /** The bytes held; valid until the next append or clear. */
  get view(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  /** Forgets the bytes; a large buffer is let go. */
  clear(): void {
    this.length = 0
    if (this.#bytes.length > 65_536) this.#bytes = new Uint8Array(0)
  }
}
