// Spool: order, durability and bounds over crashes at any byte, damaged files, lost cursors and dropped frames.
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "@effect/vitest"
import { decodeFrameHeader, encodeFrameHeader, type FrameHeader } from "@tailrace/domain/frame"
import { packFrame } from "@tailrace/streams/frame-encoding"
import * as fc from "fast-check"
import type { NewFrame, SpoolRecord } from "./record.ts"
import { Spool } from "./spool.ts"

const root = mkdtempSync(join(tmpdir(), "tailrace-spool-"))
let folders = 0
const opened: Array<Spool> = []
afterEach(async () => {
  // Closing writes nothing, so an abandoned spool looks on the disk like one that was killed.
  await Promise.all(opened.splice(0).map((spool) => spool.close()))
  rmSync(root, { recursive: true, force: true })
})

const newFolder = () => join(root, `spool-${folders++}`)

const header: FrameHeader = { layout: "lines", codec: "auto", receivedMillis: 60_000, attributes: {}, resource: {} }

const frame = (id: number, more: Partial<NewFrame> = {}): NewFrame => ({
  subject: "logs.in.t.s",
  id: `id-${id}`,
  headers: encodeFrameHeader(header),
  component: "http",
  droppable: false,
  keyed: false,
  tried: false,
  after: 0,
  payload: Buffer.from(`line ${id}\nmore\n`),
  ...more
})

const watch = () => {
  const seen = { warnings: [] as Array<string>, damagedBytes: 0, missing: 0, dropped: 0 }
  return {
    seen,
    warn: (message: string) => void seen.warnings.push(message),
    damaged: (bytes: number, records: number) => {
      seen.damagedBytes += bytes
      seen.missing += records
    },
    dropped: (_: string, records: number) => {
      seen.dropped += records
    }
  }
}

const open = async (folder: string, more: { maxBytes?: number; segmentBytes?: number } = {}) => {
  const watcher = watch()
  const spool = await Spool.open({ folder, maxBytes: 1_000_000, segmentBytes: 700, ...more }, watcher)
  opened.push(spool)
  return { spool, seen: watcher.seen }
}

const all = { frames: 1_000, bytes: 1_000_000 }

/** Sends everything; answers the ids in the order in which they went. */
const drain = async (spool: Spool): Promise<Array<string>> => {
  const ids: Array<string> = []
  for (;;) {
    const records = await spool.peek(all)
    const last = records[records.length - 1]
    if (last === undefined) return ids
    ids.push(...records.map(({ id }) => id))
    await spool.sent(last, ids.length)
  }
}

const segments = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".spool"))

describe("Spool", () => {
  it("gives back what was put in, in order, over any mixture of sending, crashes and restarts", async () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant("append" as const), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant("send" as const), count: fc.integer({ min: 1, max: 7 }) }),
      fc.record({ kind: fc.constant("crash" as const) })
    )
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        const folder = newFolder()
        let { spool } = await open(folder)
        let given = 0
        const expected: Array<string> = []
        for (const one of actions) {
          if (one.kind === "append") {
            const frames = Array.from({ length: one.count }, () => frame(given++))
            await spool.append(frames)
            expected.push(...frames.map(({ id }) => id))
          } else if (one.kind === "send") {
            const records = await spool.peek({ frames: one.count, bytes: 1_000_000 })
            const last = records[records.length - 1]
            expect(records.map(({ id }) => id)).toEqual(expected.slice(0, records.length))
            if (last !== undefined) await spool.sent(last, given)
            expected.splice(0, records.length)
          } else spool = (await open(folder)).spool
          expect(spool.frames).toBe(expected.length)
        }
        expect(await drain(spool)).toEqual(expected)
        expect(segments(folder)).toEqual([])
        expect(spool.bytes).toBe(0)
      }),
      { numRuns: 40 }
    )
  })

  it("knows an interrupted write at any byte, cuts it off, and goes on behind it", async () => {
    const folder = newFolder()
    const { spool } = await open(folder, { segmentBytes: 100_000 })
    await spool.append([frame(0)])
    const before = spool.bytes
    await spool.append([frame(1)])
    const [name] = segments(folder) as [string]
    for (let cut = before; cut < spool.bytes; cut += 7) {
      const copy = newFolder()
      cpSync(folder, copy, { recursive: true })
      truncateSync(join(copy, name), cut)
      const { seen, spool: after } = await open(copy)
      await after.append([frame(2)])
      expect(await drain(after)).toEqual(["id-0", "id-2"])
      expect(seen).toMatchObject({ damagedBytes: 0, missing: 0 })
      expect(seen.warnings.length).toBe(cut > before ? 1 : 0)
    }
  })

  it("sends everything but a damaged frame, counts it, tells of it and keeps its bytes", async () => {
    const folder = newFolder()
    const { spool } = await open(folder)
    for (let id = 0; id < 9; id++) await spool.append([frame(id)])
    await spool.close()
    const names = segments(folder)
    expect(names.length).toBeGreaterThan(2)
    for (const [i, name] of names.entries()) {
      const copy = newFolder()
      cpSync(folder, copy, { recursive: true })
      const bytes = readFileSync(join(copy, name))
      const at = bytes.indexOf("line ")
      const hit = `id-${bytes.toString("latin1", at + 5, at + 6)}`
      bytes[at] = 0
      writeFileSync(join(copy, name), bytes)
      const { seen, spool: after } = await open(copy)
      const rest = Array.from({ length: 9 }, (_, id) => `id-${id}`).filter((id) => id !== hit)
      expect(await drain(after)).toEqual(rest)
      expect(seen.damagedBytes, `segment ${i}`).toBeGreaterThan(0)
      expect(seen.missing).toBe(1)
      const kept = readdirSync(join(copy, "damaged"))
      expect(kept.length).toBe(1)
      expect(readFileSync(join(copy, "damaged", kept[0] as string)).length).toBe(seen.damagedBytes)
    }
  })

  it("tells how many frames are missing when a segment lost its end or is gone", async () => {
    const folder = newFolder()
    const { spool } = await open(folder)
    for (let id = 0; id < 9; id++) await spool.append([frame(id)])
    await spool.close()
    const [first, second] = segments(folder) as [string, string]
    truncateSync(join(folder, first), 20)
    rmSync(join(folder, second))
    const { seen, spool: after } = await open(folder)
    const ids = await drain(after)
    expect(ids.length + seen.missing).toBe(9)
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, i) => `id-${9 - ids.length + i}`))
  })

  it("goes on from the other slot when the write of its cursor was interrupted, and doubts the first frames without one", async () => {
    const folder = newFolder()
    const { spool } = await open(folder)
    for (let id = 0; id < 9; id++) await spool.append([frame(id)])
    for (const count of [1, 1]) {
      const records = await spool.peek({ frames: count, bytes: 1_000_000 })
      await spool.sent(records[0] as SpoolRecord, 5)
    }
    const torn = newFolder()
    cpSync(folder, torn, { recursive: true })
    const cursor = readFileSync(join(torn, "cursor"))
    cursor.write("garbage", 0)
    writeFileSync(join(torn, "cursor"), cursor)
    const { seen: tornSeen, spool: behind } = await open(torn)
    expect((await drain(behind)).slice(-7)).toEqual(Array.from({ length: 7 }, (_, i) => `id-${i + 2}`))
    expect(tornSeen.missing).toBe(0)

    writeFileSync(join(folder, "cursor"), "")
    const { seen, spool: lost } = await open(folder)
    const records = await lost.peek(all)
    expect(records[0]?.id).toBe("id-0")
    expect(records.every((record) => lost.isDoubtful(record))).toBe(true)
    expect(seen.warnings.join()).toContain("cursor")
    expect(await drain(lost)).toEqual(Array.from({ length: 9 }, (_, i) => `id-${i}`))
    expect(seen.missing).toBe(0)
  })

  it("remembers the ids of sources over a restart, so that a frame that comes again is not kept twice", async () => {
    const folder = newFolder()
    const { spool } = await open(folder)
    await spool.append([frame(0, { keyed: true }), frame(1)])
    expect([spool.has("id-0"), spool.has("id-1")]).toEqual([true, false])
    const { spool: after } = await open(folder)
    expect([after.has("id-0"), after.has("id-1")]).toEqual([true, false])
  })

  it("takes no more than its limit, and makes room by dropping the oldest that may be dropped, every record counted", async () => {
    const folder = newFolder()
    const { seen, spool } = await open(folder, { maxBytes: 8_000, segmentBytes: 2_000 })
    let given = 0
    const messages = 300
    const size = 400
    const packed = packFrame(header, Buffer.from("line\n".repeat(messages)), "zstd")
    for (; given < 100; given++) {
      while (!spool.fits(size)) expect(await spool.dropOldest()).toBe(true)
      // One in twenty may not be dropped.
      await spool.append([frame(given, { ...packed, droppable: given % 20 !== 0 })])
      expect(spool.bytes).toBeLessThanOrEqual(8_000)
      if (given === 12) expect(await spool.dropOldest()).toBe(true)
    }
    const { seen: later, spool: after } = await open(folder)
    let counted = 0
    let kept = 0
    let last = -1
    for (let records = await after.peek(all); records.length > 0; records = await after.peek(all)) {
      for (const record of records) {
        const dropped = Object.values(decodeFrameHeader((name) => record.headers[name]).dropped ?? {})
        counted += dropped.reduce((sum, count) => sum + count, 0)
        if (record.payload.length === 0) continue
        kept += messages
        const id = Number(record.id.slice(3))
        expect(id).toBeGreaterThan(last)
        last = id
      }
      await after.sent(records[records.length - 1] as SpoolRecord, 1)
    }
    expect(kept + counted).toBe(given * messages)
    expect(counted).toBe(seen.dropped)
    expect(counted).toBeGreaterThan(0)
    expect(last).toBe(99)
    expect(later).toMatchObject({ missing: 0, damagedBytes: 0 })
  })

  it("never drops what may have been sent, nor what a sender may not lose", async () => {
    const { spool } = await open(newFolder())
    await spool.append([frame(0, { droppable: true, tried: true }), frame(1)])
    expect(await spool.dropOldest()).toBe(false)
    const more = [2, 3].map((id) => frame(id, { droppable: true }))
    await spool.append(more)
    await drain(spool)
    await spool.append(more)
    await spool.peek({ frames: 1, bytes: 1 })
    expect(await spool.dropOldest()).toBe(true)
    expect(await drain(spool)).toEqual(["id-2", "id-3-dropped"])
  })

  it("counts nothing of a write that failed, and goes on in a new segment", async () => {
    const folder = newFolder()
    // A file may not grow beyond 64 KiB here, so writes fail in their middle. Frames of an even number are short.
    const script = `
      import { Spool } from ${JSON.stringify(new URL("./spool.ts", import.meta.url).href)}
      const watcher = { warn: () => {}, damaged: () => {}, dropped: () => {} }
      const spool = await Spool.open({ folder: ${JSON.stringify(folder)}, maxBytes: 1e9, segmentBytes: 1e9 }, watcher)
      const yes = []
      for (let id = 0; id < 60; id++) {
        const payload = Buffer.alloc(id % 2 === 0 ? 10 : 9_000)
        const head = { subject: "logs.in.t.s", headers: {}, component: "http" }
        const flags = { droppable: false, keyed: false, tried: false, after: 0 }
        await spool.append([{ ...head, ...flags, id: "id-" + id, payload }]).then(() => yes.push("id-" + id), () => {})
      }
      console.log(JSON.stringify(yes))`
    const limited = spawnSync("bash", [
      "-c",
      'ulimit -f 64; exec "$0" --input-type=module -e "$1"',
      process.execPath,
      script
    ])
    const yes = JSON.parse(limited.stdout.toString() || "[]") as Array<string>
    expect(yes.length, limited.stderr.toString()).toBeGreaterThan(30)
    expect(yes.length).toBeLessThan(60)
    expect(segments(folder).length).toBeGreaterThan(2)
    const { seen, spool } = await open(folder)
    expect(await drain(spool)).toEqual(yes)
    expect(seen).toMatchObject({ missing: 0, damagedBytes: 0 })
  })
})
