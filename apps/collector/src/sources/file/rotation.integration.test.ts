// Rotation over a real folder: every line once, whether a file is renamed, copied, truncated or compressed.
import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { testIntake } from "../../frames/intake.harness.ts"
import { numbered, received, receivesUpTo, start, temporaryFolder, textOf } from "./file.harness.ts"

describe("a rotated file", () => {
  it.live.each(["app.log", "app.log*"])(
    "loses and doubles nothing when %s is rotated by rename while written",
    (pattern) =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const world = testIntake()
        const path = join(folder, "app.log")
        writeFileSync(path, "")
        yield* start(world, folder, { path: join(folder, pattern) })
        for (let round = 0; round < 10; round++) {
          appendFileSync(path, textOf(numbered(round * 100, round * 100 + 50)))
          // Only a pattern that matches the new name finds a file that was renamed before it was seen.
          if (pattern === "app.log") yield* receivesUpTo(world, round * 100 + 50)
          renameSync(path, `${path}.${round}`)
          // The writer has not noticed yet.
          appendFileSync(`${path}.${round}`, textOf(numbered(round * 100 + 50, round * 100 + 100)))
          writeFileSync(path, "")
          yield* receivesUpTo(world, (round + 1) * 100)
        }
        assert.deepStrictEqual([...received(world)].sort(), numbered(0, 1000).sort())
      }).pipe(Effect.scoped)
  )

  it.live("loses and doubles nothing when a file is copied and truncated", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const world = testIntake()
      const path = join(folder, "app.log")
      writeFileSync(path, textOf(numbered(0, 200)))
      yield* start(world, folder, { path: join(folder, "app.log*") })
      yield* receivesUpTo(world, 200)
      for (let round = 1; round <= 5; round++) {
        appendFileSync(path, textOf(numbered(round * 200, round * 200 + 100)))
        copyFileSync(path, `${path}.${round}`)
        truncateSync(path)
        appendFileSync(path, textOf(numbered(round * 200 + 100, round * 200 + 200)))
        yield* receivesUpTo(world, (round + 1) * 200)
      }
      assert.deepStrictEqual([...received(world)].sort(), numbered(0, 1200).sort())
    }).pipe(Effect.scoped)
  )

  it.live("reads a file again that was truncated and has grown past the old place", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const world = testIntake()
      const path = join(folder, "app.log")
      writeFileSync(path, textOf(numbered(0, 100)))
      yield* start(world, folder, { path })
      yield* receivesUpTo(world, 100)
      writeFileSync(path, textOf(numbered(500, 700)))
      yield* receivesUpTo(world, 300)
      assert.deepStrictEqual(received(world), [...numbered(0, 100), ...numbered(500, 700)])
    }).pipe(Effect.scoped)
  )

  it.live("reads a gzip file once, and not what it read before it was compressed", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const world = testIntake()
      const path = join(folder, "app.log")
      writeFileSync(join(folder, "old.log.gz"), gzipSync(textOf(numbered(0, 300))))
      writeFileSync(path, textOf(numbered(300, 400)))
      const run = start(world, folder, { path: join(folder, "*.log*") })
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* run
          yield* receivesUpTo(world, 400)
          renameSync(path, `${path}.1`)
          appendFileSync(`${path}.1`, textOf(numbered(400, 450)))
          writeFileSync(path, textOf(numbered(450, 460)))
          yield* receivesUpTo(world, 460)
          writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(`${path}.1`)))
          unlinkSync(`${path}.1`)
          appendFileSync(path, textOf(numbered(460, 470)))
          yield* receivesUpTo(world, 470)
        })
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* run
          appendFileSync(path, textOf(numbered(470, 480)))
          yield* receivesUpTo(world, 480)
        })
      )
      assert.deepStrictEqual([...received(world)].sort(), numbered(0, 480).sort())
      assert.deepStrictEqual(world.warnings, [])
    }).pipe(Effect.scoped)
  )

  it.live("tells of a broken gzip file and reads it when it is whole", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const world = testIntake()
      const path = join(folder, "a.log.gz")
      const packed = gzipSync(textOf(numbered(0, 50)))
      writeFileSync(path, packed.subarray(0, packed.length - 20))
      yield* start(world, folder, { path })
      yield* Effect.promise(() =>
        waitFor(
          () => world.warnings,
          (all) => all.length > 0
        )
      )
      assert.match(world.warnings[0] ?? "", /cannot unpack .*a\.log\.gz: unexpected end of file/)
      writeFileSync(path, packed)
      assert.deepStrictEqual(yield* receivesUpTo(world, 50), numbered(0, 50))
    }).pipe(Effect.scoped)
  )

  it.live.each(["app.log", "app.log*"])(
    "goes on where it stopped, also in the rest of %s that was rotated meanwhile",
    (pattern) =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const world = testIntake()
        const path = join(folder, "app.log")
        writeFileSync(path, textOf(numbered(0, 100)))
        yield* Effect.scoped(
          Effect.andThen(start(world, folder, { path: join(folder, pattern) }), receivesUpTo(world, 100))
        )
        appendFileSync(path, textOf(numbered(100, 150)))
        renameSync(path, `${path}.1`)
        writeFileSync(path, textOf(numbered(150, 200)))
        yield* Effect.scoped(
          Effect.andThen(start(world, folder, { path: join(folder, pattern) }), receivesUpTo(world, 200))
        )
        assert.deepStrictEqual([...received(world)].sort(), numbered(0, 200).sort())
      }).pipe(Effect.scoped)
  )
})
