// Sampling: while the pipelines lag, one message in so many of the origins that are configured to sample.
import type { Origin } from "./origin.ts"

/** Sources whose share of samples is remembered; beyond it they begin anew. */
const mostSources = 10_000

export class Sampling {
  readonly #lagging: () => boolean
  /** Messages seen while sampling, by tenant and source. */
  readonly #seen = new Map<string, number>()

  constructor(lagging: () => boolean) {
    this.#lagging = lagging
  }

  /** Whether all messages of an origin are taken. */
  takesAll({ admission }: Origin): boolean {
    return admission.whenFull !== "sample" || !this.#lagging()
  }

  /** Whether the next message of an origin is taken; counts it. */
  takes(origin: Origin): boolean {
    if (this.takesAll(origin)) return true
    const key = `${origin.tenant} ${origin.source}`
    const seen = this.#seen.get(key) ?? 0
    if (this.#seen.size > mostSources) this.#seen.clear()
    this.#seen.set(key, seen + 1)
    return seen % origin.admission.sampleRate === 0
  }
}
