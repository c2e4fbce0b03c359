// Poison: frames and records that nobody should send, straight onto the bus and through the sources, among good ones.
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { zstdCompressSync } from "node:zlib"
import { jetstream } from "@nats-io/jetstream"
import { headers } from "@nats-io/nats-core"
import { connect } from "@nats-io/transport-node"
import { chaosCase } from "./chaos-case.ts"
import { oneMachine } from "./stand/one-machine.ts"

interface Poison {
  readonly payload: Uint8Array | string
  readonly headers?: Readonly<Record<string, string>>
  /** Records that it counts as. */
  readonly records: number
}

const deep = 10_000
const manyKeys = `{${Array.from({ length: 100_000 }, (_, i) => `"key${i}":${i}`).join(",")}}`
const withHeaders = (payload: Uint8Array | string, given: Poison["headers"]): Poison => ({
  payload,
  headers: given ?? {},
  records: 1
})

const poisons: ReadonlyArray<Poison> = [
  { payload: "", records: 0 },
  { payload: "\n\n\r\n\n", records: 0 },
  { payload: new Uint8Array(1_000), records: 1 },
  { payload: Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80), records: 1 },
  { payload: "[".repeat(deep), records: 1 },
  { payload: `${'{"a":'.repeat(deep)}1${"}".repeat(deep)}`, records: 1 },
  { payload: manyKeys, records: 1 },
  { payload: '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}', records: 1 },
  {
    payload: '{"ts":"+275760-09-13T00:00:00Z","msg":"far"}\n{"ts":-1e300,"msg":"near"}\n{"ts":"no","msg":"no"}',
    records: 3
  },
  { payload: '{"msg":"\\ud800 lone \\u0000 zero","level":"\\udfff"}', records: 1 },
  { payload: "x".repeat(7_000_000), records: 1 },
  // Lengths that lie: beyond the end, longer than any number, and none at all.
  withHeaders(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3), { "Tailrace-Layout": "prefixed" }),
  withHeaders(new Uint8Array(64).fill(0x80), { "Tailrace-Layout": "prefixed" }),
  withHeaders(Uint8Array.of(0, 0, 0, 3, 97, 98, 99), { "Tailrace-Layout": "prefixed" }),
  // Headers that make no sense.
  withHeaders("a line", { "Tailrace-Layout": "nonsense", "Tailrace-Codec": "nonsense" }),
  withHeaders("no object", { "Tailrace-Codec": "json", "Tailrace-Received-At": "NaN" }),
  withHeaders("from the future", { "Tailrace-Received-At": "9007199254740991" }),
  withHeaders("before time", { "Tailrace-Received-At": "-1" }),
  withHeaders("a line", { "Tailrace-Attributes": "{broken", "Tailrace-Resource": "[1,2]" }),
  withHeaders("a line", { "Tailrace-Attributes": `{"__proto__":"x","":"y","${"k".repeat(1_000)}":"z"}` }),
  // Compressed, they say: they are not, they break off, and they hold more than any message.
  withHeaders("a line\n", { "Tailrace-Encoding": "zstd" }),
  withHeaders(zstdCompressSync("x\n".repeat(1_000)).subarray(0, -1), { "Tailrace-Encoding": "zstd" }),
  withHeaders(zstdCompressSync(new Uint8Array(2 ** 30)), { "Tailrace-Encoding": "zstd" }),
  { payload: zstdCompressSync("a\nb\nc"), headers: { "Tailrace-Encoding": "zstd" }, records: 3 },
  withHeaders("a line", { "Nats-Expected-Stream": "raw", "Tailrace-Offset": "-5", "Tailrace-Idempotency": "\t" })
]

/** Names in subjects, and whether they may be any: what comes under others is refused with all it holds. */
const subjects = [
  { names: "default.poison", good: true },
  { names: "other-tenant.poison", good: true },
  { names: "a%2Eb.%E2%82%AC", good: false },
  { names: `long.${"x".repeat(200)}`, good: false }
] as const

// Their event times are of now and of never, which makes the numbered records late: windows are not counted here.
const options = { start: () => oneMachine(), panes: false }

chaosCase("poison frames on the bus", options, async ({ flow, over, stand }) => {
  const connection = await connect({ servers: `127.0.0.1:${stand.instance.ports.nats}` })
  const stream = jetstream(connection)
  let acknowledged = 0
  let deadLettered = 0
  for (const [i, { headers: given = {}, payload, records }] of poisons.entries()) {
    const built = headers()
    for (const [name, value] of Object.entries(given)) built.set(name, value)
    const { good, names } = subjects[i % subjects.length] as (typeof subjects)[number]
    await stream.publish(`logs.in.${names}`, payload, { headers: built })
    acknowledged += records
    if (!good) deadLettered += records
    await flow(50)
  }
  over()
  await connection.close()
  return { acknowledged, deadLettered }
})

chaosCase("poison lines in files and requests", options, async ({ flow, over, stand }) => {
  const file = join(stand.folder, "watched", "poison.txt")
  const lines = [`${"long ".repeat(2_000_000)}`, "\0".repeat(5_000), "[".repeat(deep), manyKeys, "\u001b[2J\r\r\rline"]
  for (const line of lines) {
    appendFileSync(file, `${line}\n`)
    await flow(50)
  }
  const refused = ["{not json", "[1,2,3]", "[".repeat(deep), `{"a":"${"x".repeat(2_000_000)}"}`, '{"a":1}}', "\0"]
  for (const body of refused) {
    const response = await fetch(`${stand.collector}/ingest/poison`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body
    })
    if (response.status !== 400 && response.status !== 413) {
      throw new Error(`${body.slice(0, 20)} was answered with ${response.status}: ${await response.text()}`)
    }
    await response.arrayBuffer()
    await flow(20)
  }
  // Refused beside good ones they are told to the sender and counted, once for all attempts under a key.
  const mixed = ['{"msg":"good"}', "{not json", "5", '{"msg":"as good"}'].join("\n")
  for (let attempt = 0; attempt < 3; attempt++) {
    const response = await fetch(`${stand.collector}/ingest/poison`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", "idempotency-key": "mixed" },
      body: mixed
    })
    const { accepted, rejected } = (await response.json()) as { accepted: number; rejected: number }
    if (accepted !== 2 || rejected !== 2)
      throw new Error(`of four items ${accepted} were taken and ${rejected} refused`)
    await flow(20)
  }
  over()
  return { acknowledged: lines.length + 4, refused: 2 }
})
