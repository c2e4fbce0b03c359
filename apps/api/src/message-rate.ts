// Message rate: how much one connection may send, as a bucket of tokens that time fills again.

/** Bytes of a message that count as one more message. */
const bytesEach = 16 * 1024

export class MessageRate {
  readonly #each: number
  readonly #now: () => number
  #left: number
  #at: number

  /** So many messages a second, and twice as many at once; `now` in milliseconds of a clock that never goes back. */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#each = perSecond
    this.#now = now
    this.#left = perSecond * 2
    this.#at = now()
  }

  /** Whether a message of so many bytes may still be taken. */
  takes(bytes: number): boolean {
    const now = this.#now()
    this.#left = Math.min(this.#each * 2, this.#left + ((now - this.#at) / 1_000) * this.#each)
    this.#at = now
    this.#left -= 1 + bytes / bytesEach
    return this.#left >= 0
  }
}
