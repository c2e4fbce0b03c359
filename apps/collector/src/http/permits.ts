// Permits: so many at once, so many more in a queue, and no for the rest.

export class Permits {
  private free: number
  private readonly mostWaiting: number
  private readonly waiting: Array<() => void> = []

  constructor(most: number, mostWaiting: number) {
    this.free = most
    this.mostWaiting = mostWaiting
  }

  /** Resolves with true once a permit is taken, at once with false when too many wait for one. */
  async take(): Promise<boolean> {
    if (this.free > 0) {
      this.free--
      return true
    }
    if (this.waiting.length >= this.mostWaiting) return false
    await new Promise<void>((resolve) => this.waiting.push(resolve))
    return true
  }

  /** Gives one back: to the one that has waited longest. */
  give(): void {
    const next = this.waiting.shift()
    if (next === undefined) this.free++
    else next()
  }
}
