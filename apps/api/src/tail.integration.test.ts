// Integration tests of live tails: WebSocket and server-sent events, readers that stop, readers that come back.
import { assert, layer } from "@effect/vitest"
import { waitFor } from "@tailrace/testing/wait-until"
import { Context, Effect, Layer } from "effect"
import type { WebSocket } from "ws"
import { batchOf, type Row, startWorld, type World } from "./api.harness.ts"
import { clientOf, tail, tailQuery } from "./tail-client.harness.ts"

class Tailed extends Context.Service<Tailed, World>()("test/Tailed") {}
const tailed = Layer.effect(Tailed, startWorld({ limits: { subscriptions: 4, subscriberBytes: 2_000_000 } }))

/** Everything here shares one store: sequences never repeat, and each test has a word of its own. */
let sequence = 0
const rows = (word: string, count: number, pad = 0): Array<Row> =>
  Array.from({ length: count }, (_, n) => ({ body: `${word} ${n} ${"x".repeat(pad)}`.trim(), service: word }))
const show = (world: World, ...frames: ReadonlyArray<ReadonlyArray<Row>>): Promise<void> => {
  const batch = batchOf({ sequence: sequence + 1 }, frames)
  sequence += frames.length
  return world.show(batch)
}
const numbered = (word: string, from: number, to: number): Array<string> =>
  Array.from({ length: to - from }, (_, n) => `${word} ${from + n}`)

layer(tailed, { excludeTestServices: true })("a live tail", (it) => {
  const test = (name: string, run: (world: World) => Promise<void>): void =>
    it.effect(name, () => Effect.flatMap(Tailed, (world) => Effect.promise(() => run(world))))

  test("delivers what matches and nothing else, and frees everything when it ends", async (world) => {
    const client = clientOf(world)
    const mine = tail(client, { query: "service:alpha" })
    await world.tailsBecome(1)
    await show(world, rows("alpha", 3), rows("beta", 2))
    await waitFor(mine.bodies, (bodies) => bodies.length >= 3)
    assert.deepStrictEqual(mine.bodies(), numbered("alpha", 0, 3))
    assert.strictEqual(mine.matched(), 3)
    assert.strictEqual(mine.dropped(), 0)
    assert.isAtLeast(mine.deliveries[0]?.lagMs ?? -1, 0)
    await client.dispose()
    await world.tailsBecome(0)
  })

  test("keeps to its tenant", async (world) => {
    const client = clientOf(world)
    const other = tail(client, { tenant: "other" })
    await world.tailsBecome(1)
    await show(world, rows("tenant", 2))
    await world.show(batchOf({ sequence: ++sequence, tenant: "other" }, [rows("theirs", 1)]))
    await waitFor(other.bodies, (bodies) => bodies.length >= 1)
    assert.deepStrictEqual(other.bodies(), ["theirs 0"])
    await client.dispose()
    await world.tailsBecome(0)
  })

  test("comes as server-sent events too, and ends when their reader leaves", async (world) => {
    const leave = new AbortController()
    const response = await fetch(`${world.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query: tailQuery, variables: { query: "service:gamma" } }),
      signal: leave.signal
    })
    assert.strictEqual(response.headers.get("content-type")?.split(";")[0], "text/event-stream")
    await world.tailsBecome(1)
    await show(world, rows("delta", 1), rows("gamma", 2))
    let text = ""
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString()
      if (/^data: .*\n\n/m.test(text)) break
    }
    const event = JSON.parse(/^event: next\ndata: (.*)$/m.exec(text)?.[1] ?? "{}")
    assert.deepStrictEqual(
      event.data.tail.rows.map((row: { body: string }) => row.body),
      numbered("gamma", 0, 2)
    )
    leave.abort()
    await world.tailsBecome(0)
  })

  test("tells a reader that stopped reading how much it left out, and delays nobody else", async (world) => {
    const sockets: Array<WebSocket> = []
    const clogged = clientOf(world, sockets)
    const slow = tail(clogged, { query: "service:flood" })
    await world.tailsBecome(1)
    const quick = clientOf(world)
    const fast = tail(quick, { query: "service:flood" })
    await world.tailsBecome(2)
    // biome-ignore lint/suspicious/noExplicitAny: the socket beneath is private, and its reading is what stops
    const beneath = (sockets[0] as any)._socket
    beneath.pause()
    const perBatch = 200
    let published = 0
    for (let batch = 0; batch < 60; batch++) {
      await show(world, rows("flood", perBatch, 1_000))
      published += perBatch
      // The other tail has each batch at once, whatever waits for the first.
      await waitFor(fast.matched, (matched) => matched === published)
    }
    assert.strictEqual(fast.dropped(), 0)
    assert.strictEqual(fast.bodies().length, published)
    beneath.resume()
    await waitFor(slow.matched, (matched) => matched >= published)
    assert.strictEqual(slow.matched(), published)
    assert.isAbove(slow.dropped(), 0)
    assert.strictEqual(slow.bodies().length + slow.dropped(), published)
    for (const { dropped, matched, rows } of slow.deliveries) assert.strictEqual(matched, rows.length + dropped)
    await Promise.all([clogged.dispose(), quick.dispose()])
    await world.tailsBecome(0)
  })

  test("goes on behind a token without loss or double, while records keep coming", async (world) => {
    const all: Array<string> = []
    let after: string | undefined
    let stored = 0
    const put = async (count: number): Promise<void> => {
      const frame = rows("resume", stored + count).slice(stored)
      stored += count
      await show(world, frame.slice(0, 1), frame.slice(1))
    }
    for (let round = 0; round < 5; round++) {
      const client = clientOf(world)
      const part = tail(client, { query: "service:resume", ...(after === undefined ? {} : { after }) })
      // Some batches race with the opening of the tail; the first round begins at a known place.
      if (round === 0) await world.tailsBecome(1)
      for (let i = 0; i < 5; i++) await put(3)
      await waitFor(part.bodies, (bodies) => all.length + bodies.length >= stored)
      assert.strictEqual(part.dropped(), 0)
      all.push(...part.bodies())
      after = part.deliveries.at(-1)?.resumeToken
      await client.dispose()
      await world.tailsBecome(0)
      await put(4)
    }
    assert.deepStrictEqual(all, numbered("resume", 0, all.length))
  })

  test("tells of a partition that had stored nothing before", async (world) => {
    const client = clientOf(world)
    const first = tail(client, { query: "service:novel" })
    await world.tailsBecome(1)
    await show(world, rows("novel", 1))
    await waitFor(first.bodies, (bodies) => bodies.length === 1)
    const token = first.deliveries[0]?.resumeToken
    first.stop()
    await world.tailsBecome(0)
    await world.show(batchOf({ partition: 9, sequence: ++sequence }, [rows("novel", 3)]))
    const second = tail(client, { query: "service:novel", after: token })
    await waitFor(second.bodies, (bodies) => bodies.length >= 3)
    assert.deepStrictEqual(second.bodies(), numbered("novel", 0, 3))
    await client.dispose()
    await world.tailsBecome(0)
  })

  test("shows a batch once that is published twice", async (world) => {
    const client = clientOf(world)
    const mine = tail(client, { query: "service:twice OR service:last" })
    await world.tailsBecome(1)
    const batch = batchOf({ sequence: ++sequence }, [rows("twice", 2)])
    await world.show(batch)
    world.publish(batch)
    await show(world, rows("last", 1))
    await waitFor(mine.bodies, (bodies) => bodies.includes("last 0"))
    assert.deepStrictEqual(mine.bodies(), ["twice 0", "twice 1", "last 0"])
    await client.dispose()
    await world.tailsBecome(0)
  })

  test("misses nothing while the broker is away", async (world) => {
    const client = clientOf(world)
    const mine = tail(client, { query: "service:cut" })
    await world.tailsBecome(1)
    await show(world, rows("cut", 2))
    await waitFor(mine.bodies, (bodies) => bodies.length === 2)
    await world.broker.kill()
    await world.insert(batchOf({ sequence: ++sequence }, [rows("cut", 4).slice(2)]))
    await world.broker.start()
    await waitFor(mine.bodies, (bodies) => bodies.length >= 4, { timeoutMillis: 20_000 })
    await show(world, rows("cut", 5).slice(4))
    await waitFor(mine.bodies, (bodies) => bodies.length >= 5)
    assert.deepStrictEqual(mine.bodies(), numbered("cut", 0, 5))
    await client.dispose()
    await world.tailsBecome(0)
  })

  test("keeps to maxRowsPerSecond and counts what is over", async (world) => {
    const client = clientOf(world)
    const mine = tail(client, { query: "service:rate", rate: 10 })
    await world.tailsBecome(1)
    await show(world, rows("rate", 500))
    await waitFor(mine.matched, (matched) => matched >= 500)
    assert.strictEqual(mine.matched(), 500)
    assert.strictEqual(mine.bodies().length, 10)
    assert.strictEqual(mine.dropped(), 490)
    await client.dispose()
    await world.tailsBecome(0)
  })

  test("answers LIMIT when too many are open, and has room again when one ends", async (world) => {
    const client = clientOf(world)
    const open = Array.from({ length: 4 }, () => tail(client))
    await world.tailsBecome(4)
    const fifth = tail(client)
    await waitFor(
      () => fifth.errors.length,
      (errors) => errors === 1
    )
    assert.include(JSON.stringify(fifth.errors), '"LIMIT"')
    open[0]?.stop()
    await world.tailsBecome(3)
    tail(client)
    await world.tailsBecome(4)
    await client.dispose()
    await world.tailsBecome(0)
  })

  test("answers bad queries, bad tokens and bad syntax without ending the connection", async (world) => {
    const client = clientOf(world)
    const bad = tail(client, { query: "level:(error" })
    const token = tail(client, { after: "nonsense" })
    const rate = tail(client, { rate: 0 })
    const codes = () => [bad, token, rate].map((one) => JSON.stringify(one.errors))
    await waitFor(codes, (found) => found.every((text) => text !== "[]"))
    assert.include(codes()[0], '"BAD_QUERY"')
    assert.include(codes()[1], '"BAD_CURSOR"')
    assert.include(codes()[2], '"BAD_INPUT"')
    const syntax: Array<unknown> = []
    client.subscribe({ query: "subscription {" }, { next: () => {}, complete: () => {}, error: (e) => syntax.push(e) })
    await waitFor(
      () => syntax.length,
      (errors) => errors === 1
    )
    assert.include(JSON.stringify(syntax), "Syntax Error")
    const answers: Array<unknown> = []
    client.subscribe(
      { query: "{ logs(first: 1) { totalCount } }" },
      { next: (answer) => answers.push(answer), complete: () => {}, error: () => {} }
    )
    await waitFor(
      () => answers.length,
      (count) => count === 1
    )
    await client.dispose()
    await world.tailsBecome(0)
  })

  test("is freed when its reader vanishes in the middle of the flood", async (world) => {
    const sockets: Array<WebSocket> = []
    const client = clientOf(world, sockets)
    tail(client, { query: "service:vanish" })
    await world.tailsBecome(1)
    // biome-ignore lint/suspicious/noExplicitAny: as above
    ;(sockets[0] as any)._socket.pause()
    for (let i = 0; i < 30; i++) await show(world, rows("vanish", 200, 1_000))
    sockets[0]?.terminate()
    await world.tailsBecome(0)
  })
})
