// Percentiles: of plain samples, and of samples that each count several times.

/** The value below which `share` (0..1) of the samples lie; NaN when there are none. */
const percentile = (samples: ReadonlyArray<number>, share: number): number => {
  const sorted = Float64Array.from(samples).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const median = (samples: ReadonlyArray<number>): number => percentile(samples, 0.5)

/** Samples with weights, for latencies known by group. */
export class WeightedSamples {
  readonly #samples: Array<readonly [value: number, weight: number]> = []
  #total = 0

  add(value: number, weight: number): void {
    this.#samples.push([value, weight])
    this.#total += weight
  }

  get total(): number {
    return this.#total
  }

  /** The values below which each share (0..1) of the weight lies; NaN when there is none. */
  percentiles(shares: ReadonlyArray<number>): ReadonlyArray<number> {
    const sorted = this.#samples.toSorted(([a], [b]) => a - b)
    return shares.map((share) => {
      let passed = 0
      for (const [value, weight] of sorted) {
        passed += weight
        if (passed >= share * this.#total) return value
      }
      return Number.NaN
    })
  }
}
