// Power, two processors: the machine of broker, store and collector fails, with one of the processors or with both.
import { chaosCase } from "./chaos-case.ts"
import { failPowers, longOnly, noDisk, powerTimeout, powerTimes } from "./power-failures.ts"
import { poweredPair } from "./stand/power.ts"

const fates = [
  ["one lives", noDisk],
  ["both die", longOnly]
] as const

for (const [fate, skip] of fates) {
  const options = { start: () => poweredPair(), skip, sources: 4, timeoutMillis: powerTimeout }
  chaosCase(`${powerTimes}, of two processors ${fate}`, options, ({ flow, over, random, stand }) =>
    failPowers(async (done) => {
      await flow(200 + Math.floor(random() * 1_500))
      // Each of them lives every second time.
      const elsewhere = fate === "one lives" ? stand.pair[done % 2]?.service : undefined
      over()
      return stand.failPower(elsewhere)
    })
  )
}
