// Replay: publishes a stretch of time of the raw stream again, or counts what a pipeline would make of it.
import { createHash } from "node:crypto"
import { forEachMessage, replayHeader } from "@tailrace/domain/frame"
import { inputSubject } from "@tailrace/domain/subjects"
import { loadPipeline } from "@tailrace/processor/pipelines"
import { packFrame, unpackFrame } from "@tailrace/streams/frame-encoding"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Effect, Layer, Option } from "effect"
import { natsConnection } from "../connections.ts"
import { unreachable, usageFailure, workFailure } from "../failure.ts"
import { forEachRawMessage, type RawMessage, rangeReplay, type TimeRange } from "../replay/raw-messages.ts"
import { TrialRun } from "../replay/trial-run.ts"
import { Output, type OutputShape } from "../terminal/output.ts"
import type { BrokerInput } from "../up/flags.ts"

const warning =
  "a replay publishes messages again, and what of them is stored already will be stored twice: drop those rows first, " +
  "look with --dry-run what would come of it, and say --yes when it is meant"

interface ReplayInput extends BrokerInput {
  readonly from: string
  readonly to: Option.Option<string>
  readonly tenant: Option.Option<string>
  readonly source: Option.Option<string>
  readonly dryRun: boolean
  readonly pipeline: Option.Option<string>
  readonly rate: number
  readonly yes: boolean
  readonly json: boolean
}

export const run = Effect.fnUntraced(function* (input: ReplayInput) {
  const output = yield* Output
  if (!input.dryRun && !input.yes) return yield* usageFailure(warning)
  if (input.rate < 1) return yield* usageFailure(`--rate ${input.rate} is no speed, give at least 1 record a second`)
  const now = yield* Clock.currentTimeMillis
  const range: TimeRange = {
    from: yield* timeOf("from", input.from),
    to: Option.isSome(input.to) ? yield* timeOf("to", input.to.value) : now,
    tenant: Option.getOrUndefined(input.tenant),
    source: Option.getOrUndefined(input.source)
  }
  if (range.to <= range.from) {
    const [from, to] = [isoOf(range.from), isoOf(range.to)]
    return yield* usageFailure(`nothing lies between --from ${from} and --to ${to}, the end has to be the later one`)
  }
  const nats = yield* natsConnection(input)
  const plain = output.isTerminal && !input.json
  const broker = Nats.layer({ ...nats, name: "tailrace.replay", waitOnFirstConnect: false })
  const services = Publisher.layer().pipe(
    Layer.provideMerge(broker),
    Layer.provide(Layer.merge(Health.layer, Metrics.layerBare))
  )
  const path = Option.getOrUndefined(input.pipeline)
  const work = input.dryRun ? tryOut(range, path, plain, output) : republish(range, input.rate, plain, output)
  yield* Layer.build(services).pipe(
    Effect.flatMap((context) => Effect.provideContext(work, context)),
    Effect.catchTag("NatsError", (error) => Effect.fail(unreachable(error.message))),
    Effect.catchTag("SurveyError", (error) => Effect.fail(workFailure(error.message))),
    Effect.scoped
  )
})

const tryOut = Effect.fnUntraced(function* (
  range: TimeRange,
  path: string | undefined,
  plain: boolean,
  output: OutputShape
) {
  const pipeline = yield* loadPipeline(path).pipe(
    Effect.catchTag("PipelineError", (error) => Effect.fail(usageFailure(error.message)))
  )
  const trial = new TrialRun(yield* pipeline.stagesFor(0))
  yield* forEachRawMessage(range, (messages) =>
    Effect.sync(() => {
      for (const message of messages) trial.take(message)
      output.progress(`${trial.counts.records} records`)
    })
  )
  const { dropped, ...counts } = trial.counts
  const report = { ...counts, dropped: Object.fromEntries(dropped) }
  if (!plain) return yield* output.line(JSON.stringify(report))
  yield* output.line(`${counts.records} records in ${counts.messages} messages, nothing was published`)
  yield* output.line(`${counts.rows} rows, ${counts.unparsed} of them kept whole because no codec understands them`)
  for (const [rule, count] of dropped) yield* output.line(`${count} dropped by ${rule}`)
  if (counts.failed > 0) yield* output.line(output.style("red", `${counts.failed} that a stage fails over`))
})

const republish = Effect.fnUntraced(function* (range: TimeRange, rate: number, plain: boolean, output: OutputShape) {
  const publisher = yield* Publisher
  const clock = yield* Clock.Clock
  const begun = clock.currentTimeMillisUnsafe()
  let records = 0
  let published = 0
  let known = 0
  const publish = Effect.fnUntraced(function* (message: RawMessage) {
    // What was dropped before the frame was counted with it, and must not be again.
    const { encoding, header: found, payload } = unpackFrame(message.header, message.data)
    const { dropped: _, ...header } = found
    const receivedMillis = header.receivedMillis ?? message.storedMillis
    const packed = packFrame({ ...header, receivedMillis }, payload, encoding)
    const { duplicate } = yield* publisher
      .publish(inputSubject(message.tenant, message.source), packed.payload, {
        id: replayIdOf(message),
        headers: { ...packed.headers, [replayHeader]: rangeReplay }
      })
      .pipe(
        Effect.mapError((error) =>
          workFailure(
            `the replay stopped at message ${message.sequence}: ${error.message}; go on with --from ${isoOf(message.storedMillis)}`
          )
        )
      )
    if (duplicate) {
      known++
      return
    }
    published++
    forEachMessage(payload, header.layout, () => void records++)
    const early = (records / rate) * 1_000 - (clock.currentTimeMillisUnsafe() - begun)
    if (early > 0) yield* Effect.sleep(early)
    output.progress(`${records} records published, through ${isoOf(message.storedMillis)}`)
  })
  yield* forEachRawMessage(range, (portion) => Effect.forEach(portion, publish, { discard: true }))
  if (!plain) return yield* output.line(JSON.stringify({ messages: published, records, known }))
  yield* output.line(`published ${published} messages with ${records} records again`)
  if (known > 0) yield* output.line(`${known} more were replayed within the last two minutes, and are not doubled`)
})

/**
 * Known to nobody before, since whoever may publish could else take it first: made of the message, so that the same replay
 * within the stream's duplicate window changes nothing.
 */
const replayIdOf = ({ data, sequence, storedMillis }: RawMessage): string => {
  const digest = createHash("sha256").update(`${storedMillis} `).update(data).digest("hex").slice(0, 32)
  return `${rangeReplay}-${sequence}-${digest}`
}

const isoOf = (millis: number): string => new Date(millis).toISOString()

const timeOf = (name: string, given: string) => {
  const millis = Date.parse(given)
  return Number.isNaN(millis)
    ? Effect.fail(usageFailure(`--${name} ${given} is no time, write it as 2026-03-01T12:00:00Z`))
    : Effect.succeed(millis)
}
