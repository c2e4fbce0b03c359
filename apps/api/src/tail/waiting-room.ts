// Waiting room: how many bytes may wait for slow tails, each alone and all together.

export interface WaitingRoomOptions {
  /** Bytes for one tail at most. */
  readonly each: number
  /** Bytes for all together; a tail that has less than its equal share of them may always have more. */
  readonly all: number
}

/**
 * However many tails stop reading, those that read keep their share, and no more than twice `all` bytes wait. What many
 * tails wait for is counted for each of them.
 */
export class WaitingRoom {
  private readonly options: WaitingRoomOptions
  private total = 0
  private tails = 0

  constructor(options: WaitingRoomOptions) {
    this.options = options
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.total
  }

  /** A tail comes, or with -1 it goes. */
  came(tails: 1 | -1): void {
    this.tails += tails
  }

  /** So many bytes more wait, or fewer. */
  changed(bytes: number): void {
    this.total += bytes
  }

  /** Whether a tail may have another record that has `own` bytes, `unheard` of them not told by `changed` yet. */
  allows(own: number, unheard: number): boolean {
    const { all, each } = this.options
    return own < each && (this.total + unheard < all || own < all / this.tails)
  }
}
