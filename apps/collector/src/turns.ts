// Turns: work that would hold the event loop for long, cut into slices, one of all of them in each of its turns.

export class Turns {
  /** Turns given so far. */
  given = 0
  private waiting: Array<() => void> = []

  /** Resolves in a later turn of the event loop; first come, first served. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      if (this.waiting.length === 1) setImmediate(this.give)
    })
  }

  private readonly give = (): void => {
    this.given++
    this.waiting.shift()?.()
    if (this.waiting.length > 0) setImmediate(this.give)
  }
}
