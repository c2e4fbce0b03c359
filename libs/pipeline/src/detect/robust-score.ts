// RobustScore: how far a value lies from the median of its past, in robust standard deviations.

/** Scores beyond this say no more. */
const largestScore = 1_000

export interface RobustScore {
  /** Median of the past. */
  readonly expected: number
  /** Signed; above 0 when the value is higher than expected. */
  readonly score: number
}

/**
 * The modified z-score of Iglewicz and Hoaglin, "How to detect and handle outliers" (ASQC, 1993): distance from the
 * median over 1.4826 times the median absolute deviation, or over 1.2533 times the mean absolute deviation where the
 * former is 0. `floor` is the least deviation taken for normal, so that a flat past does not make every change endless.
 */
export const robustScore = (
  past: ReadonlyArray<number>,
  value: number,
  floor: (expected: number) => number
): RobustScore => {
  const expected = medianOf(Float64Array.from(past))
  const deviations = Float64Array.from(past, (one) => Math.abs(one - expected))
  let mean = 0
  for (const deviation of deviations) mean += deviation / deviations.length
  const median = medianOf(deviations)
  const spread = Math.max(median > 0 ? 1.4826 * median : 1.2533 * mean, floor(expected), Number.EPSILON)
  const score = (value - expected) / spread
  return { expected, score: Math.max(-largestScore, Math.min(largestScore, score)) }
}

/** Median; sorts the array it is given. NaN for an empty one. */
const medianOf = (values: Float64Array): number => {
  values.sort()
  const middle = values.length >> 1
  return values.length % 2 === 1
    ? (values[middle] as number)
    : ((values[middle - 1] as number) + (values[middle] as number)) / 2
}
