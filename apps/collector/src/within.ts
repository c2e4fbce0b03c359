// Within: a bounded wait for what should finish but may not, such as acknowledgements of an absent broker.

/** Resolves with true when `work` finishes within `millis`, with false when it does not; the work goes on. */
export const within = async (millis: number, work: Promise<unknown>): Promise<boolean> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), millis)
  })
  const done = await Promise.race([work.then(() => true), late])
  clearTimeout(timer)
  return done
}
