// Chapter 7: a live tail tells the truth. Records as they are stored, or a count of what was left out.
import { assert, layer } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { System } from "./running-system.harness.ts"

// A tail is a GraphQL subscription, over WebSocket or, as here, server-sent events. It delivers batches: the rows, how many
// records matched, how many of those were left out, and a token to go on from. matched = rows + dropped, in every batch.
const pipeline = `
name: live
parse: { codec: json }
batch: { minLinger: 1ms, maxLinger: 5ms }
`

interface TailBatch {
  readonly rows: ReadonlyArray<{ readonly attributes: { readonly number: string } }>
  readonly matched: number
  readonly dropped: number
  readonly resumeToken: string
}

interface Tail {
  /** Takes batches until `done` holds of all taken so far. */
  readonly takeUntil: (done: (taken: ReadonlyArray<TailBatch>) => boolean) => Effect.Effect<ReadonlyArray<TailBatch>>
}

const subscription = `subscription ($query: String, $rate: Int, $after: String) {
  tail(query: $query, maxRowsPerSecond: $rate, after: $after) { rows { attributes } matched dropped resumeToken }
}`

/** Opens a tail for the life of the scope; it listens when this returns. */
const openTail = (
  url: string,
  variables: { readonly query: string; readonly rate?: number; readonly after?: string }
): Effect.Effect<Tail, never, Scope.Scope> =>
  Effect.gen(function* () {
    const gone = yield* Effect.acquireRelease(Effect.succeed(new AbortController()), (controller) =>
      Effect.sync(() => controller.abort())
    )
    const answer = yield* Effect.promise(() =>
      fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: JSON.stringify({ query: subscription, variables }),
        signal: gone.signal
      })
    )
    const events = eventsOf(answer)
    const taken: Array<TailBatch> = []
    const takeUntil: Tail["takeUntil"] = (done) =>
      Effect.promise(async () => {
        while (!done(taken)) {
          const { value } = await events.next()
          if (value === undefined) throw new Error("the tail has ended")
          taken.push(value)
        }
        return taken
      })
    return { takeUntil }
  })

async function* eventsOf(answer: Response): AsyncGenerator<TailBatch, undefined> {
  let text = ""
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    const events = text.split("\n\n")
    text = events.pop() ?? ""
    for (const event of events) {
      const data = /^data: ?(\{.*)$/m.exec(event)?.[1]
      if (data === undefined) continue
      const { data: value, errors } = JSON.parse(data) as { data?: { tail: TailBatch }; errors?: unknown }
      if (errors !== undefined) throw new Error(JSON.stringify(errors))
      if (value !== undefined) yield value.tail
    }
  }
  return undefined
}

const numbersOf = (batches: ReadonlyArray<TailBatch>) =>
  batches.flatMap(({ rows }) => rows.map(({ attributes }) => Number(attributes.number)))
const sumOf = (batches: ReadonlyArray<TailBatch>, name: "matched" | "dropped") =>
  batches.reduce((sum, batch) => sum + batch[name], 0)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const message = (from: number, to: number) =>
  range(from, to)
    .map((number) => JSON.stringify({ number, level: number % 2 === 0 ? "error" : "info" }))
    .join("\n")

layer(System.layer, { excludeTestServices: true, timeout: "60 seconds" })("a live tail", (it) => {
  it.effect("delivers what matches as it is stored, and nothing else", () =>
    Effect.gen(function* () {
      const system = yield* System
      yield* system.startProcessor(pipeline)
      const url = yield* system.startApi
      const tail = yield* openTail(url, { query: "level:error source:first" })
      yield* system.publish("first", message(0, 20))
      const batches = yield* tail.takeUntil((taken) => sumOf(taken, "matched") >= 10)
      assert.deepStrictEqual(
        numbersOf(batches),
        range(0, 20).filter((number) => number % 2 === 0)
      )
      assert.strictEqual(sumOf(batches, "dropped"), 0)
    })
  )

  it.effect("that may not show everything says exactly how much it left out", () =>
    Effect.gen(function* () {
      const system = yield* System
      yield* system.startProcessor(pipeline)
      const url = yield* system.startApi
      // Ten rows a second at most, and 500 records at once. A full tail beside it misses nothing.
      const slow = yield* openTail(url, { query: "source:second", rate: 10 })
      const full = yield* openTail(url, { query: "source:second", rate: 10_000 })
      yield* system.publish("second", message(0, 500))
      const everything = yield* full.takeUntil((taken) => sumOf(taken, "matched") >= 500)
      assert.deepStrictEqual(numbersOf(everything), range(0, 500))
      const some = yield* slow.takeUntil((taken) => sumOf(taken, "matched") >= 500)
      assert.strictEqual(sumOf(some, "matched"), 500)
      assert.isAbove(sumOf(some, "dropped"), 0)
      for (const { dropped, matched, rows } of some) assert.strictEqual(matched, rows.length + dropped)
    })
  )

  it.effect("goes on where it was left, without a gap and without showing a record twice", () =>
    Effect.gen(function* () {
      const system = yield* System
      yield* system.startProcessor(pipeline)
      const url = yield* system.startApi
      const token = yield* Effect.scoped(
        Effect.gen(function* () {
          const tail = yield* openTail(url, { query: "source:third" })
          yield* system.publish("third", message(0, 10))
          const batches = yield* tail.takeUntil((taken) => sumOf(taken, "matched") >= 10)
          return batches.at(-1)?.resumeToken ?? ""
        })
      )
      // Nobody listens while these are stored.
      yield* system.publish("third", message(10, 30))
      const again = yield* openTail(url, { query: "source:third", after: token })
      yield* system.publish("third", message(30, 40))
      const batches = yield* again.takeUntil((taken) => sumOf(taken, "matched") >= 30)
      assert.deepStrictEqual(numbersOf(batches), range(10, 40))
    })
  )
})
