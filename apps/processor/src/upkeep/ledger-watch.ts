// LedgerWatch: the ledger of the last hour as metrics, with the records that are unaccounted for.
import { auditLedger } from "@tailrace/store/read/ledger-audit"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Effect } from "effect"

const windowMillis = 3_600_000
const states = ["received", "stored", "deduplicated", "dropped", "rejected", "rows"] as const

/** Looks at once and then every half minute until interrupted. While the store does not answer the metrics stay as they are. */
export const watchLedger = Effect.fnUntraced(function* (partitions: ReadonlyArray<number>) {
  const clock = yield* Clock.Clock
  const metrics = yield* Metrics
  const unaccounted = metrics.gauge(
    "tailrace_ledger_unaccounted_records",
    "Records of the last hour without an end or with two, and rows that the ledger does not know; 0 when all is well",
    ["partition"]
  )
  const records = metrics.gauge(
    "tailrace_ledger_records",
    "Records of the last hour by their end in the ledger, those received, and the rows found in logs",
    ["partition", "state"]
  )
  const told = new Map<number, number>()
  const look = Effect.gen(function* () {
    const audits = yield* auditLedger(partitions, clock.currentTimeMillisUnsafe() - windowMillis)
    for (const number of partitions) {
      const audit = audits.find(({ partition }) => partition === number)
      const partition = String(number)
      unaccounted.set({ partition }, audit?.unaccounted ?? 0)
      for (const state of states) records.set({ partition, state }, audit?.[state] ?? 0)
      if (audit !== undefined && audit.unaccounted > 0 && told.get(number) !== audit.unaccounted)
        yield* Effect.logWarning(
          `partition ${number}: ${audit.unaccounted} records of the last hour are unaccounted for, see \`tailrace ledger --check\``
        )
      told.set(number, audit?.unaccounted ?? 0)
    }
  })
  return yield* look.pipe(
    Effect.catchTag("StoreError", (error) => Effect.logDebug(error.message)),
    Effect.andThen(Effect.sleep("30 seconds")),
    Effect.forever
  )
})
