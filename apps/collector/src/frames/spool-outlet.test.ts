// SpoolOutlet against a broker that forgets ids, refuses, stores without answering and goes away, over crashes of the collector.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, describe, expect, it } from "@effect/vitest"
import { countMessages, decodeFrameHeader, encodeFrameHeader } from "@tailrace/domain/frame"
import { waitFor } from "@tailrace/testing/wait-until"
import * as fc from "fast-check"
import type { Refusal } from "../refusal.ts"
import { Spool } from "../spool/spool.ts"
import type { Broker, OutgoingFrame } from "./outlet.ts"
import { SpoolOutlet } from "./spool-outlet.ts"

const root = mkdtempSync(join(tmpdir(), "tailrace-outlet-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folders = 0

const modes = ["takes", "refuses", "stores silently", "answers nothing", "flaps"] as const
type Mode = (typeof modes)[number]

const unavailable: Refusal = { reason: "unavailable", message: "no answer" }
const full: Refusal = { reason: "full", message: "stream is full" }

/** A raw stream without a duplicate window: exactness has to come from the collector alone. */
class ModelBroker {
  mode: Mode = "takes"
  lagging = false
  connected = true
  readonly stored: Array<{ readonly id: string; readonly dropped: number; readonly messages: number }> = []
  asked = 0
  private flaps = 0

  /** The broker as one life of the collector sees it; after `die` nothing it does has an effect. */
  life() {
    let dead = false
    const never = new Promise<never>(() => undefined)
    const broker: Broker = {
      publish: async ({ headers, id, payload }) => {
        await Promise.resolve()
        if (dead) return never
        const mode = this.mode === "flaps" ? modes[this.flaps++ % 4] : this.mode
        if (mode === "refuses") return full
        if (mode === "answers nothing" || !this.connected) return unavailable
        const header = decodeFrameHeader((name) => headers[name])
        const dropped = Object.values(header.dropped ?? {}).reduce((sum, count) => sum + count, 0)
        const sequence = this.stored.push({ id, dropped, messages: countMessages(payload, header.layout) })
        return mode === "takes" ? { sequence } : unavailable
      },
      storedIds: async ({ after, ids }) => {
        if (dead) return never
        this.asked++
        if (!this.connected || this.mode === "answers nothing") throw new Error("no answer")
        return new Set(this.stored.slice(after).flatMap(({ id }) => (ids.has(id) ? [id] : [])))
      },
      connected: () => this.connected,
      lagging: () => this.lagging,
      freeBytes: () => 1e9,
      sequence: () => this.stored.length,
      attempted: () => undefined,
      now: () => 0,
      // The shortest waits.
      random: () => 0
    }
    return {
      broker,
      die: () => {
        dead = true
      }
    }
  }
}

const frame = (id: number, more: Partial<OutgoingFrame> = {}): OutgoingFrame => ({
  subject: "logs.in.t.s",
  id: `id-${id}`,
  headers: encodeFrameHeader({ layout: "lines", codec: "auto", receivedMillis: 60_000, attributes: {}, resource: {} }),
  component: "http",
  keyed: false,
  repeated: false,
  patient: true,
  droppable: false,
  payload: Buffer.from(`line ${id}\n`),
  ...more
})

const opened: Array<Spool> = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((spool) => spool.close()))
})

const watcher = { warn: () => undefined, damaged: () => undefined, dropped: () => undefined }

const start = async (model: ModelBroker, folder: string, maxBytes = 1_000_000) => {
  const life = model.life()
  const spool = await Spool.open({ folder, maxBytes, segmentBytes: 900 }, watcher)
  opened.push(spool)
  const reports: Array<string | undefined> = []
  const outlet = new SpoolOutlet(spool, life.broker, (problem) => void reports.push(problem))
  return { spool, outlet, reports, die: life.die }
}

const isDirect = (running: { readonly reports: ReadonlyArray<string | undefined>; readonly spool: Spool }) =>
  running.spool.isEmpty && running.reports.at(-1) === undefined

const untilDirect = (running: { readonly reports: ReadonlyArray<string | undefined>; readonly spool: Spool }) =>
  waitFor(
    () => isDirect(running),
    (direct) => direct,
    { what: "an empty spool", everyMillis: 2 }
  )

const newFolder = () => join(root, String(folders++))

describe("SpoolOutlet", () => {
  it("writes nothing while the broker takes frames", async () => {
    const model = new ModelBroker()
    const running = await start(model, newFolder())
    for (let id = 0; id < 50; id++) expect(await running.outlet.deliver(frame(id))).toBeUndefined()
    expect(running.reports).toEqual([])
    expect(running.spool.bytes).toBe(0)
    expect(model.stored.length).toBe(50)
  })

  it("brings every frame that was told yes exactly once and in order, over crashes, refusals and answers that got lost", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("send" as const), count: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ kind: fc.constant("mode" as const), mode: fc.constantFrom(...modes) }),
      fc.record({ kind: fc.constant("connection" as const), connected: fc.boolean() }),
      fc.record({ kind: fc.constant("turns" as const), count: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ kind: fc.constant("crash" as const) })
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const model = new ModelBroker()
        const folder = newFolder()
        let running = await start(model, folder)
        let given = 0
        const yes = new Set<string>()
        for (const one of steps) {
          if (one.kind === "send") {
            for (let i = 0; i < one.count; i++) {
              const next = frame(given++)
              running.outlet.deliver(next).then((refusal) => refusal === undefined && yes.add(next.id))
            }
          } else if (one.kind === "mode") model.mode = one.mode
          else if (one.kind === "connection") {
            model.connected = one.connected
            running.outlet.connectionChanged()
          } else if (one.kind === "turns") {
            for (let i = 0; i < one.count; i++) await new Promise((resolve) => setImmediate(resolve))
          } else {
            running.die()
            await running.spool.close()
            running = await start(model, folder)
          }
        }
        model.mode = "takes"
        model.connected = true
        running.outlet.connectionChanged()
        await untilDirect(running)
        const last = running.outlet.deliver(frame(given))
        expect(await last).toBeUndefined()
        const ids = model.stored.map(({ id }) => Number(id.slice(3)))
        expect(new Set(ids).size).toBe(ids.length)
        // A broker that refuses a frame and takes the next one has changed their order before anybody can know.
        const flapped = steps.some((one) => one.kind === "mode" && one.mode === "flaps")
        if (!flapped) expect(ids).toEqual(ids.toSorted((a, b) => a - b))
        expect([...yes].filter((id) => !model.stored.some((one) => one.id === id))).toEqual([])
      }),
      { numRuns: 60 }
    )
  })

  it("asks the broker only for frames that were sent before", async () => {
    const model = new ModelBroker()
    const running = await start(model, newFolder())
    model.connected = false
    running.outlet.connectionChanged()
    for (let id = 0; id < 20; id++) expect(await running.outlet.deliver(frame(id))).toBeUndefined()
    expect(running.spool.frames).toBe(20)
    model.connected = true
    running.outlet.connectionChanged()
    await untilDirect(running)
    expect(model.asked).toBe(0)
    expect(model.stored.length).toBe(20)
  })

  it("holds patient frames and refuses the others once the disk is full, and goes on when there is room", async () => {
    const model = new ModelBroker()
    const running = await start(model, newFolder(), 3_000)
    model.mode = "refuses"
    let id = 0
    let refusal: Refusal | undefined
    for (; refusal === undefined; id++) refusal = await running.outlet.deliver(frame(id, { patient: false }))
    expect(refusal.reason).toBe("full")
    expect(running.spool.bytes).toBeLessThanOrEqual(3_000)
    const held = [0, 1, 2].map((i) => running.outlet.deliver(frame(id + i)))
    expect(await running.outlet.deliver(frame(1_000, { patient: false }))).toEqual(refusal)
    model.mode = "takes"
    expect(await Promise.all(held)).toEqual([undefined, undefined, undefined])
    await untilDirect(running)
    const expected = Array.from({ length: id + 3 }, (_, i) => i).filter((i) => i !== id - 1)
    expect(model.stored.map((one) => Number(one.id.slice(3)))).toEqual(expected)
  })

  it("takes a frame that a source brings again for the one it has", async () => {
    const model = new ModelBroker()
    const folder = newFolder()
    const first = await start(model, folder)
    model.connected = false
    first.outlet.connectionChanged()
    expect(await first.outlet.deliver(frame(0, { keyed: true }))).toBeUndefined()
    first.die()
    const second = await start(model, folder)
    const answers = [0, 1, 1].map((id) => second.outlet.deliver(frame(id, { keyed: true })))
    expect(await Promise.all(answers)).toEqual([undefined, undefined, undefined])
    expect(second.spool.frames).toBe(2)
  })

  it("asks the broker before it sends what a source may have sent in an earlier life", async () => {
    const model = new ModelBroker()
    model.stored.push({ id: "id-0", dropped: 0, messages: 1 }, { id: "id-1", dropped: 0, messages: 1 })
    const running = await start(model, newFolder())
    const answers = [0, 1, 2].map((id) => running.outlet.deliver(frame(id, { keyed: true, repeated: true })))
    answers.push(running.outlet.deliver(frame(3)))
    expect(await Promise.all(answers)).toEqual([undefined, undefined, undefined, undefined])
    await untilDirect(running)
    expect(model.stored.map(({ id }) => id)).toEqual(["id-0", "id-1", "id-2", "id-3"])
  })

  it("keeps on the disk at its end what the broker did not take", async () => {
    const model = new ModelBroker()
    const folder = newFolder()
    const first = await start(model, folder)
    model.mode = "stores silently"
    const answers = [0, 1, 2].map((id) => first.outlet.deliver(frame(id)))
    await first.outlet.stop()
    expect(await Promise.all(answers)).toEqual([undefined, undefined, undefined])
    expect((await first.outlet.deliver(frame(3)))?.reason).toBe("stopping")
    model.mode = "takes"
    await untilDirect(await start(model, folder))
    expect(model.stored.map(({ id }) => id)).toEqual(["id-0", "id-1", "id-2"])
  })
})
