// Hop against a real nats-server: exactly once over crashes at any point, parts, a zombie writer, a full output.
import { assert, describe, it } from "@effect/vitest"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Fiber, Latch } from "effect"
import { connectedBroker } from "./broker.harness.ts"
import { type HopOptions, startHop } from "./hop.ts"
import { positionHeaders } from "./hop-position.ts"
import { Publisher, type PublisherShape } from "./publisher.ts"
import { supervise } from "./supervisor.ts"

const text = new TextDecoder()
const bytes = (value: string) => new TextEncoder().encode(value)

const setUp = Effect.fnUntraced(function* (outputBytes = -1) {
  const { server, context, publisher, manager } = yield* connectedBroker({ attemptTimeoutMillis: 300 })
  yield* Effect.promise(() => manager.streams.add({ name: "in", subjects: ["in.*"] }))
  yield* Effect.promise(() =>
    manager.streams.add({ name: "out", subjects: ["out.*"], max_bytes: outputBytes, discard: "new" })
  )
  const feed = (from: number, to: number) =>
    Effect.forEach(
      Array.from({ length: to - from + 1 }, (_, i) => from + i),
      (n) => publisher.publish("in.0", bytes(`${n};`))
    )
  const options: HopOptions<never, never> = {
    name: "upper",
    input: { stream: "in", durable: "hop", filterSubject: "in.0", maxAckPending: 1000 },
    outputStream: "out",
    outputSubject: "out.0",
    transform: (inputs) => Effect.sync(() => [{ payload: bytes(inputs.map((one) => text.decode(one.data)).join("")) }]),
    maxInputBytes: 20
  }
  const start = (changes: Partial<HopOptions<never, never>> = {}, through: PublisherShape = publisher) =>
    startHop({ ...options, ...changes }).pipe(Effect.provideService(Publisher, through), Effect.provide(context))
  // A broker that has just come back may leave a first request without an answer.
  const written = Effect.tryPromise(async () => {
    const { state } = await manager.streams.info("out")
    let all = ""
    for (let seq = state.first_seq; seq > 0 && seq <= state.last_seq; seq++) {
      const message = await manager.streams.getMessage("out", { seq })
      if (message !== null) all += text.decode(message.data)
    }
    return all
  }).pipe(Effect.retry({ times: 5 }), Effect.orDie)
  return { context, server, manager, publisher, feed, start, written }
})

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${from + i};`).join("")

describe("Hop", { retry: 0 }, () => {
  it.live("waits for more inputs as long as it lingers, and hands on what it has when it is drained meanwhile", () =>
    Effect.gen(function* () {
      const { feed, manager, start, written } = yield* setUp()
      const hop = yield* start({ lingerMillis: 600_000, maxInputBytes: 9 })
      yield* feed(1, 3)
      yield* feed(4, 5)
      yield* waitUntil(written, (all) => all === "1;2;3;4;5;".slice(0, all.length) && all !== "")
      const { state } = yield* Effect.promise(() => manager.streams.info("out"))
      assert.isAtMost(state.messages, 2)
      yield* feed(6, 6)
      yield* waitUntil(Effect.sync(hop.state), ({ consumer }) => consumer.delivered === 6 && consumer.mailbox === 0)
      yield* hop.drain
      assert.strictEqual(yield* written, "1;2;3;4;5;6;")
    }).pipe(Effect.scoped)
  )

  it.live("transforms one run ahead of what is being stored, keeps the order, and drains what it holds", () =>
    Effect.gen(function* () {
      const { feed, publisher, start, written } = yield* setUp()
      yield* feed(1, 6)
      const gate = yield* Latch.make(false)
      const published: Array<string> = []
      const held: PublisherShape = {
        ...publisher,
        publish: (subject, payload, given) =>
          Effect.suspend(() => {
            published.push(text.decode(payload))
            return Effect.andThen(gate.await, publisher.publish(subject, payload, given))
          })
      }
      const seen: Array<string> = []
      const transform: HopOptions<never, never>["transform"] = (inputs) =>
        Effect.sync(() => {
          const payload = bytes(inputs.map((one) => text.decode(one.data)).join(""))
          seen.push(text.decode(payload))
          return [{ payload }]
        })
      const hop = yield* start({ transform, maxInputBytes: 2 }, held)
      yield* waitUntil(
        Effect.sync(() => seen.length),
        (count) => count === 2
      )
      yield* waitUntil(Effect.sync(hop.state), ({ consumer }) => consumer.delivered === 6)
      const drained = yield* Effect.forkScoped(hop.drain)
      assert.deepStrictEqual(published, ["1;"])
      assert.deepStrictEqual(seen, ["1;", "2;"])
      yield* gate.open
      yield* Fiber.join(drained)
      assert.strictEqual(yield* written, numbers(1, 6))
    }).pipe(Effect.scoped)
  )

  it.live("puts every input into exactly one output, over many lives that end at any point", () =>
    Effect.gen(function* () {
      const { context, feed, start, written, manager } = yield* setUp()
      yield* Effect.forkScoped(feed(1, 400))
      const covered = Effect.promise(async () => {
        const last = await manager.streams.getMessage("out", { last_by_subj: "out.0" })
        return Number(last?.header.get(positionHeaders.last) ?? 0)
      })
      for (let life = 1; life <= 12; life++) {
        const until = Math.min(400, (yield* covered) + 1 + life * 3)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const hop = yield* start()
            // A message the life before had in flight may land now: that ends this life as superseded.
            const reached = waitUntil(Effect.sync(hop.state), (state) => state.covered >= until, { everyMillis: 1 })
            yield* Effect.raceFirst(reached, Effect.flip(hop.done))
          })
        )
      }
      const make = Effect.succeed([{ name: "hop", start: start() }])
      yield* supervise({ name: "p0", make }).pipe(Effect.provide(context))
      yield* waitUntil(covered, (sequence) => sequence === 400)
      assert.strictEqual(yield* written, numbers(1, 400))
      yield* waitUntil(
        Effect.promise(() => manager.consumers.info("in", "hop")),
        (info) => info.ack_floor.stream_seq === 400
      )
      const last = yield* Effect.promise(() => manager.streams.getMessage("out", { last_by_subj: "out.0" }))
      assert.strictEqual(last?.header.get(positionHeaders.last), "400")
    }).pipe(Effect.scoped)
  )

  it.live("does not repeat an output whose input was never acknowledged", () =>
    Effect.gen(function* () {
      const { feed, start, written, manager } = yield* setUp()
      yield* feed(1, 10)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const hop = yield* start()
          yield* waitUntil(Effect.sync(hop.state), (state) => state.covered === 10)
        })
      )
      // As after a crash between the output's acknowledgement and the input's.
      yield* Effect.promise(() => manager.consumers.delete("in", "hop"))
      yield* feed(11, 12)
      const hop = yield* start()
      yield* waitUntil(Effect.sync(hop.state), (state) => state.covered === 12)
      assert.strictEqual(yield* written, numbers(1, 12))
    }).pipe(Effect.scoped)
  )

  it.live("finishes the missing parts of an output after a crash between two parts", () =>
    Effect.gen(function* () {
      const { feed, start, written, publisher } = yield* setUp()
      yield* feed(1, 3)
      const headers = { [positionHeaders.first]: "1", [positionHeaders.last]: "2", [positionHeaders.part]: "1/3" }
      yield* publisher.publish("out.0", bytes("1-2 a,"), { headers })
      const hop = yield* start({
        transform: (inputs) =>
          Effect.sync(() => {
            const range = `${inputs[0]?.sequence}-${inputs.at(-1)?.sequence}`
            return ["a", "b", "c"].map((part) => ({ payload: bytes(`${range} ${part},`) }))
          })
      })
      yield* waitUntil(Effect.sync(hop.state), (state) => state.covered === 3 && state.outputs === 5)
      assert.strictEqual(yield* written, "1-2 a,1-2 b,1-2 c,3-3 a,3-3 b,3-3 c,")
    }).pipe(Effect.scoped)
  )

  it.live("refuses a second writer of the same output", () =>
    Effect.gen(function* () {
      const { feed, start, written } = yield* setUp()
      yield* feed(1, 1)
      const input = { stream: "in", filterSubject: "in.0", maxAckPending: 1000 }
      const zombie = yield* start({ input: { ...input, durable: "zombie" } })
      yield* waitUntil(Effect.sync(zombie.state), (state) => state.covered === 1)
      const owner = yield* start({
        input: { ...input, durable: "owner" },
        transform: (inputs) => Effect.succeed([{ payload: bytes(inputs.map((one) => `${one.sequence}!`).join("")) }])
      })
      yield* feed(2, 6)
      const failure = yield* Effect.flip(Effect.raceFirst(zombie.done, owner.done))
      assert.propertyVal(failure, "reason", "superseded")
      const all = yield* waitUntil(written, (found) => found.match(/\d+/g)?.length === 6)
      assert.deepStrictEqual(all.match(/\d+/g), ["1", "2", "3", "4", "5", "6"])
    }).pipe(Effect.scoped)
  )

  it.live("ends by a mistake over an output, though nothing more comes in", () =>
    Effect.gen(function* () {
      const { feed, publisher, start } = yield* setUp()
      yield* feed(1, 1)
      const hop = yield* start({}, { ...publisher, publish: () => Effect.die(new Error("a mistake")) })
      const exit = yield* Effect.exit(Effect.timeout(hop.done, "20 seconds"))
      assert.include(String(exit), "a mistake")
    }).pipe(Effect.scoped)
  )

  it.live("holds its batch while the output stream is full and goes on when there is room", () =>
    Effect.gen(function* () {
      const { feed, start, manager } = yield* setUp(1500)
      yield* feed(1, 60)
      const hop = yield* start()
      const full = yield* waitUntil(Effect.sync(hop.state), (state) => state.holding !== "")
      assert.include(full.holding, "maximum bytes exceeded")
      assert.isBelow(full.covered, 60)
      yield* waitUntil(
        Effect.andThen(
          Effect.promise(() => manager.streams.purge("out", { filter: "out.0", keep: 1 })),
          Effect.sync(hop.state)
        ),
        (state) => state.covered === 60,
        { everyMillis: 50 }
      )
      assert.strictEqual(hop.state().holding, "")
    }).pipe(Effect.scoped)
  )

  it.live("recognises its own output when the broker dies between storing and acknowledging", () =>
    Effect.gen(function* () {
      const { server, feed, start, written } = yield* setUp()
      const hop = yield* start()
      const fed = yield* Effect.forkScoped(feed(1, 300))
      for (const covered of [30, 120]) {
        yield* waitUntil(Effect.sync(hop.state), (state) => state.covered >= covered, { everyMillis: 1 })
        yield* Effect.promise(() => server.kill())
        yield* Effect.promise(() => server.start())
      }
      yield* waitUntil(Effect.sync(hop.state), (state) => state.covered >= 300, { timeoutMillis: 20_000 }).pipe(
        Effect.raceFirst(hop.done)
      )
      assert.strictEqual(yield* written, numbers(1, 300))
      assert.isDefined(fed)
    }).pipe(Effect.scoped)
  )

  it.live("drains: stores outputs of what was delivered and ends", () =>
    Effect.gen(function* () {
      const { feed, start, written } = yield* setUp()
      yield* feed(1, 30)
      const hop = yield* start()
      yield* waitUntil(Effect.sync(hop.state), (state) => state.consumer.delivered === 30)
      yield* hop.drain
      assert.strictEqual(yield* written, numbers(1, 30))
    }).pipe(Effect.scoped)
  )
})
