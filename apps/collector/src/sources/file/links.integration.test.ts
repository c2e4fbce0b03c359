// Links in folders that others write into: they lead the collector to no file that their maker could not read himself.
import { chmodSync, lchownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { testIntake } from "../../frames/intake.harness.ts"
import { numbered, received, receivesUpTo, start, temporaryFolder, textOf } from "./file.harness.ts"

const stranger = 65_534
const isRoot = process.getuid?.() === 0

/** A folder that everybody may write into, a secret of the collector's user outside, and a log that is read meanwhile. */
const shared = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  chmodSync(folder, 0o755)
  const logs = join(folder, "logs")
  const secret = join(folder, "secret")
  mkdirSync(logs)
  chmodSync(logs, 0o1777)
  writeFileSync(secret, textOf(["secret"]), { mode: 0o600 })
  const plant = (target: string, name: string) => {
    symlinkSync(target, join(logs, name))
    lchownSync(join(logs, name), stranger, stranger)
  }
  return { folder, logs, secret, plant, world: testIntake() }
})

const warned = (world: ReturnType<typeof testIntake>, count: number) =>
  Effect.promise(() =>
    waitFor(
      () => world.warnings,
      (all) => all.length >= count
    )
  )

describe.skipIf(!isRoot)("a link that another user planted among the logs", () => {
  it.live("is not followed to a file that only the collector may read, and that is said once", () =>
    Effect.gen(function* () {
      const { folder, logs, plant, secret, world } = yield* shared
      const closed = join(folder, "closed")
      mkdirSync(closed, { mode: 0o700 })
      writeFileSync(join(closed, "open.log"), textOf(["secret too"]), { mode: 0o644 })
      plant(secret, "app.log")
      plant(join(closed, "open.log"), "other.log")
      plant(closed, "deep")
      writeFileSync(join(logs, "real.log"), textOf(numbered(0, 10)))
      yield* start(world, folder, { path: join(logs, "*.log") })
      yield* start(world, join(folder, "second"), { path: join(logs, "app.log") })
      yield* start(world, join(folder, "third"), { path: join(logs, "deep", "open.log") })
      yield* receivesUpTo(world, 10)
      writeFileSync(join(logs, "real.log"), textOf(numbered(10, 20)), { flag: "a" })
      yield* receivesUpTo(world, 20)
      yield* warned(world, 4)
      assert.deepStrictEqual(received(world), numbered(0, 20))
      assert.strictEqual(world.warnings.length, 4)
      assert.match(
        world.warnings.join("\n"),
        /the link .*app\.log is not followed: it belongs to user 65534 and leads to .*secret/
      )
    }).pipe(Effect.scoped)
  )

  it.live("is not taken for a generation of a log that was rotated, nor for a compressed one", () =>
    Effect.gen(function* () {
      const { folder, logs, plant, world } = yield* shared
      const path = join(logs, "app.log")
      writeFileSync(join(folder, "packed"), gzipSync(textOf(["secret"])), { mode: 0o600 })
      writeFileSync(path, textOf(numbered(0, 10)))
      yield* start(world, folder, { path: join(logs, "app.log") })
      yield* start(world, join(folder, "second"), { path: join(logs, "*.gz") })
      yield* receivesUpTo(world, 10)
      // Made just now, as a file that came and went between two looks.
      writeFileSync(join(folder, "fresh"), textOf(["secret"]), { mode: 0o600 })
      plant(join(folder, "fresh"), "app.log.1")
      plant(join(folder, "packed"), "old.gz")
      renameSync(path, `${path}.2`)
      writeFileSync(path, textOf(numbered(10, 20)))
      yield* receivesUpTo(world, 20)
      yield* warned(world, 1)
      assert.deepStrictEqual(received(world).toSorted(), numbered(0, 20).toSorted())
    }).pipe(Effect.scoped)
  )

  it.live("gives nothing away when it takes a file's place after that was looked at", () =>
    Effect.gen(function* () {
      const { folder, logs, plant, secret, world } = yield* shared
      const path = join(logs, "app.log")
      yield* start(world, folder, { path: join(logs, "*.log") })
      for (let round = 0; round < 200; round++) {
        writeFileSync(path, "")
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        rmSync(path)
        plant(secret, "app.log")
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        rmSync(path)
      }
      writeFileSync(join(logs, "last.log"), textOf(["last"]))
      yield* receivesUpTo(world, 1)
      assert.deepStrictEqual(received(world), ["last"])
    }).pipe(Effect.scoped)
  )
})

describe("a link", () => {
  it.live("of root or of the collector's user is followed, and one to what everybody may read", () =>
    Effect.gen(function* () {
      const { folder, logs, secret, world } = yield* shared
      symlinkSync(secret, join(logs, "own.log"))
      const open = join(folder, "open.log")
      writeFileSync(open, textOf(["open"]), { mode: 0o644 })
      symlinkSync("../open.log", join(logs, "open.log"))
      if (isRoot) lchownSync(join(logs, "open.log"), stranger, stranger)
      yield* start(world, folder, { path: join(logs, "*.log") })
      assert.deepStrictEqual([...(yield* receivesUpTo(world, 2))].toSorted(), ["open", "secret"])
      assert.deepStrictEqual(world.warnings, [])
    }).pipe(Effect.scoped)
  )

  it.live("to a folder is not gone into by a wildcard, and that is said once with what to do", () =>
    Effect.gen(function* () {
      const { folder, logs, world } = yield* shared
      mkdirSync(join(folder, "elsewhere"))
      writeFileSync(join(folder, "elsewhere", "a.log"), textOf(["elsewhere"]))
      symlinkSync(join(folder, "elsewhere"), join(logs, "linked"))
      mkdirSync(join(logs, "real"))
      writeFileSync(join(logs, "real", "a.log"), textOf(["real"]))
      yield* start(world, folder, { path: join(logs, "*", "*.log") })
      yield* start(world, join(folder, "second"), { path: join(logs, "linked", "*.log") })
      assert.deepStrictEqual([...(yield* receivesUpTo(world, 2))].toSorted(), ["elsewhere", "real"])
      yield* warned(world, 1)
      assert.match(world.warnings.join("\n"), /linked is not followed: wildcards do not go into links to folders; name/)
      assert.strictEqual(world.warnings.length, 1)
    }).pipe(Effect.scoped)
  )
})
