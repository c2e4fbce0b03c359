// OpenIntake: the collector's intake, its way out over the spool, and what both tell of themselves.
import { join } from "node:path"
import { Redactor } from "@tailrace/redact/redactor"
import { Health } from "@tailrace/telemetry/health"
import { Metrics, type MetricsShape } from "@tailrace/telemetry/metrics"
import { Clock, Effect } from "effect"
import { type BrokerAccess, type BrokerLink, openBrokerLink } from "./broker-link.ts"
import type { CollectorConfig } from "./config.ts"
import { DirectOutlet } from "./frames/direct-outlet.ts"
import { Intake, type IntakeOptions, type IntakeWorld } from "./frames/intake.ts"
import type { Outlet } from "./frames/outlet.ts"
import { SpoolOutlet } from "./frames/spool-outlet.ts"
import { CollectorError, messageOf } from "./refusal.ts"
import type { SpoolWatcher } from "./spool/damage.ts"
import { Spool } from "./spool/spool.ts"

/** `mayDrop`: some source drops from the spool. The end of the scope publishes what is open and waits for acknowledgements; the rest goes to the spool. */
export const openIntake = Effect.fnUntraced(function* (
  config: CollectorConfig,
  mayDrop: boolean,
  access: BrokerAccess
) {
  const metrics = yield* Metrics
  const clock = yield* Clock.Clock
  const link = yield* openBrokerLink(config, access)
  const dropped = metrics.counter(
    "tailrace_collector_dropped_total",
    "Records left out: refused, while the pipelines lagged, or for want of room, as the ledger counts them",
    ["source", "reason"]
  )
  if (config.spool.maxBytes === 0 && mayDrop) {
    const message =
      "whenFull: drop-oldest drops from the spool, and spool.maxBytes is 0: give it some bytes, or choose block or sample"
    return yield* new CollectorError({ message })
  }
  const redact = redactOf(config, metrics)
  const outlet = config.spool.maxBytes > 0 ? yield* spoolOutlet(config, link) : new DirectOutlet(link.broker)
  const intake = yield* Effect.acquireRelease(
    Effect.sync(() =>
      makeIntake(config, redact, outlet, {
        now: () => clock.currentTimeMillisUnsafe(),
        lagging: link.broker.lagging,
        dropped: (source, counts) => {
          for (const [reason, count] of Object.entries(counts)) dropped.inc({ source, reason }, count)
        }
      })
    ),
    (open) => Effect.promise(() => open.close(config.drainMillis))
  )
  link.onLag(() => intake.lagChanged())
  metrics.gaugeFrom("tailrace_collector_held_bytes", "Bytes held in memory", () => intake.bytes)
  return intake
})

/** What takes secrets out before anything is on a disk; undefined when the configuration asks for none. */
const redactOf = ({ redact }: CollectorConfig, metrics: MetricsShape): IntakeOptions["redact"] => {
  if (redact === undefined) return undefined
  const counter = metrics.counter(
    "tailrace_collector_redacted_total",
    "Secrets and personal values taken out of messages, by rule",
    ["rule"]
  )
  const redactor = new Redactor(redact, (rule) => counter.inc({ rule }))
  return (bytes, start, end) => redactor.redact(bytes, start, end)
}

const makeIntake = (
  config: CollectorConfig,
  redact: IntakeOptions["redact"],
  outlet: Outlet,
  world: IntakeWorld
): Intake => {
  const { bytes, encoding, lingerMillis, maxBytes } = config.frames
  const options = { frameBytes: bytes, maxFrameBytes: Math.max(maxBytes, bytes), lingerMillis, encoding }
  const cleaning = redact === undefined ? {} : { redact }
  return new Intake({ ...options, ...cleaning, maxBytes: config.memoryBytes }, outlet, world)
}

const spoolOutlet = Effect.fnUntraced(function* (config: CollectorConfig, link: BrokerLink) {
  const { maxBytes, path, segmentBytes } = config.spool
  const folder = path ?? join(config.data, "spool")
  const metrics = yield* Metrics
  const reporter = (yield* Health).register("collector.spool")
  const log = Effect.runForkWith(yield* Effect.context<never>())
  const warn = (message: string) => void log(Effect.logWarning(message))
  const spool = yield* Effect.tryPromise({
    try: () => Spool.open({ folder, maxBytes, segmentBytes }, watcher(metrics, warn)),
    catch: (cause) =>
      new CollectorError({
        message: `cannot keep a spool in ${folder}: ${messageOf(cause)}, make the folder writable, set spool.path, or spool.maxBytes: 0`
      })
  })
  metrics.gaugeFrom("tailrace_spool_bytes", "Bytes of frames on disk", () => spool.bytes)
  metrics.gaugeFrom("tailrace_spool_frames", "Frames on disk that the broker has not acknowledged", () => spool.frames)
  let told: string | undefined
  const outlet = new SpoolOutlet(spool, link.broker, (problem) => {
    if (problem === undefined) reporter.ready()
    else reporter.live(`frames go to the disk: ${problem}`)
    // Once for each outage, not for each attempt.
    if (problem !== undefined && told === undefined) warn(`frames go to the spool ${folder}: ${problem}`)
    if (problem === undefined && told !== undefined)
      void log(Effect.logInfo("the spool is empty, frames go to the broker"))
    told = problem
  })
  if (spool.isEmpty) reporter.ready()
  link.onConnection(() => outlet.connectionChanged())
  if (!link.broker.connected()) outlet.connectionChanged()
  yield* Effect.addFinalizer(() => Effect.sync(reporter.remove))
  return outlet
})

const watcher = (metrics: MetricsShape, warn: (message: string) => void): SpoolWatcher => {
  const bytes = metrics.counter("tailrace_spool_damaged_bytes_total", "Bytes of the spool that are no frames any more")
  const frames = metrics.counter("tailrace_spool_missing_frames_total", "Frames lost to damages of the spool")
  const dropped = metrics.counter("tailrace_spool_dropped_records_total", "Records dropped from the spool", ["source"])
  return {
    warn,
    damaged: (lostBytes, lostFrames) => {
      bytes.inc(lostBytes)
      frames.inc(lostFrames)
    },
    dropped: (source, records) => dropped.inc({ source }, records)
  }
}
