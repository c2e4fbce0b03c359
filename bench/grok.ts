// Grok: CPU per event of lines that are read by expressions of grok, beside codecs that were written for the same lines.
import { LogBatch } from "@tailrace/domain/log-batch"
import { seededRandom } from "@tailrace/domain/seeded-random"
import { ParseStage } from "@tailrace/pipeline/parse/parse"
import { ParseConfig } from "@tailrace/pipeline/parse/parse-config"
import { Schema } from "effect"
import type { Question } from "./instruments/report.ts"
import { lineWriters } from "./load/line-writers.ts"

const secondsPerCase = 0.5
const linesPerFrame = 300
const target = 2000

const cases = [
  ["nginx", "^%{COMBINEDAPACHELOG}$", "clf"],
  ["syslog 3164", "^<%{NONNEGINT:priority}>%{SYSLOGLINE}$", "syslog"],
  ["nginx", "no such line %{COMBINEDAPACHELOG}", "raw"]
] as const

const frameOf = (name: (typeof cases)[number][0]): Uint8Array => {
  const random = seededRandom(7)
  const { stamp, write } = lineWriters[name]
  const lines = Array.from({ length: linesPerFrame }, (_, i) =>
    write(random, stamp(Date.UTC(2026, 0, 19, 10, 30) + i * 7))
  )
  return new TextEncoder().encode(`${lines.join("\n")}\n`)
}

const measure = (
  name: (typeof cases)[number][0],
  config: typeof ParseConfig.Encoded
): { ns: number; unparsed: number } => {
  const payload = frameOf(name)
  const stage = new ParseStage(Schema.decodeUnknownSync(ParseConfig)(config))
  const batch = LogBatch.make({ partition: 0 })
  const receivedMillis = Date.UTC(2026, 0, 19, 11)
  const header = { layout: "lines", codec: "auto", receivedMillis, attributes: {}, resource: {} } as const
  let sequence = 0
  const round = (): number => {
    batch.reset()
    let events = 0
    for (let i = 0; i < 20; i++)
      events += stage.parseFrame(
        { sequence: ++sequence, tenant: "default", source: name, header, storedMillis: receivedMillis, payload },
        batch
      )
    return events
  }
  for (let i = 0; i < 10; i++) round()
  let unparsed = 0
  for (let row = 0; row < batch.length; row++) unparsed += 1 - (batch.parsed[row] as number)
  const start = process.cpuUsage()
  let events = 0
  let used = process.cpuUsage(start)
  while (used.user + used.system < secondsPerCase * 1e6) {
    events += round()
    used = process.cpuUsage(start)
  }
  return { ns: ((used.user + used.system) * 1000) / events, unparsed }
}

export const grok: Question = {
  name: "grok",
  asks: "What does a line cost that is read by patterns?",
  answer: async () => ({
    tables: [
      {
        caption: "Bytes of a frame into columns, one thread",
        columns: ["lines", "expression", "CPU ns/event", "not understood", "beside the codec", "CPU ns/event of it"],
        rows: cases.map(([name, pattern, codec]) => {
          const read = measure(name, { codec: "grok", grok: { patterns: [pattern] } })
          return [
            name,
            pattern,
            read.ns.toFixed(0),
            String(read.unparsed),
            codec,
            measure(name, { codec }).ns.toFixed(0)
          ]
        })
      }
    ],
    notes: [`Wanted of anchored expressions: at most ${target} ns.`]
  })
}
