// Clocks: how far the clocks of broker and store are from this machine's.
import { type Finding, findingsOf, millisText } from "./finding.ts"

/** Another machine's time, with when it was asked and answered here. All milliseconds since 1970. */
export interface ClockReading {
  readonly theirs: number
  readonly asked: number
  readonly answered: number
}

/** What is surely off, whatever part of the question's time its way took. */
export const skewOf = ({ theirs, asked, answered }: ClockReading): number =>
  theirs < asked ? theirs - asked : theirs > answered ? theirs - answered : 0

export const judgeClock = (area: string, reading: ClockReading): Finding => {
  const { fail, ok, warn } = findingsOf(area)
  const skew = skewOf(reading)
  const seen = `${millisText(Math.abs(skew))} ${skew < 0 ? "behind" : "ahead of"} this machine's`
  const meaning = "windows close early or late, and minutes of the ledger and ages of streams are off by as much"
  const advice = "keep both machines' clocks by NTP (chrony, systemd-timesyncd)"
  if (Math.abs(skew) >= 60_000) return fail("clock", seen, meaning, advice)
  if (Math.abs(skew) >= 2_000) return warn("clock", seen, meaning, advice)
  return ok("clock", skew === 0 ? "agrees with this machine's" : seen)
}
