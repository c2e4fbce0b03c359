// The independent check against a real broker and store: silent after a normal run, and it names what was planted.
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { encodeFrameHeader } from "@tailrace/domain/frame"
import { inputSubject } from "@tailrace/domain/subjects"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { countEverything, publishNumbered, startWorld } from "@tailrace/processor/partition/placement.harness"
import { endOfTime } from "@tailrace/store/read/ledger-check"
import { command } from "@tailrace/store/store"
import { Publisher } from "@tailrace/streams/publisher"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { checkLedger } from "./check.ts"

const pipeline = `
name: checked
parse: { codec: json }
filter: [{ type: drop, name: noise, when: "level:debug" }]
batch: { maxRows: 400, minLinger: 5ms, maxLinger: 20ms }
`
const start = Date.UTC(2026, 2, 1, 12)
const everything = { from: 0, to: endOfTime }
const level = (number: number) => (number % 7 === 0 ? "debug" : "info")

/** A processor that has stored 2,000 numbered records of two sources over six minutes, and five bare ones. */
const stored = Effect.fnUntraced(function* (placement: "fused" | "staged") {
  const world = yield* startWorld
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "tailrace-check-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
  )
  const file = join(folder, "pipeline.yaml")
  yield* Effect.promise(() => writeFile(file, pipeline))
  yield* world.startProcessor({ placement, pipeline: file })
  const frames = { perFrame: 50, start, stepMillis: 180, level }
  yield* publishNumbered({ ...frames, from: 0, to: 1_000 }).pipe(Effect.provide(world.context))
  yield* publishNumbered({ ...frames, from: 1_000, to: 2_000, source: "other" }).pipe(Effect.provide(world.context))
  for (const text of ['{\n "number": 1,\n "text": "}"\n}', '{"number": 2}\n{"number": 3}\n\n{ not json\n', "{\nbroken"])
    yield* Publisher.use((publisher) => publisher.publish(inputSubject("default", "bare"), encodeUtf8(text))).pipe(
      Effect.provide(world.context)
    )
  // A source under pressure has left out three records, and says so with its next frame.
  const headers = encodeFrameHeader({
    layout: "lines",
    codec: "json",
    receivedMillis: start,
    attributes: {},
    resource: {},
    dropped: { oldest: 3 }
  })
  yield* Publisher.use((publisher) =>
    publisher.publish(inputSubject("default", "pressed"), encodeUtf8('{"number": 4}'), { headers })
  ).pipe(Effect.provide(world.context))
  yield* waitUntil(Effect.provide(countEverything, world.context), ({ received }) => received === 2_010)
  const check = Effect.provide(checkLedger(everything), world.context)
  const plant = (sql: string) =>
    Effect.provide(command("plant", sql, { settings: { mutations_sync: "2", insert_deduplicate: 0 } }), world.context)
  const found = Effect.map(check, ({ differences }) =>
    differences.map(({ between, minute, source, words }) => ({
      between,
      minute: new Date(minute).toISOString().slice(11, 16),
      source,
      words
    }))
  )
  return { check, plant, found }
})

describe("the independent check of the ledger", () => {
  it.live.each(["fused", "staged"] as const)("finds nothing after a normal run with drops, %s", (placement) =>
    Effect.gen(function* () {
      const { check } = yield* stored(placement)
      const result = yield* check
      assert.deepStrictEqual(result.differences, [])
      assert.deepInclude(result, { received: 2_010, dropped: 289, rows: 1_721, stored: 1_721 })
      assert.deepInclude(result, { rawRecords: 2_010, rawFrames: 44 })
    }).pipe(Effect.scoped)
  )

  it.live("names a row that is gone, one that is doubled, a wrong rollup, and an entry that is gone", () =>
    Effect.gen(function* () {
      const { check, found, plant } = yield* stored("fused")
      const where = "source = 'numbered' AND attributes['number'] = '401'"
      yield* plant(`ALTER TABLE logs DELETE WHERE ${where}`)
      const gone = yield* found
      assert.deepStrictEqual(
        gone.map(({ between, minute, source }) => [between, minute, source]),
        [
          ["rows and ledger", "12:01", "numbered"],
          ["rollup and rows", "12:01", undefined]
        ]
      )
      assert.match(gone[0]?.words ?? "", /^logs holds \d+ records, the ledger says \d+ were stored \(1 missing\)$/)
      assert.match(gone[1]?.words ?? "", /^service s2, severity INFO: .* \(1 too many\)$/)

      yield* plant("INSERT INTO logs SELECT * FROM logs WHERE source = 'other' AND attributes['number'] = '1401'")
      const doubled = (yield* found).filter(({ between }) => between === "rows")
      assert.deepStrictEqual(
        doubled.map(({ minute, source }) => [minute, source]),
        [["12:04", "other"]]
      )
      assert.match(doubled[0]?.words ?? "", /^1 record of \d+ in logs are there twice/)

      yield* plant(
        "INSERT INTO logs_per_minute VALUES ('2026-03-01', 'default', '2026-03-01 12:05:00', 's1', 'INFO', 3, 30, '0')"
      )
      const rollup = (yield* found).filter(({ between, minute }) => between === "rollup and rows" && minute === "12:05")
      assert.match(rollup[0]?.words ?? "", /^service s1, severity INFO: .* \(3 too many\)$/)

      const before = (yield* check).settled
      yield* plant("ALTER TABLE ledger DELETE WHERE last_sequence = (SELECT max(last_sequence) FROM ledger)")
      const after = yield* check
      // What the consumer acknowledged stays settled, so a ledger that lost its end is found out.
      assert.deepStrictEqual(after.settled, before)
      const lost = after.differences.filter(({ between }) => between === "raw and ledger")
      assert.isTrue(lost.some(({ source, words }) => source === "bare" && /\(\d+ missing\)$/.test(words)))
      assert.isTrue(after.differences.some((one) => one.between === "rows and ledger" && one.source === "bare"))
    }).pipe(Effect.scoped)
  )

  it.live("names entries of the ledger that cannot be right by themselves", () =>
    Effect.gen(function* () {
      const { check, plant } = yield* stored("fused")
      yield* plant("INSERT INTO ledger SELECT * FROM ledger WHERE source = 'bare'")
      const doubled = (yield* check).differences.filter(({ between }) => between === "ledger")
      assert.isAbove(doubled.length, 0)
      assert.isTrue(doubled.every(({ source, words }) => source === "bare" && words.includes("more than once")))
      yield* plant("ALTER TABLE ledger UPDATE dropped = dropped + 1 WHERE source = 'other'")
      const unbalanced = (yield* check).differences.filter(({ words }) => words.includes("does not balance"))
      yield* plant(
        `INSERT INTO dead_letters (tenant, source, stage, reason, partition, sequence, row, rejected_at, payload, ingested_at)
          SELECT 'default', 'other', 'sink', 'planted', 0, 25, 3, now(), 'x', now()`
      )
      const letters = (yield* check).differences.filter(({ between }) => between === "dead letters and ledger")
      assert.deepStrictEqual(
        letters.map(({ source, words }) => [source, words]),
        [["other", "dead_letters holds 1 record, the ledger says 0 were rejected (1 too many)"]]
      )
      assert.isTrue(unbalanced.length > 0 && unbalanced.every(({ source }) => source === "other"))
    }).pipe(Effect.scoped)
  )
})
