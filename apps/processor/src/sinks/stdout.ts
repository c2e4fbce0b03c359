// stdout: sink that writes records as JSON lines to standard output, for looking and for pipes.
import type { Writable } from "node:stream"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect, Schema } from "effect"
import { defineSink, type OpenSink, type Sink, type SinkContext } from "../outputs/sink.ts"
import { jsonLines } from "./json-lines.ts"

/** Bytes that wait for whoever reads; about what one batch comes to. */
const mostWaiting = 16 * 1024 * 1024
/** How long the end of a pipeline waits for what was written and not read, in milliseconds. */
const lastMillis = 2_000

const config = Schema.Struct({ type: Schema.Literal("stdout") })

export const stdout = defineSink({
  name: "stdout",
  summary:
    "Writes records as JSON lines to standard output, once sinks that keep records have them; a reader that is too slow misses some, which are counted.",
  config,
  examples: [{ title: "To look at what comes out", config: { type: "stdout" } }],
  make: () =>
    Effect.succeed<Sink<Metrics>>({
      name: "stdout",
      durable: false,
      open: (context) => openOn(process.stdout, context)
    })
})

/** Outputs whose failures nobody else needs to hear of: without a listener a failure ends the process. */
const heard = new WeakSet<Writable>()

/**
 * Writes to `out` and waits for nobody: whoever only looks must not delay what is stored. While `mostWaiting` bytes are not
 * read, batches are left out and counted; once the reader has gone, everything is.
 */
export const openOn = Effect.fnUntraced(function* (out: Writable, { partition }: Pick<SinkContext, "partition">) {
  const counter = (yield* Metrics).counter("tailrace_sink_skipped_records_total", "Records a sink left out, too slow", [
    "partition",
    "sink"
  ])
  let skipped = 0
  let gone = false
  if (!heard.has(out)) {
    heard.add(out)
    out.on("error", () => undefined)
  }
  const skip = (records: number) =>
    Effect.suspend(() => {
      counter.inc({ partition: String(partition), sink: "stdout" }, records)
      skipped += records
      return skipped > records
        ? Effect.void
        : Effect.logWarning("standard output is not read as fast as records come, some are left out there")
    })
  const caughtUp = Effect.suspend(() => {
    const left = skipped
    skipped = 0
    return left === 0
      ? Effect.void
      : Effect.logWarning(`standard output is read again, ${left} records were left out there`)
  })
  const flushed = Effect.callback<void>((resume) => {
    if (gone || out.writableLength === 0) resume(Effect.void)
    else out.write("", () => resume(Effect.void))
  })
  yield* Effect.addFinalizer(() => Effect.timeoutOption(flushed, lastMillis))
  return {
    offsets: [],
    repeats: [],
    write: (batch) =>
      Effect.suspend(() => {
        if (gone || batch.keptCount === 0) return Effect.void
        if (out.writableLength >= mostWaiting) return skip(batch.keptCount)
        out.write(jsonLines(batch), (error) => {
          gone ||= error != null
        })
        return caughtUp
      })
  } satisfies OpenSink
})
