// JsonBalance: whether a JSON object or array that is printed over several lines is closed.

const quote = 34
const backslash = 92
const mostDepth = 1_024

export class JsonBalance {
  #depth = 0
  #inText = false
  hasClosed = false

  get isOpen(): boolean {
    return this.#depth > 0
  }

  reset(): void {
    this.#depth = 0
    this.#inText = false
    this.hasClosed = false
  }

  /** Takes the first line, which begins with a brace or bracket; what looks like no JSON opens nothing. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    this.reset()
    let next = start + 1
    while (next < end && bytes[next] === 32) next++
    const byte = bytes[next] as number
    // `[` also begins `[main] message` and times in brackets.
    if (next < end && byte !== quote && byte !== 123 && byte !== 91) return
    this.#count(bytes, start, end)
    if (this.#inText) this.reset()
  }

  /** Takes a further line; false, and then nothing is open any more, when no JSON can go on like that. */
  takes(bytes: Uint8Array, start: number, end: number): boolean {
    let first = start
    while (first < end && (bytes[first] === 32 || bytes[first] === 9)) first++
    const byte = bytes[first] as number
    const isValue = byte === quote || byte === 45 || (byte >= 48 && byte <= 57) || byte === 116 || byte === 102
    if (isValue || byte === 110 || byte === 123 || byte === 125 || byte === 91 || byte === 93 || byte === 44) {
      this.#count(bytes, first, end)
      if (!this.#inText && this.#depth >= 0 && this.#depth < mostDepth) {
        this.hasClosed = this.#depth === 0
        return true
      }
    }
    this.reset()
    return false
  }

  #count(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const byte = bytes[at]
      if (this.#inText) {
        if (byte === backslash) at++
        else if (byte === quote) this.#inText = false
      } else if (byte === quote) this.#inText = true
      else if (byte === 123 || byte === 91) this.#depth++
      else if (byte === 125 || byte === 93) this.#depth--
    }
  }
}
