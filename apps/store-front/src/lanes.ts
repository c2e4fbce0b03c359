// Lanes: how many statements run at once, how many requests may wait for one to end, and how long one may take.
import { busy, FrontException } from "./errors.ts"

/** A place among those that run. */
export interface Lane {
  /** Aborts when the statement has had its time; whoever runs it ends it then. */
  readonly late: AbortSignal
  /** Gives the place back; a second call does nothing. */
  readonly leave: () => void
}

export interface LaneBounds {
  readonly running: number
  readonly waiting: number
  /** Seconds until a lane's `late` aborts. */
  readonly seconds: number
}

export class Lanes {
  readonly #waiting: Array<() => void> = []
  readonly #bounds: LaneBounds
  #taken = 0
  #silent = 0

  constructor(bounds: LaneBounds) {
    this.#bounds = bounds
  }

  /** Rejects when too many wait, or with the signal's reason. */
  async enter(signal: AbortSignal): Promise<Lane> {
    signal.throwIfAborted()
    if (this.#taken < this.#bounds.running) this.#taken += 1
    else await this.#turn(signal)
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(overdue(this.#bounds.seconds)), this.#bounds.seconds * 1_000)
    timer.unref()
    let left = false
    return {
      late: late.signal,
      leave: () => {
        if (left) return
        left = true
        clearTimeout(timer)
        this.#silent = 0
        const next = this.#waiting.shift()
        if (next === undefined) this.#taken -= 1
        else next()
      }
    }
  }

  /**
   * To be called once a second. Answers how many such seconds in a row all lanes were taken and none was given back. Seconds
   * in which this process was stopped do not count.
   */
  tick(): number {
    this.#silent = this.#taken < this.#bounds.running ? 0 : this.#silent + 1
    return this.#silent
  }

  #turn(signal: AbortSignal): Promise<void> {
    const { running, waiting } = this.#bounds
    if (this.#waiting.length >= waiting) {
      throw busy(`Too many simultaneous queries: ${running} run and ${waiting} wait, try again in a second`)
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

const overdue = (seconds: number): FrontException =>
  new FrontException(159, "TIMEOUT_EXCEEDED", `The statement was ended after ${seconds} seconds, ask for less at once`)
