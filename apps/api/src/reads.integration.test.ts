// Integration tests of reading in turns, before a store that answers when it is told to: bounds, fairness, cancelled reads.
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, layer } from "@effect/vitest"
import { waitFor } from "@tailrace/testing/wait-until"
import { Context, Effect, Layer } from "effect"
import { startWorld, type World } from "./api.harness.ts"
import { clientOf } from "./tail-client.harness.ts"

/** Counts that wait at the store, by the texts they look for. */
class Gate {
  readonly waiting: Array<{ readonly sql: string; readonly response: ServerResponse }> = []
  most = 0

  take(sql: string, response: ServerResponse): void {
    // What the api asks for itself, at its start and to see whether the store is there, is not held up.
    if (!sql.includes("count")) return void response.end("{}\n")
    const one = { sql, response }
    this.waiting.push(one)
    this.most = Math.max(this.most, this.waiting.length)
    response.once("close", () => this.waiting.splice(this.waiting.indexOf(one), 1))
  }

  /** Answers all that wait now. */
  open(): void {
    for (const { response } of [...this.waiting]) response.end('{"records":"7","count":"7","total":"7"}\n')
  }
}

class Gated extends Context.Service<Gated, { readonly gate: Gate; readonly world: World }>()("test/Gated") {}
const gated = Layer.effect(
  Gated,
  Effect.gen(function* () {
    const gate = new Gate()
    const server = createServer((request, response) => {
      let sql = ""
      request.on("data", (chunk) => {
        sql += chunk
      })
      request.on("end", () => gate.take(sql, response))
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
      () => Effect.sync(() => server.closeAllConnections())
    )
    const world = yield* startWorld({ storeUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    return { gate, world }
  })
)

const manyCounts = `{ ${Array.from({ length: 30 }, (_, i) => `a${i}: logs(first: 0, query: "greedy") { totalCount }`).join(" ")} }`
const oneCount = '{ logs(first: 0, query: "modest") { totalCount } }'

const post = (world: World, query: string, signal?: AbortSignal): Promise<unknown> =>
  fetch(`${world.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify({ query }),
    ...(signal === undefined ? {} : { signal })
  }).then(
    (answer) => answer.json(),
    () => undefined
  )

layer(gated, { excludeTestServices: true })("reads of the store", (it) => {
  const test = (name: string, run: (gate: Gate, world: World) => Promise<void>): void =>
    it.effect(name, () => Effect.flatMap(Gated, ({ gate, world }) => Effect.promise(() => run(gate, world))))
  const atGate = (gate: Gate, count: number): Promise<unknown> =>
    waitFor(
      () => gate.waiting.length,
      (waiting) => waiting === count,
      { what: `${count} reads at the store` }
    )

  test("of one operation are four at once, and another caller's go between them", async (gate, world) => {
    const greedy = post(world, manyCounts)
    await atGate(gate, 4)
    const modest = post(world, oneCount)
    await atGate(gate, 5)
    assert.strictEqual(gate.most, 5)
    let over = false
    const both = Promise.all([greedy, modest]).finally(() => {
      over = true
    })
    await waitFor(
      () => {
        gate.open()
        return over
      },
      (done) => done,
      { what: "all counts" }
    )
    const [many, one] = (await both) as [unknown, unknown]
    assert.notInclude(JSON.stringify([many, one]), "LIMIT")
    assert.isAtMost(gate.most, 6)
  })

  test("end when their client leaves, those at the store and those that wait", async (gate, world) => {
    const leaving = new AbortController()
    const greedy = post(world, manyCounts, leaving.signal)
    await atGate(gate, 4)
    leaving.abort()
    await greedy
    await atGate(gate, 0)
    // Nothing of it comes after.
    const modest = post(world, oneCount)
    await atGate(gate, 1)
    gate.open()
    await modest
  })

  test("end when an operation of a WebSocket is completed, and when the WebSocket closes", async (gate, world) => {
    const client = clientOf(world)
    const sink = { next: () => undefined, error: () => undefined, complete: () => undefined }
    const complete = client.subscribe({ query: manyCounts }, sink)
    await atGate(gate, 4)
    const stays = client.subscribe({ query: oneCount }, sink)
    complete()
    await atGate(gate, 1)
    assert.include(gate.waiting[0]?.sql ?? "", "count")
    await client.terminate()
    await client.dispose()
    await atGate(gate, 0)
    stays()
  })
})
