// Settlement: which inputs every output of a pipeline holds; only those may be acknowledged.
export class Settlement {
  readonly #offsets = new Map<string, number>()
  #settled: number

  /** `offsets`: for each output the highest input sequence it holds. */
  constructor(offsets: Readonly<Record<string, number>>) {
    for (const [output, sequence] of Object.entries(offsets)) this.#offsets.set(output, sequence)
    this.#settled = this.#smallest()
  }

  /** Highest input sequence that every output holds. */
  get settled(): number {
    return this.#settled
  }

  /** Whether an output holds this input already and must skip it. */
  covers(output: string, sequence: number): boolean {
    return (this.#offsets.get(output) ?? Number.NEGATIVE_INFINITY) >= sequence
  }

  /** An output now holds everything up to `sequence`. Returns the new settled sequence, undefined when it stays. */
  advance(output: string, sequence: number): number | undefined {
    const before = this.#offsets.get(output)
    if (before === undefined) throw new Error(`unknown output ${output}`)
    if (sequence <= before) return undefined
    this.#offsets.set(output, sequence)
    const smallest = this.#smallest()
    if (smallest <= this.#settled) return undefined
    this.#settled = smallest
    return smallest
  }

  #smallest(): number {
    let smallest = Number.POSITIVE_INFINITY
    for (const sequence of this.#offsets.values()) smallest = Math.min(smallest, sequence)
    return smallest
  }
}
