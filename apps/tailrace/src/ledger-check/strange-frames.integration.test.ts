// Frames that are too much and subjects that are none, in both placements: each ends in the ledger, and the check counts the whole stream.
import { randomBytes } from "node:crypto"
import { zstdCompressSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { jetstreamManager } from "@nats-io/jetstream"
import { mostMessages } from "@tailrace/domain/frame"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { joinWorld, pipelineFile, publishNumbered } from "@tailrace/processor/partition/placement.harness"
import { endOfTime } from "@tailrace/store/read/ledger-check"
import { read } from "@tailrace/store/store"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { natsServer } from "@tailrace/testing/nats-server"
import { startStore } from "@tailrace/testing/store"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { checkLedger } from "./check.ts"

const pipeline = `
name: strange
parse: { codec: json }
batch: { maxRows: 400, minLinger: 5ms, maxLinger: 20ms }
`
const start = Date.UTC(2026, 2, 1, 12)
const packed = { "Tailrace-Encoding": "zstd" }

/** Few bytes that become millions of records, and millions of lines that are none. */
const bomb = zstdCompressSync("x\n".repeat(4_000_000))
const nothing = zstdCompressSync("\n".repeat(8_000_000))
const full = "x\n".repeat(mostMessages)
/** What nothing makes smaller, so that it is longer between stages than it came. */
const long = Buffer.from(
  randomBytes(8_300_000).map((byte, i) => (i % 70 === 69 ? 10 : byte === 10 || byte === 13 ? 32 : byte))
)

interface Sent {
  readonly subject: string
  readonly payload: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly records: number
  /** Why it becomes a dead letter in fused placement, and in staged. */
  readonly refused?: readonly [string | undefined, string | undefined]
}

const badSubject = ["unreadable subject", "unreadable subject"] as const
const tooMany = ["too many records", "too many records"] as const
const sent: ReadonlyArray<Sent> = [
  { subject: "logs.in.default.bomb", payload: bomb, headers: packed, records: 4_000_000, refused: tooMany },
  { subject: "logs.in.default.nothing", payload: nothing, headers: packed, records: 0 },
  { subject: "logs.in.default.full", payload: full, records: mostMessages },
  { subject: "logs.in.default.over", payload: `${full}y`, records: mostMessages + 1, refused: tooMany },
  {
    subject: "logs.in.default.long",
    payload: long,
    records: Math.ceil(long.length / 70),
    refused: [undefined, "too long for a stage"]
  },
  { subject: "logs.in.default.*", payload: "a\nb\n", records: 2, refused: badSubject },
  { subject: "logs.in.*.app", payload: "a", records: 1, refused: badSubject },
  { subject: "logs.in.default.>", payload: "a", records: 1, refused: badSubject },
  { subject: "logs.in.dé.app", payload: "a", records: 1, refused: badSubject },
  { subject: `logs.in.default.${"x".repeat(300)}`, payload: "a", records: 1, refused: badSubject },
  { subject: "logs.in.default.ab\u0007", payload: "a", records: 1, refused: badSubject }
]

describe("frames that are too much, and subjects that are none", { retry: 0 }, () => {
  it.live.each(["fused", "staged"] as const)("end in the ledger, %s", (placement) =>
    Effect.gen(function* () {
      const broker = yield* natsServer()
      const world = yield* joinWorld(broker, yield* startStore, 1, { raw: 67_108_864, parsed: 67_108_864 })
      const provide = Effect.provide(world.context)
      yield* world.startProcessor({ placement, pipeline: yield* pipelineFile(pipeline) })
      const ordinary = { perFrame: 50, start, stepMillis: 10 }
      yield* provide(publishNumbered({ ...ordinary, from: 0, to: 100 }))
      const { control } = yield* provide(Nats)
      const publisher = yield* provide(Publisher)
      for (const { headers, payload, subject } of sent) {
        const bytes = typeof payload === "string" ? encodeUtf8(payload) : payload
        yield* publisher.publish(subject, bytes, headers === undefined ? {} : { headers })
      }
      yield* provide(publishNumbered({ ...ordinary, from: 100, to: 200 }))
      const records = 200 + sent.reduce((sum, one) => sum + one.records, 0)
      const received = read<{ n: string }>({ operation: "count", sql: "SELECT sum(received) AS n FROM ledger" })
      yield* waitUntil(provide(received), ([row]) => Number(row?.n) >= records, { what: "all in the ledger" })
      const at = placement === "fused" ? 0 : 1
      const letters = yield* provide(
        read<{ source: string; records: string; reason: string; bytes: string }>({
          operation: "read letters",
          sql: "SELECT source, records, reason, length(payload) AS bytes FROM dead_letters FINAL ORDER BY sequence"
        })
      )
      assert.deepStrictEqual(
        letters.map(({ reason, records }) => `${reason} ${records}`),
        sent.flatMap(({ records, refused }) => (refused?.[at] === undefined ? [] : [`${refused[at]} ${records}`]))
      )
      assert.strictEqual(Number(letters[0]?.bytes), bomb.length)
      const manager = yield* Effect.promise(() => jetstreamManager(control))
      yield* waitUntil(
        Effect.promise(() => manager.consumers.info("raw", "pipeline-0")),
        (info) => info.num_pending + info.num_ack_pending === 0
      )
      const result = yield* provide(checkLedger({ from: 0, to: endOfTime }))
      assert.deepStrictEqual(result.differences, [])
      assert.deepInclude(result, { received: records, rawRecords: records, waiting: 0 })
      // What has no place in the stream is not acknowledged at all.
      for (const subject of ["logs.in.a.b.c", "logs.in.x", "logs.in", "logs.in..x", "logs.in.a.", "logs.raw.0.a.b"])
        assert.match(
          String(yield* Effect.flip(Effect.tryPromise(() => control.request(subject, "x", { timeout: 500 })))),
          /./
        )
      // A partition without a pipeline is one whose messages nobody reads.
      yield* Effect.promise(() => manager.streams.info("raw")).pipe(
        Effect.flatMap(({ config }) =>
          Effect.promise(() =>
            manager.streams.update("raw", {
              ...config,
              subject_transform: { src: "logs.in.*.*", dest: "logs.raw.7.{{wildcard(1)}}.{{wildcard(2)}}" }
            })
          )
        )
      )
      yield* publisher.publish("logs.in.default.astray", encodeUtf8("x"))
      const [astray] = (yield* provide(checkLedger({ from: 0, to: endOfTime }))).differences
      assert.include(astray?.words, "logs.raw.7.default.astray")
    }).pipe(Effect.scoped)
  )
})
