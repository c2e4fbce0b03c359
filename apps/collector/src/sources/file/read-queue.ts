// ReadQueue: gives files their turns, a few at once, each a bounded share, so that one busy file does not starve the others.
import type { Turn } from "./tracked-file.ts"

export interface Readable {
  readonly turn: () => Promise<Turn>
}

const atOnce = 4
const turnsInARow = 16

export class ReadQueue<F extends Readable> {
  readonly #waiting: Array<F> = []
  /** Files that wait or are read; true when more was noticed meanwhile. */
  readonly #queued = new Map<F, boolean>()
  readonly #settled: (file: F, turn: Turn) => Promise<void>
  readonly #failed: (file: F, cause: unknown) => void
  #active = 0
  #stopping = false
  #idle: (() => void) | undefined

  /** `settled` is told how the turns of a file ended, `failed` what went wrong with one. */
  constructor(settled: (file: F, turn: Turn) => Promise<void>, failed: (file: F, cause: unknown) => void) {
    this.#settled = settled
    this.#failed = failed
  }

  add(file: F): void {
    if (this.#stopping) return
    if (this.#queued.has(file)) {
      this.#queued.set(file, true)
      return
    }
    this.#queued.set(file, false)
    this.#waiting.push(file)
    this.#pump()
  }

  /** Resolves when no turn is under way any more; none begins. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#active > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
  }

  #pump(): void {
    while (!this.#stopping && this.#active < atOnce && this.#waiting.length > 0) {
      const file = this.#waiting.shift() as F
      this.#active++
      this.#queued.set(file, false)
      this.#read(file).then(
        (more) => this.#done(file, more),
        (cause) => {
          this.#failed(file, cause)
          this.#done(file, false)
        }
      )
    }
  }

  async #read(file: F): Promise<boolean> {
    let turn: Turn = "more"
    for (let i = 0; i < turnsInARow && turn === "more" && !this.#stopping; i++) turn = await file.turn()
    if (turn !== "more") await this.#settled(file, turn)
    return turn === "more"
  }

  #done(file: F, more: boolean): void {
    const again = this.#queued.get(file) === true
    this.#queued.delete(file)
    this.#active--
    if (more || again) this.add(file)
    this.#pump()
    if (this.#active === 0) this.#idle?.()
  }
}
