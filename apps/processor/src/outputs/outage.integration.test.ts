// The processor when the store is away, and when the broker's data is not what the store was filled from.
import { createServer, request, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Broker } from "@tailrace/streams/broker"
import { durableOf } from "@tailrace/streams/definitions"
import type { DurableOptions } from "@tailrace/streams/durable"
import { natsServer } from "@tailrace/testing/nats-server"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Context, Effect } from "effect"
import { Processor } from "../layer.ts"
import {
  countEverything,
  countsOnce,
  joinWorld,
  pipelineFile,
  publishNumbered,
  startWorld
} from "../partition/placement.harness.ts"

const pipeline = `
parse: { codec: json }
metrics: [{ type: count, name: all, by: [service], size: 1s, lateness: 0ms }]
batch: { maxRows: 200, minLinger: 5ms, maxLinger: 20ms }
snapshotEvery: 100ms
`
const start = Math.floor(Date.now() / 1000 - 3_600) * 1000

/** Stands before the store; `away` cuts every connection, in the middle of requests too. */
const startGate = (target: string) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly server: Server; readonly url: string; away: boolean }>((resume) => {
      const server = createServer((incoming, outgoing) => {
        if (gate.away) return void incoming.socket.destroy()
        const url = new URL(incoming.url ?? "/", target)
        const onward = request(url, { method: incoming.method ?? "GET", headers: incoming.headers }, (answer) => {
          if (gate.away) return void incoming.socket.destroy()
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
          answer.pipe(outgoing)
        })
        onward.on("error", () => incoming.socket.destroy())
        incoming.pipe(onward)
      })
      const gate = { server, url: "", away: false }
      server.listen(0, "127.0.0.1", () => {
        gate.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        resume(Effect.succeed(gate))
      })
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )

/** A world whose store lies behind a gate. */
const behindGate = Effect.gen(function* () {
  const world = yield* startWorld
  const gate = yield* startGate(world.store.url)
  const file = yield* pipelineFile(pipeline)
  const publish = (from: number, to: number) =>
    publishNumbered({ from, to, perFrame: 20, start, stepMillis: 20 }).pipe(Effect.provide(world.context))
  const counts = Effect.provide(countEverything, world.context)
  return { world, gate, file, publish, counts }
})

describe("processor", { retry: 0 }, () => {
  it.live("reads in fused placement what staged placement had left between its stages", () =>
    Effect.gen(function* () {
      const { counts, file, gate, publish, world } = yield* behindGate
      const left = ({ stream, durable }: Pick<DurableOptions, "stream" | "durable">) =>
        Broker.use(({ unacknowledged }) => unacknowledged({ stream, durable })).pipe(Effect.provide(world.context))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* world.startProcessor({ placement: "staged", pipeline: file, storeUrl: gate.url })
          yield* publish(0, 200)
          yield* countsOnce(counts, (now) => now.received === 200)
          gate.away = true
          yield* publish(200, 600)
          yield* waitUntil(left(durableOf("enriched", 0)), (count) => count > 0)
          for (const stream of ["raw", "parsed", "filtered"] as const)
            yield* waitUntil(left(durableOf(stream, 0)), (count) => count === 0)
        })
      )
      yield* world.startProcessor({ placement: "fused", pipeline: file })
      yield* publish(600, 800)
      const after = yield* countsOnce(counts, (now) => now.received === 800)
      assert.deepInclude(after, { rows: 800, numbers: 800, rollup: 800, stored: 800 })
    }).pipe(Effect.scoped)
  )

  it.live("holds what it has while the store is away, says so, and loses and doubles nothing", () =>
    Effect.gen(function* () {
      const { counts, file, gate, publish, world } = yield* behindGate
      const built = yield* world.startProcessor({ placement: "fused", pipeline: file, storeUrl: gate.url })
      const { state } = Context.get(built, Processor)
      for (let round = 0; round < 3; round++) {
        const from = round * 600
        yield* publish(from, from + 200)
        yield* waitUntil(counts, (now) => now.rows > from)
        gate.away = true
        yield* publish(from + 200, from + 600)
        const held = yield* waitUntil(state, ({ partitions }) => partitions[0]?.status === "holding")
        assert.include(held.partitions[0]?.reason ?? "", "no answer from the store")
        assert.strictEqual(held.partitions[0]?.restarts, 0)
        gate.away = false
        yield* waitUntil(counts, (now) => now.received === from + 600)
      }
      const after = yield* countsOnce(counts, (now) => now.panes >= 1_700)
      assert.deepInclude(after, {
        rows: 1_800,
        numbers: 1_800,
        rollup: 1_800,
        received: 1_800,
        stored: 1_800,
        dropped: 0
      })
    }).pipe(Effect.scoped)
  )

  it.live("goes on behind a broker that was replaced, and takes none of its messages for stored ones", () =>
    Effect.gen(function* () {
      const { counts, file, publish, world } = yield* behindGate
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* world.startProcessor({ placement: "fused", pipeline: file })
          yield* publish(0, 200)
          yield* countsOnce(counts, (now) => now.received === 200)
        })
      )
      const replaced = yield* joinWorld(yield* natsServer(), world.store)
      yield* replaced.startProcessor({ placement: "fused", pipeline: file })
      // As many messages as the lost stream had, and again: each of the first has the place of a stored one.
      const anew = (from: number, to: number) =>
        publishNumbered({ from, to, perFrame: 20, start, stepMillis: 20 }).pipe(Effect.provide(replaced.context))
      for (const from of [200, 400]) {
        yield* anew(from, from + 200)
        const total = from + 200
        const after = yield* countsOnce(counts, (now) => now.received >= total)
        assert.deepInclude(after, { rows: total, numbers: total, rollup: total, received: total, stored: total })
      }
    }).pipe(Effect.scoped)
  )
})
