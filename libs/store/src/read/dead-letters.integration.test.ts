// Integration tests of dead letters, the marks beside them and split frames, against a real store.
import { assert, layer } from "@effect/vitest"
import type { DeadLetter } from "@tailrace/domain/dead-letter"
import { LogBatch } from "@tailrace/domain/log-batch"
import { testStore } from "@tailrace/testing/store"
import { Effect } from "effect"
import { trimDeadLetters } from "../keep/trim-dead-letters.ts"
import { lettersAfter, splitFrameFound } from "../recover/settled-records.ts"
import { markDeadLetters } from "../write/dead-letter-marks.ts"
import { insertDeadLetters } from "../write/insert-dead-letters.ts"
import { insertLogs } from "../write/insert-logs.ts"
import { markSplitFrame } from "../write/split-frames.ts"
import { countDeadLetters, readDeadLetter, readDeadLetters } from "./dead-letters.ts"

const minute = 1_795_249_860_000

const letter: DeadLetter = {
  ...{ tenant: "a", source: "http", stage: "sink", reason: "refused: X", detail: "row 3 violates y", records: 1 },
  ...{ partition: 3, sequence: 2 ** 40, row: 7, rejectedAt: minute + 1, pipelineVersion: "p@1" },
  headers: { "Tailrace-Codec": "json" },
  payload: Uint8Array.of(0, 255, 128, 10, 13, 34)
}
const fresh = { state: "waiting" as const, handledAt: undefined, edited: undefined }

layer(testStore, { excludeTestServices: true })("dead letters", (it) => {
  it.effect("keep their bytes, text or not, once each", () =>
    Effect.gen(function* () {
      const empty: DeadLetter = { ...letter, row: 8, rejectedAt: minute, headers: {}, payload: new Uint8Array(0) }
      yield* insertDeadLetters([letter, empty], { ingestedAt: minute, token: "dead-1" })
      yield* insertDeadLetters([letter], { ingestedAt: minute + 40 * 86_400_000, token: "dead-2" })
      assert.deepStrictEqual(yield* readDeadLetters({ tenant: "a", first: 10, mostBytes: 100 }), [
        { ...letter, ...fresh, payloadBytes: 6 },
        { ...empty, ...fresh, payloadBytes: 0 }
      ])
      const [short] = yield* readDeadLetters({ tenant: "a", first: 1, mostBytes: 2 })
      assert.deepStrictEqual([short?.payload, short?.payloadBytes], [Uint8Array.of(0, 255), 6])
      assert.deepStrictEqual(yield* readDeadLetter(letter), { ...letter, ...fresh, payloadBytes: 6 })
      assert.isUndefined(yield* readDeadLetter({ ...letter, row: 9 }))
    })
  )

  it.effect("are picked by stage, source, reason, state and time, and counted with the records they stand for", () =>
    Effect.gen(function* () {
      const frame: DeadLetter = { ...letter, tenant: "b", stage: "parse", source: "tcp", reason: "failed", records: 40 }
      const other: DeadLetter = { ...letter, tenant: "b", rejectedAt: minute + 60_000 }
      yield* insertDeadLetters([frame, other], { ingestedAt: minute, token: "dead-3" })
      const picked = (filter: object) =>
        Effect.map(readDeadLetters({ tenant: "b", first: 10, mostBytes: 0, ...filter }), (found) =>
          found.map(({ stage }) => stage)
        )
      assert.deepStrictEqual(yield* picked({}), ["sink", "parse"])
      for (const filter of [{ stage: "parse" }, { source: "tcp" }, { reason: "failed" }, { to: minute + 2 }])
        assert.deepStrictEqual(yield* picked(filter), ["parse"])
      assert.deepStrictEqual(yield* picked({ from: minute + 2, state: "waiting" }), ["sink"])
      assert.deepStrictEqual(yield* picked({ after: other }), ["parse"])
      assert.deepStrictEqual(yield* picked({ state: "dropped" }), [])
      assert.deepStrictEqual(yield* countDeadLetters({ tenant: "b" }), { letters: 2, records: 41 })
    })
  )

  it.effect("keep what was done with them, the last change of state and the last edit", () =>
    Effect.gen(function* () {
      const marked: DeadLetter = { ...letter, tenant: "c" }
      yield* insertDeadLetters([marked], { ingestedAt: minute, token: "dead-4" })
      const mark = (kind: "replayed" | "dropped" | "edited", at: number, payload?: Uint8Array) =>
        markDeadLetters([{ letter: marked, mark: kind, at, ...(payload === undefined ? {} : { payload }) }])
      yield* mark("edited", minute + 1, Uint8Array.of(1))
      yield* mark("edited", minute + 2, Uint8Array.of(0, 200))
      assert.deepInclude(yield* readDeadLetter(marked), { state: "waiting", edited: Uint8Array.of(0, 200) })
      yield* mark("dropped", minute + 3)
      yield* mark("replayed", minute + 4)
      assert.deepInclude(yield* readDeadLetter(marked), { state: "replayed", handledAt: minute + 4 })
      yield* insertDeadLetters([marked], { ingestedAt: minute + 9, token: "dead-5" })
      assert.deepInclude(yield* readDeadLetter(marked), { state: "replayed", payload: marked.payload })
      assert.deepStrictEqual(yield* countDeadLetters({ tenant: "c", state: "replayed" }), { letters: 1, records: 1 })
    })
  )

  it.effect("tell a pipeline which records behind an offset they stand for", () =>
    Effect.gen(function* () {
      const of = (sequence: number, row: number): DeadLetter => ({ ...letter, partition: 9, sequence, row })
      yield* insertDeadLetters([of(6, 1), of(5, 2), of(6, 0)], { ingestedAt: minute, token: "dead-6" })
      const known = yield* lettersAfter(9, 5)
      assert.deepStrictEqual(
        known.map(({ sequence, row, reason }) => [sequence, row, reason]),
        [
          [6, 0, "refused: X"],
          [6, 1, "refused: X"]
        ]
      )
    })
  )
})

layer(testStore, { excludeTestServices: true })("trimming dead letters", (it) => {
  const hour = 3_600_000
  const put = (row: number, ingestedAt: number) =>
    insertDeadLetters([{ ...letter, row, rejectedAt: ingestedAt }], { ingestedAt, token: `trim-${row}` })
  const left = Effect.map(readDeadLetters({ tenant: undefined, first: 10, mostBytes: 0 }), (found) =>
    found.map(({ row }) => row)
  )

  it.effect("takes the oldest by age and by size, and none of the last hour", () =>
    Effect.gen(function* () {
      const ages = [30, 20, 10, 5, 0.5]
      for (const [row, age] of ages.entries()) yield* put(row, minute - age * hour)
      assert.strictEqual(yield* trimDeadLetters({ keepMillis: 100 * hour, maxBytes: 30 }, minute), 0)
      assert.strictEqual(yield* trimDeadLetters({ keepMillis: 25 * hour, maxBytes: 1_000 }, minute), 1)
      assert.deepStrictEqual(yield* left, [4, 3, 2, 1])
      // Six bytes each: the newest two are within thirteen.
      assert.strictEqual(yield* trimDeadLetters({ keepMillis: 100 * hour, maxBytes: 13 }, minute), 2)
      assert.deepStrictEqual(yield* left, [4, 3])
      assert.strictEqual(yield* trimDeadLetters({ keepMillis: 1, maxBytes: 1 }, minute), 1)
      assert.deepStrictEqual(yield* left, [4])
    })
  )
})

layer(testStore, { excludeTestServices: true })("a split frame", (it) => {
  it.effect("is unfinished up to its highest stored row or dead letter until it is marked finished", () =>
    Effect.gen(function* () {
      const batch = LogBatch.make({ partition: 3 })
      batch.beginFrame({ sequence: 20, tenant: "a", source: "http", receivedMillis: minute })
      for (let n = 0; n < 5; n++) batch.appendRecord({ body: String(n) })
      const unfinished = (partition: number, lastSequence: number) =>
        Effect.map(splitFrameFound(partition, lastSequence), (found) => found.unfinished)
      assert.deepStrictEqual(yield* splitFrameFound(3, 20), { markedAt: 0, unfinished: undefined })
      yield* markSplitFrame({ partition: 3, sequence: 20, finished: false, at: minute })
      yield* insertLogs(batch, { ingestedAt: minute, attempt: 1 })
      assert.deepStrictEqual(yield* unfinished(3, 20), { sequence: 20, row: 4 })
      yield* insertDeadLetters([{ ...letter, sequence: 20, row: 5 }], { ingestedAt: minute, token: "dead-7" })
      assert.deepStrictEqual(yield* unfinished(3, 20), { sequence: 20, row: 5 })
      assert.isUndefined(yield* unfinished(3, 21))
      assert.isUndefined(yield* unfinished(4, 20))
      yield* markSplitFrame({ partition: 3, sequence: 20, finished: true, at: minute + 1 })
      assert.deepStrictEqual(yield* splitFrameFound(3, 20), { markedAt: minute + 1, unfinished: undefined })
    })
  )
})
