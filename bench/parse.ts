// Parse: CPU per event from the bytes of a frame into the columns of a batch, by format.
import { LogBatch } from "@tailrace/domain/log-batch"
import { seededRandom } from "@tailrace/domain/seeded-random"
import { ParseStage } from "@tailrace/pipeline/parse/parse"
import { ParseConfig } from "@tailrace/pipeline/parse/parse-config"
import { Schema } from "effect"
import type { Question } from "./instruments/report.ts"
import { lineWriters } from "./load/line-writers.ts"

const frameBytes = 65_536
const framesPerBatch = 64
const secondsPerCase = 0.4

const random = seededRandom(7)

let clock = Date.UTC(2026, 0, 19, 10, 30)
const nextMillis = (): number => {
  clock += Math.floor(random() * 20)
  return clock
}

type Name = keyof typeof lineWriters
/** Codecs that bear another name than their format. */
const codecs: Partial<Record<Name, string>> = { nginx: "clf", "syslog 3164": "syslog" }

const makeFrame = (name: Name): { payload: Uint8Array; events: number } => {
  const { stamp, write } = lineWriters[name]
  const lines: Array<string> = []
  for (let bytes = 0; bytes < frameBytes; ) {
    const line = write(random, stamp(nextMillis()))
    lines.push(line)
    bytes += line.length + 1
  }
  return { payload: new TextEncoder().encode(`${lines.join("\n")}\n`), events: lines.length }
}

const measure = (name: Name, codec: string): ReadonlyArray<string> => {
  const frames = Array.from({ length: 16 }, () => makeFrame(name))
  const stage = new ParseStage(Schema.decodeUnknownSync(ParseConfig)({}))
  const batch = LogBatch.make({ partition: 0 })
  const header = { layout: "lines", codec, receivedMillis: clock, attributes: {}, resource: {} } as const
  let sequence = 0
  let events = 0
  let bytes = 0
  let unparsed = 0
  const round = (): void => {
    batch.reset()
    for (let i = 0; i < framesPerBatch; i++) {
      const { payload } = frames[i % frames.length] as { payload: Uint8Array }
      events += stage.parseFrame(
        { sequence: ++sequence, tenant: "default", source: name, header, storedMillis: clock, payload },
        batch
      )
      bytes += payload.length
    }
    for (let row = 0; row < batch.length; row++) unparsed += 1 - (batch.parsed[row] as number)
  }
  for (let i = 0; i < 10; i++) round()
  events = 0
  bytes = 0
  const start = process.cpuUsage()
  let used = process.cpuUsage(start)
  while (used.user + used.system < secondsPerCase * 1e6) {
    round()
    used = process.cpuUsage(start)
  }
  const perEvent = ((used.user + used.system) * 1000) / events
  return [
    name,
    codec,
    perEvent.toFixed(0),
    (bytes / events).toFixed(0),
    (bytes / (used.user + used.system)).toFixed(0),
    String(unparsed)
  ]
}

export const parse: Question = {
  name: "parse",
  asks: "What does parsing cost?",
  answer: async () => ({
    tables: [
      {
        caption: "Bytes of a frame into columns, one thread",
        columns: ["format", "codec", "CPU ns/event", "bytes/event", "MB/s", "not understood"],
        rows: (Object.keys(lineWriters) as Array<Name>).flatMap((name) => [
          measure(name, codecs[name] ?? name),
          measure(name, "auto")
        ])
      }
    ],
    notes: []
  })
}
