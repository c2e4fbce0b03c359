// Slope: of the straight line that lies closest to points, by least squares.

/** Change of y for one of x; NaN for fewer than two points. */
export const slopeOf = (x: ReadonlyArray<number>, y: ReadonlyArray<number>): number => {
  const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [middleX, middleY] = [mean(x), mean(y)]
  let together = 0
  let spread = 0
  for (const [i, value] of x.entries()) {
    together += (value - middleX) * ((y[i] as number) - middleY)
    spread += (value - middleX) ** 2
  }
  return together / spread
}
