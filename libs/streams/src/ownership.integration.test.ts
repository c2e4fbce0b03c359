// Ownership against a real nats-server: one owner, who hands over when it ends, falls silent or is overtaken.
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { jetstreamManager } from "@nats-io/jetstream"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { natsServer } from "@tailrace/testing/nats-server"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Deferred, Effect, Fiber, Layer } from "effect"
import type { Cut } from "./announced.ts"
import { Nats } from "./nats.ts"
import { type Ownership, ownPartition } from "./ownership.ts"
import { Publisher } from "./publisher.ts"
import { setUpStreams } from "./streams-setup.ts"

const sizes = Object.fromEntries(
  ["raw", "parsed", "filtered", "enriched", "stored", "panes", "anomalies", "alerts", "owners", "config", "state"].map(
    (name) => [name, 1_000_000]
  )
)

interface PinInfo {
  readonly priority_groups?: ReadonlyArray<{ readonly pinned_client_id?: string }>
}

const connect = (url: string) =>
  Layer.build(
    Publisher.layer({ attemptTimeoutMillis: 300 }).pipe(
      Layer.provideMerge(Nats.layer({ servers: url, name: "test" })),
      Layer.provideMerge(Layer.merge(Health.layer, Metrics.layerBare))
    )
  )

const setUp = Effect.fnUntraced(function* (options: { readonly proxied?: boolean } = {}) {
  const server = yield* natsServer()
  const proxy = options.proxied === true ? yield* freezable(server.port) : undefined
  const context = yield* connect(proxy?.url ?? server.url)
  yield* setUpStreams({ partitions: 1, maxBytes: sizes }).pipe(Effect.provide(context))
  const publisher = yield* Publisher.pipe(Effect.provide(context))
  // What is announced are messages of the raw stream.
  for (let i = 0; i < 20; i++) yield* publisher.publish("logs.in.default.app", Uint8Array.of(65))
  return { server, context, proxy }
})

/** A way to the broker on which a process can be made to look stopped: what it sends is kept back until it goes on. */
const freezable = (port: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sockets = new Set<Socket>()
      const listener = createServer((client) => {
        const broker = createConnection(port, "127.0.0.1")
        client.on("error", () => broker.destroy()).on("close", () => broker.destroy())
        broker.on("error", () => client.destroy()).on("close", () => client.destroy())
        client.pipe(broker)
        broker.pipe(client)
        sockets.add(client)
      })
      await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
      const address = listener.address() as AddressInfo
      return {
        url: `nats://127.0.0.1:${address.port}`,
        freeze: () => {
          for (const socket of sockets) socket.pause()
        },
        thaw: () => {
          for (const socket of sockets) socket.resume()
        },
        close: () => {
          for (const socket of sockets) socket.destroy()
          listener.close()
        }
      }
    }),
    ({ close }) => Effect.sync(close)
  )

const cut = (last: number): Cut => ({ first: last - 9, last, attempt: 7, ingestedAt: last * 1_000 })

const isSettled = (deferred: Deferred.Deferred<Ownership>) => Effect.sync(() => Deferred.isDoneUnsafe(deferred))

describe("ownership", { retry: 0 }, () => {
  it.live("has one owner; the other stands by, says so, and follows at once when the first ends", () =>
    Effect.gen(function* () {
      const { context } = yield* setUp()
      const standingBy = yield* Deferred.make<void>()
      const second = yield* Deferred.make<Ownership>()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const first = yield* ownPartition(0).pipe(Effect.provide(context))
          assert.isTrue(yield* first.owned)
          assert.isTrue(first.left.rows?.within)
          yield* first.announce("rows", cut(10))
          yield* first.announce("ledger", cut(10))
          yield* first.announce("rows", cut(20))
          yield* ownPartition(0, () => Deferred.doneUnsafe(standingBy, Effect.void)).pipe(
            Effect.provide(context),
            Effect.flatMap((own) => Deferred.succeed(second, own)),
            Effect.andThen(Effect.never),
            Effect.scoped,
            Effect.forkDetach
          )
          yield* Deferred.await(standingBy)
          assert.isFalse(yield* isSettled(second))
          assert.isTrue(yield* first.owned)
        })
      )
      const { left, owned } = yield* Deferred.await(second)
      assert.deepStrictEqual(left, { rows: cut(20), ledger: cut(10) })
      assert.isTrue(yield* owned)
    }).pipe(Effect.scoped)
  )

  it.live("lets one of two that come at the same moment stand by, and that one says so, once", () =>
    Effect.gen(function* () {
      const { context, server } = yield* setUp()
      const other = yield* connect(server.url)
      const enter = (services: typeof context) => {
        const one = { services, standbys: 0, owns: false }
        const owning = ownPartition(0, () => one.standbys++).pipe(
          Effect.andThen(Effect.sync(() => (one.owns = true))),
          Effect.andThen(Effect.never),
          Effect.provide(services)
        )
        return Effect.as(Effect.forkScoped(Effect.scoped(owning)), one)
      }
      const both = [yield* enter(context), yield* enter(other)]
      const seen = Effect.sync(() =>
        both.map(({ owns, standbys }) => (owns ? "owns" : standbys > 0 ? "stands by" : ""))
      )
      yield* waitUntil(seen, (now) => now.toSorted().join() === "owns,stands by")
      const waiting = both.find(({ owns }) => !owns) ?? assert.fail("both own the partition")
      const { control } = yield* Nats.pipe(Effect.provide(waiting.services))
      const asked = control.stats().outMsgs
      yield* waitUntil(
        Effect.sync(() => control.stats().outMsgs - asked),
        (more) => more > 6
      )
      assert.strictEqual(waiting.standbys, 1)
    }).pipe(Effect.scoped)
  )

  it.live("pins another one when the owner falls silent, and refuses what the silent one announces later", () =>
    Effect.gen(function* () {
      const { context, proxy, server } = yield* setUp({ proxied: true })
      const first = yield* ownPartition(0).pipe(Effect.provide(context))
      yield* first.announce("rows", cut(10))
      const other = yield* connect(server.url)
      yield* Effect.sync(() => proxy?.freeze())
      const second = yield* ownPartition(0).pipe(Effect.provide(other))
      assert.deepStrictEqual(second.left, { rows: cut(10) })
      yield* second.announce("rows", cut(20))
      yield* Effect.sync(() => proxy?.thaw())
      assert.propertyVal(yield* Effect.flip(first.announce("rows", cut(20))), "reason", "superseded")
      assert.propertyVal(yield* Effect.flip(first.lost), "reason", "superseded")
      assert.isFalse(yield* first.owned)
      assert.isTrue(yield* second.owned)
    }).pipe(Effect.scoped)
  )

  it.live("stays the owner over a restart of the broker, and when its consumer is deleted", () =>
    Effect.gen(function* () {
      const { context, server } = yield* setUp()
      const { control } = yield* Nats.pipe(Effect.provide(context))
      const manager = yield* Effect.promise(() => jetstreamManager(control))
      const own = yield* ownPartition(0).pipe(Effect.provide(context))
      const lost = yield* Effect.forkScoped(own.lost)
      const pinned = Effect.tryPromise(() => manager.consumers.info("owners", "owner-0")).pipe(
        Effect.map((info) => (info as unknown as PinInfo).priority_groups?.[0]?.pinned_client_id ?? ""),
        Effect.orElseSucceed(() => "")
      )
      const first = yield* waitUntil(pinned, (pin) => pin !== "")
      yield* Effect.promise(() => server.restart())
      const second = yield* waitUntil(pinned, (pin) => pin !== "" && pin !== first)
      yield* own.announce("rows", cut(10))
      yield* Effect.promise(() => manager.consumers.delete("owners", "owner-0"))
      yield* waitUntil(pinned, (pin) => pin !== "" && pin !== second)
      yield* own.announce("rows", cut(20))
      assert.isTrue(yield* own.owned)
      assert.isUndefined(lost.pollUnsafe())
    }).pipe(Effect.scoped)
  )

  it.live("recognises its own announcement when the broker dies between storing and acknowledging", () =>
    Effect.gen(function* () {
      const { context, server } = yield* setUp()
      const own = yield* ownPartition(0).pipe(Effect.provide(context))
      const announcing = yield* Effect.forkScoped(
        Effect.forEach(Array.from({ length: 300 }), (_, n) => own.announce("rows", cut((n + 1) * 10)))
      )
      yield* Effect.promise(() => server.kill())
      yield* Effect.promise(() => server.start())
      yield* Fiber.join(announcing)
      assert.isTrue(yield* own.owned)
    }).pipe(Effect.scoped)
  )
})
