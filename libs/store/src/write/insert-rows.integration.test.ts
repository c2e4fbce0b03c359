// Integration tests of ledger, panes and anomalies: what is stored is read back, once.
import { assert, layer } from "@effect/vitest"
import type { Anomaly } from "@tailrace/domain/anomaly"
import { ledgerEntries } from "@tailrace/domain/ledger"
import { LogBatch } from "@tailrace/domain/log-batch"
import type { Pane } from "@tailrace/domain/pane"
import { testStore } from "@tailrace/testing/store"
import { Effect } from "effect"
import { readAnomalies } from "../read/anomalies.ts"
import { readLedger } from "../read/ledger.ts"
import { readPanes } from "../read/panes.ts"
import { readSources } from "../read/sources.ts"
import { lastLedgerBatch, ledgerOffset } from "../recover/offsets.ts"
import { insertAnomalies, insertLedger, insertPanes } from "./insert-rows.ts"

const minute = 1_795_249_860_000

const accounted = (firstSequence: number, receivedMillis: number): LogBatch => {
  const batch = LogBatch.make({ partition: 3 })
  for (const [index, source] of ["http", "syslog", "http"].entries()) {
    batch.beginFrame({ sequence: firstSequence + index, tenant: "a", source, receivedMillis })
    for (let n = 0; n < 10; n++) batch.appendRecord({ body: "x" })
  }
  batch.drop(0, "health checks")
  batch.drop(1, "sampled: 10 %")
  batch.drop(21, "health checks")
  batch.reject(2, "broken")
  batch.deduplicate(3)
  return batch
}

const pane: Pane = {
  partition: 3,
  sequence: 7,
  tenant: "a",
  metric: "latency",
  type: "quantiles",
  windowStart: minute,
  windowEnd: minute + 10_000,
  key: { service: "wörk", host: "h'1" },
  value: 0.1 + 0.2,
  count: 3,
  quantiles: { "0.5": 1.5, "0.99": 1e21 },
  revision: 0
}

const anomaly: Anomaly = {
  partition: 3,
  sequence: 7,
  tenant: "a",
  metric: "errors",
  detector: "z-score",
  windowStart: minute,
  windowEnd: minute + 10_000,
  key: {},
  value: 40,
  expected: 2.5,
  score: 12.25,
  direction: "high",
  sentence: 'errors of "shop" rose to 40, 2.5 expected',
  revision: 0
}

layer(testStore, { excludeTestServices: true })("the ledger", (it) => {
  it.effect("adds up per minute, tenant and source, balances to 0, and stores a batch's entries once", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* ledgerOffset(3), 0)
      for (const [first, at] of [
        [10, minute + 1],
        [13, minute + 59_999],
        [13, minute + 59_999],
        [16, minute + 60_000]
      ] as const) {
        yield* insertLedger(ledgerEntries(3, accounted(first, at).frames), { ingestedAt: minute + first, attempt: 2 })
      }
      const lines = yield* readLedger({ tenant: "a" })
      assert.deepStrictEqual(
        lines.map((line) => [line.minute, line.source, line.received, line.stored, line.balance]),
        [
          [minute + 60_000, "http", 20, 15, 0],
          [minute + 60_000, "syslog", 10, 10, 0],
          [minute, "http", 40, 30, 0],
          [minute, "syslog", 20, 20, 0]
        ]
      )
      assert.deepStrictEqual(lines[2], {
        ...{ minute, tenant: "a", source: "http", received: 40, stored: 30, deduplicated: 2, dropped: 6, rejected: 2 },
        ...{ droppedBy: { "health checks": 4, "sampled: 10 %": 2 }, rejectedBy: { broken: 2 }, balance: 0 }
      })
      assert.deepStrictEqual(
        (yield* readLedger({ tenant: "a", source: "http", from: minute, to: minute + 60_000 })).map(
          (line) => line.received
        ),
        [40]
      )
      assert.deepStrictEqual(yield* readLedger({ tenant: "other" }), [])
      assert.deepStrictEqual(yield* lastLedgerBatch(3), {
        ...{ firstSequence: 16, lastSequence: 18, ingestedAt: minute + 16, attempt: 2, rows: 2 }
      })
      const sources = yield* readSources({ tenant: undefined })
      assert.deepStrictEqual(
        sources.map((source) => [source.source, source.received, source.lastMinute]),
        [
          ["http", 60, minute + 60_000],
          ["syslog", 30, minute + 60_000]
        ]
      )
    })
  )
})

layer(testStore, { excludeTestServices: true })("panes and anomalies", (it) => {
  it.effect("come back as they were, numbers that are none included", () =>
    Effect.gen(function* () {
      const odd: Pane = { ...pane, metric: "odd", value: Number.NEGATIVE_INFINITY, quantiles: { "0.5": Number.NaN } }
      yield* insertPanes([pane, odd], { ingestedAt: minute, token: "panes-1" })
      assert.deepStrictEqual(yield* readPanes({ tenant: "a" }), [pane, odd])
      assert.deepStrictEqual(yield* readPanes({ tenant: "a", metric: "odd", from: minute, to: minute + 1 }), [odd])
      assert.deepStrictEqual(yield* readPanes({ tenant: "a", to: minute }), [])
      yield* insertAnomalies([anomaly], { ingestedAt: minute, token: "anomalies-1" })
      assert.deepStrictEqual(yield* readAnomalies({ tenant: "a", minimumScore: 12 }), [anomaly])
      assert.deepStrictEqual(yield* readAnomalies({ tenant: "a", minimumScore: 13 }), [])
    })
  )

  it.effect("are replaced by a higher revision and by nothing else, in whatever order they come", () =>
    Effect.gen(function* () {
      const metric = "late"
      const later: Pane = { ...pane, metric, value: 9, count: 4, revision: 1 }
      const other: Pane = { ...later, key: { service: "other", host: "h" } }
      yield* insertPanes([later, other], { ingestedAt: minute, token: "panes-2" })
      yield* insertPanes([{ ...pane, metric }], { ingestedAt: minute + 40 * 86_400_000, token: "panes-3" })
      assert.sameDeepMembers(yield* readPanes({ tenant: "a", metric }), [later, other])
    })
  )
})
