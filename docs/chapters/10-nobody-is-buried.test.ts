// Chapter 10: nobody is buried. Logs that come faster than they are processed wait, or are left out as their source says, and counted.
import { assert, layer } from "@effect/vitest"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { askUntil, System } from "./running-system.harness.ts"

// The pipelines may fall behind: the store is slow, or more comes than a machine can take. Collectors look once a second how
// far behind they are. Above a limit each source does what its configuration says: it makes its senders wait, keeps the
// newest, or takes a sample. Whatever is left out is dropped by a named rule, and the ledger counts it like any other.
const lag = { maxBytes: 20_000 }

interface Ledger {
  readonly ledger: {
    readonly received: number
    readonly stored: number
    readonly dropped: number
    readonly balanced: boolean
    readonly entries: ReadonlyArray<{
      readonly source: string
      readonly received: number
      readonly stored: number
      readonly droppedBy: Readonly<Record<string, number>>
    }>
  }
}

const question = "{ ledger { received stored dropped balanced entries { source received stored droppedBy } } }"

const batch = 50
const text = (from: number) =>
  Array.from({ length: batch }, (_, i) => `record ${from + i} ${"x".repeat(1_000)}`).join("\n")

const send = (url: string, source: string, from: number) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}/ingest/${source}`, { method: "POST", body: text(from) })
    await answer.text()
    return { status: answer.status, retryAfter: answer.headers.get("retry-after") }
  })

layer(System.layer, { excludeTestServices: true, timeout: "60 seconds" })("a collector before slow pipelines", (it) => {
  it.effect(
    "makes senders wait, keeps the newest, or samples, and the ledger counts every record that was left out",
    () =>
      Effect.gen(function* () {
        const system = yield* System
        const patient = yield* system.startCollector({ lag })
        const sampling = yield* system.startCollector({ lag, http: { whenFull: "sample", sampleRate: 10 } })
        const newest = yield* system.startCollector({
          lag,
          http: { whenFull: "drop-oldest" },
          spool: { maxBytes: 400_000, segmentBytes: 65_536 }
        })

        // Nothing processes as yet, so what comes in stays in the stream. Blocking is the default: senders are told to come again.
        let waiting = 0
        let refused = yield* send(patient.url, "patient", waiting)
        for (; refused.status === 202; refused = yield* send(patient.url, "patient", waiting)) waiting += batch
        assert.strictEqual(refused.status, 429)
        assert.strictEqual(refused.retryAfter, "1")

        // The other two say yes to everything.
        for (const { intake } of [sampling, newest]) {
          yield* waitUntil(
            Effect.sync(() => intake.hasRoom("block")),
            (room) => !room,
            { what: "a collector that knows of the lag" }
          )
        }
        const sent = 2_000
        for (let from = 0; from < sent; from += batch) {
          assert.strictEqual((yield* send(sampling.url, "sampled", from)).status, 202)
          assert.strictEqual((yield* send(newest.url, "newest", from)).status, 202)
        }

        // A pipeline starts and catches up. Now the patient sender is let in as well.
        yield* system.startProcessor("name: late")
        const url = yield* system.startApi
        yield* waitUntil(send(patient.url, "patient", waiting), ({ status }) => status === 202, { everyMillis: 100 })
        waiting += batch

        const all = waiting + 2 * sent
        const { ledger } = yield* askUntil<Ledger>(url, question, (now) => now.ledger.received >= all)
        assert.strictEqual(ledger.received, all)
        assert.isTrue(ledger.balanced)
        const of = (source: string) => {
          const entries = ledger.entries.filter((entry) => entry.source === source)
          const add = (count: (entry: (typeof entries)[number]) => number) =>
            entries.reduce((sum, entry) => sum + count(entry), 0)
          return {
            received: add((entry) => entry.received),
            stored: add((entry) => entry.stored),
            sampledOut: add((entry) => entry.droppedBy["collector:sample"] ?? 0),
            pushedOut: add((entry) => entry.droppedBy["collector:drop-oldest"] ?? 0)
          }
        }
        assert.deepStrictEqual(of("patient"), { received: waiting, stored: waiting, sampledOut: 0, pushedOut: 0 })
        assert.deepStrictEqual(of("sampled"), { received: sent, stored: 200, sampledOut: 1_800, pushedOut: 0 })
        const kept = of("newest")
        assert.strictEqual(kept.received, sent)
        assert.strictEqual(kept.stored + kept.pushedOut, sent)
        // No more than the disk may hold, and not much less.
        assert.isAtMost(kept.stored, 400)
        assert.isAtLeast(kept.stored, 200)
      })
  )
})
