// stdin: source that reads lines from standard input until it ends.
import type { Readable } from "node:stream"
import { field } from "@tailrace/domain/field"
import { Health } from "@tailrace/telemetry/health"
import { Effect, Fiber, Schema } from "effect"
import { makeOrigin } from "../frames/origin.ts"
import { countLines, LineFramer } from "../framing/lines.ts"
import { messageOf } from "../refusal.ts"
import { defineSource, type SourceContext } from "../source.ts"
import { SubjectName } from "../subject-name.ts"

export const StdinConfig = Schema.Struct({
  source: field(SubjectName, "stdin", "Name of the source."),
  codec: field(Schema.NonEmptyString, "auto", "Codec of the lines."),
  maxMessageBytes: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4_194_304 })),
    1_048_576,
    "Longest line taken whole, bytes; a longer one is cut."
  )
})
export type StdinConfig = typeof StdinConfig.Type

export const stdin = defineSource({
  name: "stdin",
  summary: "Reads lines from standard input until it ends.",
  config: StdinConfig,
  examples: [
    { title: "The default", config: {} },
    { title: "The log of one program", config: { source: "app", codec: "logfmt" } }
  ],
  make: (config: StdinConfig) =>
    Effect.succeed({ name: "stdin", open: (context: SourceContext) => open(config, context, process.stdin) })
})

/** Reads a stream to its end in the background; the end of the scope stops reading and hands in what was read. */
export const open = Effect.fnUntraced(function* (config: StdinConfig, context: SourceContext, stream: Readable) {
  const reporter = (yield* Health).register("collector.stdin")
  yield* Effect.acquireRelease(Effect.forkDetach(Effect.promise(() => readLines(config, context, stream))), (reading) =>
    Effect.andThen(
      Effect.sync(() => stream.destroy()),
      Effect.andThen(Fiber.await(reading), Effect.sync(reporter.remove))
    )
  )
  reporter.ready()
  return {}
})

/** Resolves when the stream has ended and all its lines are acknowledged or, at the collector's end, refused. */
const readLines = async (config: StdinConfig, context: SourceContext, stream: Readable): Promise<void> => {
  const { codec, maxMessageBytes, source } = config
  const { counters, intake, tenant } = context
  const origin = makeOrigin({
    tenant,
    source,
    codec,
    layout: "lines",
    attributes: {},
    patient: true,
    component: "stdin"
  })
  let submission = intake.submission(origin)
  const framer = new LineFramer(maxMessageBytes, {
    lines: (bytes, start, end) => submission.lines(bytes, start, end, countLines(bytes, start, end)),
    oversize: (message) => {
      counters.truncated(1)
      submission.lines(message, 0, message.length, 1)
    }
  })
  const waiting = new Set<Promise<void>>()
  const handIn = (): void => {
    const handed = submission
    submission = intake.submission(origin)
    const settled: Promise<void> = handed.done().then((refusal) => {
      waiting.delete(settled)
      if (refusal === undefined) counters.accepted(handed.messages, handed.bytes)
      else {
        counters.rejected(handed.messages, refusal.reason)
        context.warn(`${handed.messages} lines of standard input were not taken: ${refusal.message}`)
      }
    })
    waiting.add(settled)
  }
  try {
    for await (const chunk of stream) {
      framer.push(chunk as Uint8Array)
      handIn()
      await intake.room()
    }
  } catch (cause) {
    if (!stream.destroyed) context.warn(`standard input cannot be read on: ${messageOf(cause)}`)
  }
  framer.end()
  handIn()
  while (waiting.size > 0) await Promise.all(waiting)
}
