// QuantileSketch: quantiles of a stream of numbers within a fixed relative error, in a few kilobytes.

const relativeError = 0.01
const gamma = (1 + relativeError) / (1 - relativeError)
const indexScale = 1 / Math.log(gamma)
const maximumBins = 2048
/** Values closer to zero than this count as zero. */
const smallest = 1e-9

/** What a sketch is saved as. */
export interface SavedSketch {
  readonly positive: SavedBins
  readonly negative: SavedBins
  readonly zeros: number
  readonly min: number
  readonly max: number
}
interface SavedBins {
  readonly offset: number
  readonly bins: ReadonlyArray<number>
}

/**
 * Answers every quantile within 1 % of a value that lies at that rank. Buckets grow by a constant factor, so the bucket
 * index is a logarithm; when more than 2,048 buckets are needed (a spread of 10^17) the ones nearest to zero are joined.
 * After Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
 * PVLDB 12(12), 2019.
 */
export class QuantileSketch {
  private readonly positive = new Bins()
  private readonly negative = new Bins()
  private zeros = 0
  private min = Number.POSITIVE_INFINITY
  private max = Number.NEGATIVE_INFINITY

  /** Adds a finite number. */
  add(value: number): void {
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    if (value > smallest) this.positive.add(Math.ceil(Math.log(value) * indexScale))
    else if (value < -smallest) this.negative.add(Math.ceil(Math.log(-value) * indexScale))
    else this.zeros++
  }

  get count(): number {
    return this.positive.total + this.negative.total + this.zeros
  }

  /** The value at rank `q` (0..1), or NaN when nothing was added. */
  quantile(q: number): number {
    const count = this.count
    if (count === 0) return Number.NaN
    if (q <= 0) return this.min
    if (q >= 1) return this.max
    let rank = q * (count - 1)
    if (rank < this.negative.total) return this.within(-bucketValue(this.negative.descending(rank)))
    rank -= this.negative.total
    if (rank < this.zeros) return this.within(0)
    rank -= this.zeros
    return this.within(bucketValue(this.positive.ascending(rank)))
  }

  save(): SavedSketch {
    return {
      positive: this.positive.save(),
      negative: this.negative.save(),
      zeros: this.zeros,
      min: this.min,
      max: this.max
    }
  }

  static load(saved: SavedSketch): QuantileSketch {
    const sketch = new QuantileSketch()
    sketch.positive.load(saved.positive)
    sketch.negative.load(saved.negative)
    sketch.zeros = saved.zeros
    sketch.min = saved.min
    sketch.max = saved.max
    return sketch
  }

  private within(value: number): number {
    return Math.min(this.max, Math.max(this.min, value))
  }
}

/** Middle of a bucket: within the relative error of every value in it. */
const bucketValue = (index: number): number => (2 * gamma ** index) / (gamma + 1)

class Bins {
  total = 0
  private offset = 0
  private bins = new Float64Array(0)

  add(index: number): void {
    let at = index - this.offset
    if (at < 0 || at >= this.bins.length) at = this.makeRoom(index)
    this.bins[at] = (this.bins[at] as number) + 1
    this.total++
  }

  ascending(rank: number): number {
    let seen = 0
    for (let i = 0; i < this.bins.length; i++) {
      seen += this.bins[i] as number
      if (seen > rank) return i + this.offset
    }
    return this.bins.length - 1 + this.offset
  }

  descending(rank: number): number {
    let seen = 0
    for (let i = this.bins.length - 1; i >= 0; i--) {
      seen += this.bins[i] as number
      if (seen > rank) return i + this.offset
    }
    return this.offset
  }

  save(): SavedBins {
    let start = 0
    let end = this.bins.length
    while (start < end && this.bins[start] === 0) start++
    while (end > start && this.bins[end - 1] === 0) end--
    return { offset: this.offset + start, bins: Array.from(this.bins.subarray(start, end)) }
  }

  load(saved: SavedBins): void {
    this.offset = saved.offset
    this.bins = Float64Array.from(saved.bins)
    this.total = this.bins.reduce((sum, count) => sum + count, 0)
  }

  /** Moves the bins so that `index` has a place; answers the place. */
  private makeRoom(index: number): number {
    const slack = 32
    const oldEnd = this.offset + this.bins.length
    let low = this.bins.length === 0 ? index - slack : Math.min(this.offset, index - slack)
    const high = this.bins.length === 0 ? index + slack : Math.max(oldEnd, index + slack)
    if (high - low > maximumBins) low = high - maximumBins
    const bins = new Float64Array(high - low)
    for (let i = 0; i < this.bins.length; i++) {
      const at = Math.max(0, i + this.offset - low)
      bins[at] = (bins[at] as number) + (this.bins[i] as number)
    }
    this.bins = bins
    this.offset = low
    return Math.max(0, index - low)
  }
}
