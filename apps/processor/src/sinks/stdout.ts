// stdout: sink that writes records as JSON lines to standard output, for looking and for pipes.
import type { Writable } from "node:stream"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { type LogRecord, recordId } from "@tailrace/domain/log-record"
import { Effect, Schema } from "effect"
import { defineSink, type OpenSink, type Sink } from "../outputs/sink.ts"

const config = Schema.Struct({ type: Schema.Literal("stdout") })

export const stdout = defineSink({
  name: "stdout",
  summary:
    "Writes records as JSON lines to standard output, once sinks that keep records have them; as fast as they are read.",
  config,
  examples: [{ title: "To look at what comes out", config: { type: "stdout" } }],
  make: () =>
    Effect.succeed<Sink>({ name: "stdout", durable: false, open: () => Effect.sync(() => openOn(process.stdout)) })
})

/** Outputs whose failures nobody else needs to hear of: without a listener a failure ends the process. */
const heard = new WeakSet<Writable>()

/** Writes to `out` until its reader has gone; from then on nothing, because whoever only looks must not end what is stored. */
export const openOn = (out: Writable): OpenSink => {
  let gone = false
  if (!heard.has(out)) {
    heard.add(out)
    out.on("error", () => undefined)
  }
  return {
    offsets: [],
    repeats: [],
    write: (batch) =>
      Effect.callback<void>((resume) => {
        if (gone) return resume(Effect.void)
        out.write(jsonLines(batch), (error) => {
          gone = error != null
          resume(Effect.void)
        })
      })
  }
}

/** The kept rows of a batch, one JSON object a line. */
const jsonLines = (batch: LogBatch): string => {
  let lines = ""
  for (let row = 0; row < batch.length; row++) {
    if (batch.selected[row] === 1) lines += `${JSON.stringify(jsonOf(batch.record(row)))}\n`
  }
  return lines
}

const jsonOf = (record: LogRecord) => ({
  id: recordId(record),
  timestamp: isoNanos(record.timestamp),
  severity: record.severity,
  service: record.service,
  host: record.host,
  source: record.source,
  tenant: record.tenant,
  body: record.body,
  ...(record.traceId === "" ? {} : { trace_id: record.traceId }),
  ...(record.spanId === "" ? {} : { span_id: record.spanId }),
  attributes: record.attributes,
  resource: record.resource
})

/** Nanoseconds since 1970 as ISO 8601 with nine decimals. */
const isoNanos = (nanos: bigint): string => {
  const millis = new Date(Number(nanos / 1_000_000n)).toISOString()
  return `${millis.slice(0, -1)}${String(nanos % 1_000_000n).padStart(6, "0")}Z`
}
