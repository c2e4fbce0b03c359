// Lanes: how many statements run at once, and how many requests may wait for one to end.
import { busy } from "./errors.ts"

export class Lanes {
  readonly #waiting: Array<() => void> = []
  readonly #running: number
  readonly #most: number
  #taken = 0

  constructor(running: number, waiting: number) {
    this.#running = running
    this.#most = waiting
  }

  /** Resolves with the call that frees the lane again. Rejects when too many wait, or the signal's reason. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#taken < this.#running) this.#taken += 1
    else await this.#turn(signal)
    let left = false
    return () => {
      if (left) return
      left = true
      const next = this.#waiting.shift()
      if (next === undefined) this.#taken -= 1
      else next()
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#most) {
      throw busy(`Too many simultaneous queries: ${this.#running} run and ${this.#most} wait, try again in a second`)
    }
    return new Promise((resolve, reject) => {
      const go = () => {
        signal.removeEventListener("abort", leave)
        resolve()
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1)
        reject(signal.reason)
      }
      this.#waiting.push(go)
      signal.addEventListener("abort", leave, { once: true })
    })
  }
}
