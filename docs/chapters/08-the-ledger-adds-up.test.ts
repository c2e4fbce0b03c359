// Chapter 8: the ledger adds up. Every record that was received has exactly one of four ends, and anyone can check it.
import { assert, layer } from "@effect/vitest"
import { read } from "@tailrace/store/store"
import { Effect } from "effect"
import { ask, askUntil, System } from "./running-system.harness.ts"

// A record is stored, dropped by a named rule, deduplicated, or dead-lettered. There is no fifth end. Each batch carries
// its account through all stages, and the account is stored beside the rows, per minute, tenant and source.
const pipeline = `
name: counted
parse: { codec: json }
filter:
  - { type: drop, name: health-checks, when: "path:/health*" }
  - { type: sample, name: debug-sample, rate: 0.25, where: "level:debug" }
`

interface Ledger {
  readonly ledger: {
    readonly received: number
    readonly stored: number
    readonly dropped: number
    readonly deduplicated: number
    readonly rejected: number
    readonly balanced: boolean
    readonly entries: ReadonlyArray<{
      readonly source: string
      readonly received: number
      readonly stored: number
      readonly droppedBy: Readonly<Record<string, number>>
    }>
  }
}

const question = `{ ledger {
  received stored dropped deduplicated rejected balanced
  entries { source received stored droppedBy }
} }`

/** Messages of ten records: of each ten, two health checks and three of level debug. */
const message = (first: number) =>
  Array.from({ length: 10 }, (_, i) =>
    JSON.stringify({
      number: first + i,
      path: i < 2 ? "/health/live" : "/orders",
      level: i >= 7 ? "debug" : "info",
      ts: new Date(Date.UTC(2026, 2, 1) + first + i).toISOString()
    })
  ).join("\n")

layer(System.layer, { excludeTestServices: true, timeout: "60 seconds" })("the ledger", (it) => {
  it.effect("accounts for every record received, by source and by rule", () =>
    Effect.gen(function* () {
      const system = yield* System
      yield* system.startProcessor(pipeline)
      const url = yield* system.startApi
      for (let first = 0; first < 300; first += 10) yield* system.publish("web", message(first))
      for (let first = 0; first < 100; first += 10) yield* system.publish("worker", message(first))
      // A line that is no JSON is not lost: it is stored as it came.
      yield* system.publish("worker", "{ not json")

      const { ledger } = yield* askUntil<Ledger>(url, question, (now) => now.ledger.received === 401)
      assert.isTrue(ledger.balanced)
      assert.strictEqual(ledger.received, ledger.stored + ledger.dropped + ledger.deduplicated + ledger.rejected)
      const droppedBy = (rule: string) => ledger.entries.reduce((sum, entry) => sum + (entry.droppedBy[rule] ?? 0), 0)
      assert.strictEqual(droppedBy("health-checks"), 80)
      // Sampling picks by the record's identity, so that a record read again after a restart meets the same fate.
      const sampledOut = droppedBy("debug-sample")
      assert.isAbove(sampledOut, 0)
      assert.isBelow(sampledOut, 120)
      assert.strictEqual(ledger.dropped, 80 + sampledOut)

      // What the ledger says was stored is what a search finds.
      const found = yield* ask<{ readonly logs: { readonly totalCount: number } }>(url, "{ logs { totalCount } }")
      assert.strictEqual(found.logs.totalCount, ledger.stored)

      // And the same in SQL, for anybody with a ClickHouse client.
      const [row] = yield* Effect.provide(
        read<{ readonly entries: string; readonly wrong: string }>({
          operation: "check the ledger",
          sql: `SELECT count() AS entries,
              countIf(received != stored + dropped + deduplicated + rejected OR dropped != arraySum(mapValues(dropped_by))) AS wrong
            FROM ledger`
        }),
        system.context
      )
      assert.isAbove(Number(row?.entries), 0)
      assert.strictEqual(Number(row?.wrong), 0)
    })
  )
})
