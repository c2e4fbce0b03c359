// Power of a followed file: the log of checkpoints, and the file itself, lose what was not synced, in any combination.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, expect, it } from "@effect/vitest"
import { seededRandom } from "@tailrace/domain/seeded-random"
import { ModelDisk, modelDisks } from "@tailrace/testing/model-disk"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { vi } from "vitest"
import { testIntake } from "../../frames/intake.harness.ts"
import { nothing } from "./checkpoint.ts"
import { CheckpointLog } from "./checkpoint-log.ts"
import { received, start, temporaryFolder, textOf } from "./file.harness.ts"
import { pieceOf } from "./trail.ts"

vi.mock("node:fs/promises", async (original) => {
  const { withModelDisks } = await import("@tailrace/testing/model-disk")
  return withModelDisks(await original())
})

const root = mkdtempSync(join(tmpdir(), "tailrace-checkpoint-power-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Four lives of a log that saves for three files; answers what of its promises is broken. */
const logStory = async (seed: number, ignoresSyncs: boolean): Promise<ReadonlyArray<string>> => {
  const random = seededRandom(seed)
  const folder = join(root, `${seed}-${ignoresSyncs}`)
  const disk = new ModelDisk(folder, random)
  disk.ignoresSyncs = ignoresSyncs
  modelDisks.set(folder, disk)
  const problems: Array<string> = []
  const given = new Map<string, number>()
  const told = new Map<string, number>()
  const check = (log: CheckpointLog) => {
    if (told.size > 0 && !log.existed) problems.push("the log has never been")
    for (const [id, offset] of told) {
      const found = log.checkpoints.get(id)?.offset ?? 0
      const known = log.trails.of(id).at(-1)?.to ?? 0
      if (found < offset || found > (given.get(id) ?? 0)) problems.push(`${id} is at ${found}, not ${offset}`)
      if (known < found) problems.push(`lines of ${id} are known to ${known} of ${found}`)
    }
  }
  const save = async (log: CheckpointLog, id: string) => {
    const from = log.checkpoints.get(id)?.offset ?? 0
    const piece = pieceOf(Buffer.from("line\n".repeat(1 + Math.floor(random() * 200))), from)
    given.set(id, piece.to)
    const checkpoint = { id, path: `/log/${id}`, key: `1:${id}`, head: nothing, mark: nothing, offset: piece.to }
    await log.save(checkpoint, [piece])
    told.set(id, Math.max(told.get(id) ?? 0, piece.to))
  }
  for (let life = 1; life <= 5; life++) {
    if (life < 5) disk.cutAt(1 + Math.floor(random() * 30))
    let log: CheckpointLog | undefined
    try {
      log = await CheckpointLog.open(
        folder,
        () => 0,
        () => undefined
      )
      check(log)
      for (let step = 0; life < 5 && step < 12; step++) {
        const ids = ["a", "b", "c"].filter(() => random() < 0.5)
        await Promise.all(ids.map((id) => save(log as CheckpointLog, id)))
      }
    } catch (cause) {
      if (!disk.isCut) throw cause
    } finally {
      await log?.close()
    }
    await disk.restart()
  }
  modelDisks.delete(folder)
  return problems
}

describe("a log of checkpoints whose disk loses its power", () => {
  it("has every checkpoint that it said is saved, with its lines, over 100 seeds", async () => {
    for (let seed = 1; seed <= 100; seed++) {
      expect({ seed, problems: await logStory(seed, false) }).toEqual({ seed, problems: [] })
    }
  })

  it("is found out within them where its disk syncs nothing", async () => {
    let found = 0
    for (let seed = 1; seed <= 100 && found === 0; seed++) found = (await logStory(seed, true)).length
    expect(found).toBeGreaterThan(0)
  })
})

/** Lives of a collector that follows a file whose program never syncs it, on one disk with the checkpoints. */
const fileStory = (seed: number) =>
  Effect.gen(function* () {
    const random = seededRandom(seed)
    const folder = yield* temporaryFolder
    const path = join(folder, "app.log")
    const disk = new ModelDisk(join(folder, "checkpoints"), random)
    modelDisks.set(join(folder, "checkpoints"), disk)
    let written = 0
    const write = (count: number) => {
      const lines = Array.from({ length: count }, () => `record ${written++} of seed ${seed}`)
      appendFileSync(path, textOf(lines))
    }
    const linesOfFile = () => readFileSync(path, "utf8").split("\n").slice(0, -1)
    const lives: Array<ReturnType<typeof testIntake>> = []
    const live = (until: (world: ReturnType<typeof testIntake>) => boolean) => {
      const world = testIntake({ frameBytes: 2_048, maxFrameBytes: 4_096 })
      lives.push(world)
      return Effect.scoped(
        Effect.gen(function* () {
          yield* start(world, folder, { path })
          yield* Effect.promise(() => waitFor(() => disk.isCut || until(world), Boolean))
          disk.cutAt(1)
          yield* Effect.promise(() => world.intake.close(1))
        })
      )
    }
    writeFileSync(path, "")
    for (let life = 1; life <= 3; life++) {
      write(1 + Math.floor(random() * 300))
      const last = linesOfFile().at(-1) as string
      if (random() < 0.5) disk.cutAt(3 + Math.floor(random() * 6))
      yield* live((world) => received(world).includes(last)).pipe(Effect.exit)
      yield* Effect.promise(() => disk.restart())
      const lines = linesOfFile()
      truncateSync(path, Buffer.byteLength(textOf(lines.slice(0, 1 + Math.floor(random() * lines.length)))))
    }
    write(50)
    const lastOfAll = linesOfFile().at(-1) as string
    yield* live((world) => received(world).includes(lastOfAll))
    modelDisks.delete(join(folder, "checkpoints"))
    // What a broker that knows ids keeps of all lives: the first of each.
    const stored = new Map<string, ReadonlyArray<string>>()
    for (const { id, messages } of lives.flatMap(({ published }) => published))
      if (!stored.has(id)) stored.set(id, messages)
    const all = [...stored.values()].flat()
    const twice = all.filter((line, i) => all.indexOf(line) !== i)
    const lost = linesOfFile().filter((line) => !all.includes(line))
    assert.deepStrictEqual({ seed, lost, twice }, { seed, lost: [], twice: [] })
  }).pipe(Effect.scoped)

describe("a followed file that loses its end with its checkpoints' disk", () => {
  const seeds = [...Array.from({ length: 20 }, (_, i) => i + 1), 417]
  it.live.each(seeds)("is stored once, each line that is there, from seed %i", fileStory)
})
