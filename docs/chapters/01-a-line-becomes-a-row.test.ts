// Chapter 1: a line becomes a row. From bytes on the bus to a record in an answer.
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { askUntil, System } from "./running-system.harness.ts"

// Tailrace keeps its records in ClickHouse and its unfinished work in NATS JetStream. Between the two runs the processor,
// whose pipeline file says what happens to records. The shortest pipeline says nothing: every codec is tried, nothing is
// left out, everything is stored.
const pipeline = "name: first"

interface Answer {
  readonly logs: {
    readonly nodes: ReadonlyArray<{
      readonly id: string
      readonly timestamp: string
      readonly severity: string
      readonly service: string
      readonly source: string
      readonly body: string
      readonly parsed: boolean
      readonly attributes: Readonly<Record<string, string>>
    }>
  }
}

const question = (query: string) =>
  `{ logs(query: ${JSON.stringify(query)}) { nodes { id timestamp severity service source body parsed attributes } } }`

layer(System.layer, { excludeTestServices: true, timeout: "60 seconds" })("a line", (it) => {
  it.effect("of JSON becomes a record with the fields of the OpenTelemetry data model", () =>
    Effect.gen(function* () {
      const system = yield* System
      yield* system.startProcessor(pipeline)
      const url = yield* system.startApi

      // Anybody may publish to `logs.in.<tenant>.<source>`. A message is one or more lines; the stream puts it into a
      // partition and numbers it, and that number is the first half of every record's identity.
      const line = {
        ts: "2026-03-01T12:00:00.123456789Z",
        level: "warning",
        service: "checkout",
        msg: "card declined",
        order: { id: 4711 },
        tags: ["a", "b"]
      }
      const ack = yield* system.publish("web", JSON.stringify(line))

      const { logs } = yield* askUntil<Answer>(url, question("service:checkout"), (now) => now.logs.nodes.length === 1)
      assert.deepStrictEqual(logs.nodes[0], {
        // The identity is partition, number of the message, number of the record in the message.
        id: `0-${ack.sequence}-0`,
        timestamp: "2026-03-01T12:00:00.123456789Z",
        // Level words of all kinds become one of six.
        severity: "WARN",
        service: "checkout",
        source: "web",
        body: "card declined",
        parsed: true,
        // What has no column of its own is an attribute: nested keys are joined by dots, arrays stay JSON, and every
        // number keeps its digits.
        attributes: { "order.id": "4711", tags: '["a","b"]' }
      })
    })
  )

  it.effect("of an access log, of logfmt and of an application become records of the same shape", () =>
    Effect.gen(function* () {
      const system = yield* System
      yield* system.startProcessor(pipeline)
      const url = yield* system.startApi
      // A message without headers is read by the codec `auto`, which finds the form of each source by itself.
      const access = '10.0.0.9 - ada [01/Mar/2026:12:00:01 +0000] "GET /cart HTTP/1.1" 503 87 "-" "curl/8"'
      yield* system.publish("nginx", access)
      yield* system.publish("worker", "ts=2026-03-01T12:00:02Z level=error msg=boom attempt=3")
      yield* system.publish("java", "2026-03-01 12:00:03 ERROR [Billing] out of paper")

      const only = "source IN (nginx, worker, java)"
      const { logs } = yield* askUntil<Answer>(url, question(only), (now) => now.logs.nodes.length === 3)
      // Newest first.
      assert.deepStrictEqual(
        logs.nodes.map(({ source, severity, timestamp }) => [source, severity, timestamp.slice(0, 19)]),
        [
          ["java", "ERROR", "2026-03-01T12:00:03"],
          ["worker", "ERROR", "2026-03-01T12:00:02"],
          ["nginx", "ERROR", "2026-03-01T12:00:01"]
        ]
      )
    })
  )

  it.effect("that nothing understands is kept as it came, and says so", () =>
    Effect.gen(function* () {
      const system = yield* System
      yield* system.startProcessor(pipeline)
      const url = yield* system.startApi
      yield* system.publish("printer", "PC LOAD LETTER")
      const { logs } = yield* askUntil<Answer>(url, question("source:printer"), (now) => now.logs.nodes.length === 1)
      const [record] = logs.nodes
      assert.strictEqual(record?.body, "PC LOAD LETTER")
      // `parsed:false` is also a query, so that such lines are easy to find.
      assert.strictEqual(record?.parsed, false)
    })
  )
})
