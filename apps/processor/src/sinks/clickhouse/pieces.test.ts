// Tests of storing in pieces: whatever is refused, every other row is stored once, in order, and a crash can be told.
import { assert, describe, it } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { Effect } from "effect"
import * as fc from "fast-check"
import { SinkError } from "../../outputs/sink-error.ts"
import { storeInPieces } from "./pieces.ts"

const refusal = new SinkError({ consequence: "dead-letter", refusedAs: "code 469", message: "violated" })

/** A batch of frames of so many rows each; row n of all has the body n. */
const batchOf = (frames: ReadonlyArray<number>): LogBatch => {
  const batch = LogBatch.make({ partition: 0 })
  let number = 0
  frames.forEach((rows, index) => {
    batch.beginFrame({ sequence: index + 10, tenant: "t", source: "s", receivedMillis: 0 })
    for (let row = 0; row < rows; row++) batch.appendRecord({ body: String(number++) })
  })
  return batch
}

/** A store that refuses every insert with a poisoned row in it; the log of what it was asked. */
const makeStore = (batch: LogBatch, poison: ReadonlySet<number>) => {
  const log: Array<string> = []
  const stored: Array<number> = []
  const dead: Array<number> = []
  let inserts = 0
  const store = {
    insert: (refusals: "hold" | "pass") =>
      Effect.suspend(() => {
        inserts++
        const rows = Array.from({ length: batch.length }, (_, row) => row).filter((row) => batch.selected[row] === 1)
        assert.strictEqual(batch.keptCount, rows.length)
        if (rows.some((row) => poison.has(row))) {
          if (refusals === "hold") return Effect.die("held")
          return Effect.fail(refusal)
        }
        stored.push(...rows)
        log.push(`rows ${rows.join(" ")}`)
        return Effect.void
      }),
    setAside: (row: number) =>
      Effect.sync(() => {
        dead.push(row)
        log.push(`dead ${row}`)
        return "refused"
      }),
    split: (sequence: number, finished: boolean) =>
      Effect.sync(() => log.push(`${finished ? "end" : "split"} ${sequence}`)),
    most: 1_000
  }
  return { log, stored, dead, store, inserts: () => inserts }
}

describe("a refused batch", () => {
  it.effect("is stored but for the rows that are refused by themselves, frames whole where they can be", () =>
    Effect.gen(function* () {
      const batch = batchOf([2, 3, 2])
      const { log, store } = makeStore(batch, new Set([3]))
      yield* storeInPieces(batch, refusal, store)
      assert.deepStrictEqual(log, ["rows 0 1", "split 11", "rows 2", "dead 3", "rows 4", "end 11", "rows 5 6"])
      assert.deepStrictEqual([...batch.selected.slice(0, 7)], [1, 1, 1, 0, 1, 1, 1])
      assert.strictEqual(batch.keptCount, 6)
      assert.deepStrictEqual([...(batch.frames[1]?.rejected ?? [])], [["refused", 1]])
    })
  )

  it.effect("leaves rows alone that were left out before", () =>
    Effect.gen(function* () {
      const batch = batchOf([4])
      batch.drop(1, "noise")
      const { log, store } = makeStore(batch, new Set([1, 2]))
      yield* storeInPieces(batch, refusal, store)
      assert.deepStrictEqual(log, ["split 10", "rows 0", "dead 2", "rows 3", "end 10"])
      assert.deepStrictEqual([...(batch.frames[0]?.dropped ?? [])], [["noise", 1]])
    })
  )

  it.effect("finds one row among many in few inserts", () =>
    Effect.gen(function* () {
      const batch = batchOf(Array.from({ length: 400 }, () => 100))
      const { inserts, stored, store } = makeStore(batch, new Set([23_456]))
      yield* storeInPieces(batch, refusal, store)
      assert.strictEqual(stored.length, 39_999)
      assert.isAtMost(inserts(), 32)
    })
  )

  it.effect("is held when more rows are refused than may be set aside", () =>
    Effect.gen(function* () {
      const batch = batchOf([8])
      const { dead, store } = makeStore(batch, new Set([0, 1, 2, 3, 4, 5, 6, 7]))
      const exit = yield* Effect.exit(storeInPieces(batch, refusal, { ...store, most: 3 }))
      assert.strictEqual(exit._tag, "Failure")
      assert.deepStrictEqual(dead, [0, 1, 2])
    })
  )

  it("stores or sets aside every row once and in order, whichever rows are refused", async () => {
    const world = fc.record({
      frames: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 }),
      poison: fc.uniqueArray(fc.integer({ min: 0, max: 36 })),
      dropped: fc.uniqueArray(fc.integer({ min: 0, max: 36 }))
    })
    await fc.assert(
      fc.asyncProperty(world, async ({ dropped, frames, poison }) => {
        const batch = batchOf(frames)
        for (const row of dropped) if (row < batch.length) batch.drop(row, "noise")
        const kept = Array.from({ length: batch.length }, (_, row) => row).filter((row) => batch.selected[row] === 1)
        const { dead, log, stored, store } = makeStore(batch, new Set(poison))
        await Effect.runPromise(storeInPieces(batch, refusal, store))
        assert.deepStrictEqual(
          dead,
          kept.filter((row) => poison.includes(row))
        )
        assert.deepStrictEqual(
          stored,
          kept.filter((row) => !poison.includes(row))
        )
        // Outside of a split frame, every insert ends with the last kept row of a frame.
        let split = false
        for (const line of log) {
          if (line.startsWith("split")) split = true
          else if (line.startsWith("end")) split = false
          else if (!split && line.startsWith("rows")) {
            const last = Number(line.split(" ").at(-1))
            const next = kept.find((row) => row > last)
            assert.isTrue(next === undefined || batch.frame[next] !== batch.frame[last])
          }
        }
      })
    )
  })
})
