// Integration tests of server-sent events to readers that stop reading, leave, or ask for nothing that exists.
import { request } from "node:http"
import { assert, layer } from "@effect/vitest"
import { waitFor } from "@tailrace/testing/wait-until"
import { Context, Effect, Layer } from "effect"
import { batchOf, startWorld, type World } from "./api.harness.ts"

class Streamed extends Context.Service<Streamed, World>()("test/Streamed") {}
const streamed = (stalledSeconds: number) =>
  Layer.effect(Streamed, startWorld({ limits: { subscriberBytes: 1_000_000, stalledSeconds } }))

interface Counts {
  readonly matched: number
  readonly dropped: number
  readonly rows: number
}

interface Reader {
  readonly counts: () => Counts
  readonly text: () => string
  readonly pause: () => void
  readonly resume: () => void
  readonly closed: () => boolean
  readonly leave: () => void
}

/** A reader that can stop taking bytes from its socket. */
const open = (world: World, query: string): Reader => {
  let text = ""
  let closed = false
  const call = request(`${world.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" }
  })
  call.on("response", (response) => {
    response.setEncoding("utf8")
    response.on("data", (chunk) => {
      text += chunk
    })
    response.on("close", () => {
      closed = true
    })
    response.on("error", () => {})
  })
  call.on("error", () => {})
  call.end(JSON.stringify({ query }))
  const counts = (): Counts => {
    const sum = { matched: 0, dropped: 0, rows: 0 }
    for (const [, json] of text.matchAll(/^data: (\{.*\})$/gm)) {
      const { tail } = JSON.parse(json as string).data
      sum.matched += tail.matched
      sum.dropped += tail.dropped
      sum.rows += tail.rows.length
    }
    return sum
  }
  return {
    counts,
    text: () => text,
    pause: () => call.socket?.pause(),
    resume: () => call.socket?.resume(),
    closed: () => closed,
    leave: () => call.destroy()
  }
}

const tail = 'subscription { tail(query: "", maxRowsPerSecond: 1000000) { rows { id body } matched dropped } }'
let sequence = 0
const flood = async (world: World, batches: number): Promise<number> => {
  for (let batch = 0; batch < batches; batch++) {
    const rows = Array.from({ length: 200 }, (_, n) => ({ body: `${n} ${"x".repeat(1_000)}` }))
    await world.show(batchOf({ sequence: ++sequence }, [rows]))
  }
  return batches * 200
}

const withWorld = (run: (world: World) => Promise<void>) =>
  Effect.flatMap(Streamed, (world) => Effect.promise(() => run(world)))

layer(streamed(60), { excludeTestServices: true })("server-sent events", (it) => {
  const test = (name: string, run: (world: World) => Promise<void>): void => it.effect(name, () => withWorld(run))

  test("tell a reader that stopped for a while exactly how much it missed", async (world) => {
    const reader = open(world, tail)
    await world.tailsBecome(1)
    reader.pause()
    const published = await flood(world, 40)
    reader.resume()
    const counts = await waitFor(reader.counts, ({ matched }) => matched >= published, { timeoutMillis: 20_000 })
    assert.strictEqual(counts.matched, published)
    assert.strictEqual(counts.rows + counts.dropped, published)
    assert.isAbove(counts.dropped, 0)
    reader.leave()
    await world.tailsBecome(0)
  })

  test("end when a clogged reader vanishes", async (world) => {
    const gone = open(world, tail)
    await world.tailsBecome(1)
    gone.pause()
    await flood(world, 40)
    gone.leave()
    await world.tailsBecome(0)
  })

  test("bring errors of the subscription as an event, then complete", async (world) => {
    const reader = open(world, 'subscription { tail(query: "level:(error") { matched } }')
    await waitFor(reader.closed, (closed) => closed)
    assert.include(reader.text(), "BAD_QUERY")
    assert.include(reader.text(), "event: complete")
    await world.tailsBecome(0)
  })
})

layer(streamed(1), { excludeTestServices: true })("server-sent events of an impatient api", (it) => {
  it.effect("end when a reader takes nothing for too long", () =>
    withWorld(async (world) => {
      const stalled = open(world, tail)
      await world.tailsBecome(1)
      stalled.pause()
      await flood(world, 40)
      await world.tailsBecome(0)
      stalled.leave()
    })
  )
})
