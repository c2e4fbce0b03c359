// Partials: beginnings of messages that wait for their rest, bounded over all connections together.
import type { Guest } from "../../connection-room.ts"

/** Beyond the bound the connection with the longest beginning ends: that of a sender is short, or soon whole. */
export class Partials<G extends Guest> {
  bytes = 0
  readonly #maxBytes: number
  readonly #held = new Map<G, number>()
  readonly #evicted: () => void

  /** `evicted` is told of each connection that had to go. */
  constructor(maxBytes: number, evicted: () => void) {
    this.#maxBytes = maxBytes
    this.#evicted = evicted
  }

  /** A connection holds so many bytes now. */
  set(guest: G, bytes: number): void {
    this.bytes += bytes - (this.#held.get(guest) ?? 0)
    if (bytes === 0) this.#held.delete(guest)
    else this.#held.set(guest, bytes)
    while (this.bytes > this.#maxBytes) this.#evictLongest()
  }

  #evictLongest(): void {
    let longest: G | undefined
    let most = 0
    for (const [guest, bytes] of this.#held) {
      if (bytes <= most) continue
      longest = guest
      most = bytes
    }
    if (longest === undefined) return
    this.bytes -= most
    this.#held.delete(longest)
    this.#evicted()
    longest.evict()
  }
}
