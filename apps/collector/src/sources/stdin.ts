// stdin: source that reads lines from standard input until it ends.
import type { Readable } from "node:stream"
import { field } from "@tailrace/domain/field"
import { Health } from "@tailrace/telemetry/health"
import { Effect, Fiber, Schema } from "effect"
import { makeOrigin, type Origin } from "../frames/origin.ts"
import type { Submission } from "../frames/submission.ts"
import { countLines, LineFramer } from "../framing/lines.ts"
import { mayHoldParts } from "../framing/multiline/container-line.ts"
import { joinRuleOf, maxLines, multilineField } from "../framing/multiline/multiline-config.ts"
import { RecordJoiner } from "../framing/multiline/record-joiner.ts"
import { forEachLine } from "../framing/multiline/records.ts"
import { messageOf } from "../refusal.ts"
import { defineSource, entryFields, type OwnSource, type SourceContext } from "../source.ts"
import { SubjectName } from "../subject-name.ts"

/** The keys of the source, beside those that every entry may have. */
export const stdinFields = {
  source: field(SubjectName, "stdin", "Name of the source."),
  codec: field(Schema.NonEmptyString, "auto", "Codec of the lines."),
  maxMessageBytes: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4_194_304 })),
    1_048_576,
    "Bytes of a record; longer ones are cut, and `log.truncated_bytes` says by how much."
  ),
  multiline: multilineField,
  partialMillis: field(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 86_400_000 })),
    1_000,
    "Milliseconds without input after which a joined record is complete."
  )
}

export const StdinConfig = Schema.Struct({ ...entryFields("stdin"), ...stdinFields })
export type StdinConfig = typeof StdinConfig.Type

export const stdin = defineSource({
  name: "stdin",
  summary: "Reads lines from standard input until it ends.",
  config: StdinConfig,
  examples: [
    { title: "The default", config: { type: "stdin" } },
    { title: "The log of one program", config: { type: "stdin", source: "app", codec: "logfmt" } }
  ],
  make: (config: StdinConfig) => Effect.succeed(stdinSource(config))
})

const stdinSource = (config: StdinConfig): OwnSource => ({
  name: config.name ?? "stdin",
  claims: [{ of: "stdin" }],
  open: (context) => open(config, context, process.stdin)
})

/** Reads a stream to its end in the background; the end of the scope stops reading and hands in what was read. */
export const open = Effect.fnUntraced(function* (config: StdinConfig, context: SourceContext, stream: Readable) {
  const reporter = (yield* Health).register(`collector.${context.name}`)
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
  const input = new Input(config, context)
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    for await (const chunk of stream) {
      clearTimeout(timer)
      input.push(chunk as Uint8Array)
      if (input.isWaiting) timer = setTimeout(() => input.flush(), config.partialMillis)
      await context.intake.room()
    }
  } catch (cause) {
    if (!stream.destroyed) context.warn(`standard input cannot be read on: ${messageOf(cause)}`)
  }
  clearTimeout(timer)
  await input.end()
}

/** Hands in what each piece of the input holds of whole records. */
class Input {
  readonly #context: SourceContext
  readonly #originOf: (attributes: Readonly<Record<string, string>>) => Origin
  readonly #framer: LineFramer
  readonly #joiner: RecordJoiner
  readonly #waiting = new Set<Promise<void>>()
  #submission: Submission

  constructor(config: StdinConfig, context: SourceContext) {
    const { codec, maxMessageBytes, multiline, source } = config
    const rule = joinRuleOf(multiline)
    const layout = rule === undefined ? "lines" : "prefixed"
    const fixed = { tenant: context.tenant, source, codec, layout, patient: true, component: context.name } as const
    this.#context = context
    this.#originOf = (attributes) => makeOrigin({ ...fixed, attributes })
    this.#submission = context.intake.submission(this.#originOf({}))
    this.#joiner = new RecordJoiner({ maxBytes: maxMessageBytes, maxLines, rule }, (bytes, start, end, cut) => {
      if (cut > 0) this.#cut(bytes.subarray(start, end), cut)
      else this.#submission.message(bytes, start, end)
    })
    this.#framer = new LineFramer(maxMessageBytes, {
      lines: (bytes, start, end) => {
        if (rule === undefined && !this.#joiner.isOpen && !mayHoldParts(bytes, start, end)) {
          this.#submission.lines(bytes, start, end, countLines(bytes, start, end))
          return
        }
        forEachLine(bytes, start, end, (from, to) => this.#joiner.line(bytes, from, to))
        this.#joiner.hold()
      },
      oversize: (message, cut) => {
        this.#joiner.flush()
        this.#cut(message, cut)
      }
    })
  }

  /** Whether a record waits for lines that may continue it. */
  get isWaiting(): boolean {
    return this.#joiner.isOpen
  }

  push(chunk: Uint8Array): void {
    this.#framer.push(chunk)
    this.#handIn()
  }

  /** No line has come for a while. */
  flush(): void {
    this.#joiner.flush()
    this.#handIn()
  }

  async end(): Promise<void> {
    this.#framer.end()
    this.flush()
    while (this.#waiting.size > 0) await Promise.all(this.#waiting)
  }

  #cut(message: Uint8Array, cut: number): void {
    this.#context.counters.truncated(1)
    this.#handIn()
    this.#submission = this.#context.intake.submission(this.#originOf({ "log.truncated_bytes": String(cut) }))
    this.#submission.message(message, 0, message.length)
    this.#handIn()
  }

  #handIn(): void {
    const { counters, intake, warn } = this.#context
    const handed = this.#submission
    this.#submission = intake.submission(this.#originOf({}))
    const settled: Promise<void> = handed.done().then((refusal) => {
      this.#waiting.delete(settled)
      if (refusal === undefined) counters.accepted(handed.messages, handed.bytes)
      else {
        counters.rejected(handed.messages, refusal.reason)
        warn(`${handed.messages} lines of standard input were not taken: ${refusal.message}`)
      }
    })
    this.#waiting.add(settled)
  }
}
