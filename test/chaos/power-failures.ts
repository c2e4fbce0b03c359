// Power failures: how many each arrangement has, where they cannot be had, and one after another with the time until all is ready.
import { noPowerDisk } from "@tailrace/testing/power-disk"
import { type Besides, isLong } from "./chaos-case.ts"

/** Of each arrangement. */
export const powerFailures = isLong ? 10 : 1
export const powerTimes = `${powerFailures} power failure${powerFailures === 1 ? "" : "s"}`
export const powerTimeout = 120_000 + powerFailures * 60_000

/** Why no failure can be had here; undefined when it can. */
export const noDisk = noPowerDisk()
/** The same for arrangements that are left to the long form, because others have all of their parts. */
export const longOnly = noDisk ?? (isLong ? undefined : "with --long only")

/** All failures; `fail` is given the number of those before it, and answers the milliseconds until all was ready. */
export const failPowers = async (fail: (done: number) => Promise<number>): Promise<Besides> => {
  const readyMillis: Array<number> = []
  for (let done = 0; done < powerFailures; done++) readyMillis.push(await fail(done))
  return { readyMillis }
}
