// A file that came back shorter, as a power failure leaves it, goes on behind what it has; a truncated one begins anew.
import { appendFileSync, copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { testIntake } from "../../frames/intake.harness.ts"
import { numbered, received, receivesUpTo, start, temporaryFolder, textOf } from "./file.harness.ts"

const bytesOf = (from: number, to: number) => Buffer.byteLength(textOf(numbered(from, to)))

/** A file whose first `count` lines were read in an earlier life, which is over. */
const readBefore = (count: number, runs = 1) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const world = testIntake()
    const path = join(folder, "app.log")
    const life = (lines: number, options = {}) =>
      Effect.scoped(Effect.andThen(start(world, folder, { path, ...options }), receivesUpTo(world, lines)))
    writeFileSync(path, "")
    for (let run = 0; run < runs; run++) {
      appendFileSync(path, textOf(numbered((run * count) / runs, ((run + 1) * count) / runs)))
      yield* life(((run + 1) * count) / runs)
    }
    return { folder, life, path, world }
  })

describe("a file that lost its end", () => {
  it.live.each([1, 5])("goes on behind the last line it has, read in %i runs before", (runs) =>
    Effect.gen(function* () {
      const { life, path, world } = yield* readBefore(2_000, runs)
      truncateSync(path, bytesOf(0, 1_300))
      yield* life(2_000)
      appendFileSync(path, textOf(numbered(5_000, 5_100)))
      yield* life(2_100)
      assert.deepStrictEqual(received(world), [...numbered(0, 2_000), ...numbered(5_000, 5_100)])
      assert.match(
        world.warnings[0] ?? "",
        /app\.log had \d+ bytes .* as after a power failure: it is read on at byte \d+/
      )
      assert.strictEqual(world.warnings.length, 1)
    }).pipe(Effect.scoped)
  )

  it.live("goes on there also when it has grown again, beyond where it was read or not", () =>
    Effect.gen(function* () {
      for (const added of [10, 3_000]) {
        const { life, path, world } = yield* readBefore(1_000)
        truncateSync(path, bytesOf(0, 400))
        appendFileSync(path, textOf(numbered(5_000, 5_000 + added)))
        yield* life(1_000 + added)
        assert.deepStrictEqual(received(world), [...numbered(0, 1_000), ...numbered(5_000, 5_000 + added)])
      }
    }).pipe(Effect.scoped)
  )

  it.live("leaves out the torn beginning of a line that was read whole", () =>
    Effect.gen(function* () {
      const { folder, path, world } = yield* readBefore(100)
      truncateSync(path, bytesOf(0, 50) + 5)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* start(world, folder, { path, partialMillis: 20 })
          appendFileSync(path, textOf(numbered(500, 510)))
          yield* receivesUpTo(world, 110)
        })
      )
      assert.deepStrictEqual(received(world), [...numbered(0, 100), ...numbered(500, 510)])
    }).pipe(Effect.scoped)
  )

  it.live("may lose it again and again", () =>
    Effect.gen(function* () {
      const { life, path, world } = yield* readBefore(500)
      let all = numbered(0, 500)
      let size = bytesOf(0, 500)
      for (let round = 1; round <= 5; round++) {
        truncateSync(path, size - Buffer.byteLength(textOf(all.slice(-20))))
        const more = numbered(round * 1_000, round * 1_000 + 40)
        appendFileSync(path, textOf(more))
        size = readFileSync(path).length
        all = [...all, ...more]
        yield* life(all.length)
      }
      assert.deepStrictEqual(received(world), all)
    }).pipe(Effect.scoped)
  )

  it.live.each([0, 1, 3, 4])("has its lines stored once when %i frames of them were taken before", (taken) =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = join(folder, "app.log")
      const small = { frameBytes: 4_096, maxFrameBytes: 8_192 }
      const life = (world: ReturnType<typeof testIntake>, last: string) =>
        Effect.scoped(
          Effect.gen(function* () {
            yield* start(world, folder, { path })
            yield* Effect.promise(() => waitFor(() => received(world).includes(last), Boolean))
          })
        )
      writeFileSync(path, textOf(numbered(0, 100)))
      const first = testIntake(small)
      yield* life(first, 'record 99 — ü 漢字 "q"')
      // Of the region under way the broker takes some frames and refuses the others until the life ends.
      appendFileSync(path, textOf(numbered(100, 8_100)))
      const refusal = { reason: "unavailable", message: "no broker" } as const
      const second = testIntake(small, async (_, attempt) => (attempt > taken ? refusal : undefined))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* start(second, folder, { path })
          yield* Effect.promise(() => waitFor(() => second.attempts.length >= Math.min(taken + 1, 4), Boolean))
          yield* Effect.promise(() => second.intake.close(1))
        })
      )
      truncateSync(path, bytesOf(0, 4_700))
      appendFileSync(path, textOf(numbered(9_000, 9_100)))
      const third = testIntake(small)
      yield* life(third, 'record 9099 — ü 漢字 "q"')
      // What a broker that knows ids keeps of all lives: the first of each.
      const stored = new Map<string, ReadonlyArray<string>>()
      for (const { id, messages } of [first, second, third].flatMap(({ published }) => published))
        if (!stored.has(id)) stored.set(id, messages)
      const before = new Set([first, second].flatMap(received))
      const all = [...stored.values()].flat()
      assert.deepStrictEqual(
        all.toSorted(),
        [...new Set([...before, ...numbered(0, 4_700), ...numbered(9_000, 9_100)])].toSorted()
      )
    }).pipe(Effect.scoped)
  )

  it.live("is read again, and that is said, where nothing is known of its lines", () =>
    Effect.gen(function* () {
      const { folder, life, path, world } = yield* readBefore(1_000)
      const checkpoints = join(folder, "checkpoints", "checkpoints")
      const bare = readFileSync(checkpoints, "utf8")
      // As an earlier release has left it.
      const lines = bare
        .trimEnd()
        .split("\n")
        .map((line) => {
          const { trail: _, ...rest } = JSON.parse(line.slice(9))
          const json = JSON.stringify(rest)
          return `${crc32(json).toString(16).padStart(8, "0")} ${json}\n`
        })
      writeFileSync(checkpoints, lines.join(""))
      truncateSync(path, bytesOf(0, 600))
      yield* life(1_600)
      assert.deepStrictEqual(received(world), [...numbered(0, 1_000), ...numbered(0, 600)])
      assert.match(world.warnings[0] ?? "", /nothing is known of its lines, so it is read again/)
    }).pipe(Effect.scoped)
  )
})

describe("a file that was truncated while nobody looked", () => {
  it.live("is read from its beginning where that is another one", () =>
    Effect.gen(function* () {
      for (const added of [5, 2_000]) {
        const { life, path, world } = yield* readBefore(1_000)
        truncateSync(path)
        appendFileSync(path, textOf(numbered(3_000, 3_000 + added)))
        yield* life(1_000 + added)
        assert.deepStrictEqual(received(world), [...numbered(0, 1_000), ...numbered(3_000, 3_000 + added)])
        assert.deepStrictEqual(world.warnings, [])
      }
    }).pipe(Effect.scoped)
  )

  it.live("is read from its beginning where that is the same, and a copy of what it was lies beside it", () =>
    Effect.gen(function* () {
      const { life, path, world } = yield* readBefore(1_000)
      copyFileSync(path, `${path}.1`)
      truncateSync(path)
      appendFileSync(path, textOf(numbered(0, 20)))
      yield* life(1_020)
      assert.deepStrictEqual(received(world), [...numbered(0, 1_000), ...numbered(0, 20)])
    }).pipe(Effect.scoped)
  )

  it.live("is read from its beginning when it was empty first", () =>
    Effect.gen(function* () {
      const { folder, path, world } = yield* readBefore(1_000)
      truncateSync(path)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* start(world, folder, { path })
          appendFileSync(path, textOf(numbered(0, 20)))
          yield* receivesUpTo(world, 1_020)
        })
      )
      assert.deepStrictEqual(received(world), [...numbered(0, 1_000), ...numbered(0, 20)])
    }).pipe(Effect.scoped)
  )
})
