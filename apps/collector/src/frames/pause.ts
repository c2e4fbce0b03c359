// Pause: waits that can be ended early.

export class Pause {
  readonly #wakes = new Set<() => void>()

  /** Resolves after `millis`, or at the next `wake`. */
  wait(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#wakes.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, millis)
      this.#wakes.add(wake)
    })
  }

  wake(): void {
    for (const wake of [...this.#wakes]) wake()
  }
}
