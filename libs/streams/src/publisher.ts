// Publisher: puts messages into JetStream, acknowledged, windowed by bytes, repeated under the same message id.
import { type MsgHdrs, headers as makeHeaders, nuid } from "@nats-io/nats-core"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Context, Effect, Latch, Layer, Random } from "effect"
import { onStatus } from "./connection-status.ts"
import { elapsedMillis } from "./elapsed.ts"
import { Nats } from "./nats.ts"
import { type PublishAck, PublishError } from "./publish-error.ts"
import { type Publish, PublishWindow, type WindowOptions } from "./publish-window.ts"

export interface PublishOptions {
  /** Message id for the stream's duplicate window; a fresh one is made when absent, so that retries are safe. */
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds over all attempts of this message until "unavailable", when it should be sooner than the publisher's. */
  readonly deadlineMillis?: number
  /**
   * Refuse with "wrong-last-sequence" unless the subject's last message has this stream sequence (0: none). The broker
   * checks this before the id: a repeat after a lost acknowledgement is refused too, so on refusal read the last message
   * and compare its id before believing in another writer.
   */
  readonly expectLastSubjectSequence?: number
}

export interface PublisherOptions {
  /** Bytes in flight before publishes wait. Default 32 MiB. */
  readonly maxInFlightBytes?: number
  /** Milliseconds that the first attempt has; each further one twice the one before, give or take a fifth. Default 1,500. */
  readonly attemptTimeoutMillis?: number
  /** Milliseconds over all attempts until "unavailable". Default 15,000; below the duplicate window of 2 minutes. */
  readonly deadlineMillis?: number
}

export interface PublisherShape {
  /** Succeeds once the broker has stored the message. Errors: see PublishError. */
  readonly publish: (
    subject: string,
    payload: Uint8Array,
    options?: PublishOptions
  ) => Effect.Effect<PublishAck, PublishError>
  readonly inFlightBytes: number
}

/** As in nats/nats-server.conf; the connected broker's own figure is used. */
const DEFAULT_MAX_PAYLOAD = 8 * 1024 * 1024

const buildHeaders = (options: PublishOptions): MsgHdrs => {
  const built = makeHeaders()
  built.set("Nats-Msg-Id", options.id ?? nuid.next())
  if (options.expectLastSubjectSequence !== undefined) {
    built.set("Nats-Expected-Last-Subject-Sequence", String(options.expectLastSubjectSequence))
  }
  if (options.headers !== undefined) {
    for (const name of Object.keys(options.headers)) built.set(name, options.headers[name] ?? "")
  }
  return built
}

/** Bytes of the header block on the wire: "NATS/1.0", a line per header, a blank line. */
const headerBytes = (built: MsgHdrs): number => {
  let bytes = 12
  for (const [name, values] of built) for (const value of values) bytes += name.length + Buffer.byteLength(value) + 4
  return bytes
}

const makePublisher = Effect.fnUntraced(function* (options: PublisherOptions = {}) {
  const { data: connection } = yield* Nats
  const metrics = yield* Metrics
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const published = metrics.counter("tailrace_publish_total", "Messages acknowledged by a stream")
  const bytes = metrics.counter("tailrace_publish_bytes_total", "Payload bytes acknowledged by a stream")
  const refused = metrics.counter("tailrace_publish_errors_total", "Publishes that failed, by reason", ["reason"])
  const retries = metrics.counter("tailrace_publish_retries_total", "Publish attempts repeated")
  const windowOptions: WindowOptions = {
    maxInFlightBytes: options.maxInFlightBytes ?? 32 * 1024 * 1024,
    attemptTimeoutMillis: options.attemptTimeoutMillis ?? 1_500,
    deadlineMillis: options.deadlineMillis ?? 15_000,
    onRetry: () => retries.inc(),
    random: () => random.nextDoubleUnsafe()
  }
  const window = yield* Effect.acquireRelease(
    Effect.sync(() => new PublishWindow(connection, windowOptions, elapsedMillis(clock))),
    (open) => Effect.sync(() => open.close())
  )
  metrics.gaugeFrom("tailrace_publish_in_flight_bytes", "Bytes published and not yet acknowledged", () => window.bytes)
  yield* onStatus(connection, ({ type }) => {
    if (type === "disconnect") window.disconnected()
    if (type === "reconnect") window.reconnected()
  })
  const busy = yield* Latch.make(false)
  const sweep = Effect.sync(() => {
    window.sweep()
    if (window.idle) busy.closeUnsafe()
  })
  yield* Effect.forkScoped(
    busy.await.pipe(Effect.andThen(Effect.sleep("100 millis")), Effect.andThen(sweep), Effect.forever)
  )
  const publish = (subject: string, payload: Uint8Array, given: PublishOptions = {}) =>
    Effect.callback<PublishAck, PublishError>((resume) => {
      const headers = buildHeaders(given)
      const size = payload.length + headerBytes(headers)
      const limit = connection.info?.max_payload ?? DEFAULT_MAX_PAYLOAD
      if (size > limit) {
        refused.inc({ reason: "too-large" })
        const message = `message of ${size} bytes for ${subject} exceeds the broker's max_payload of ${limit}, split it`
        resume(Effect.fail(new PublishError({ reason: "too-large", message })))
        return undefined
      }
      const entry: Publish = {
        subject,
        payload,
        headers,
        bytes: size,
        deadlineMillis: Math.min(given.deadlineMillis ?? windowOptions.deadlineMillis, windowOptions.deadlineMillis),
        startedAt: 0,
        attempts: 0,
        repeatAt: 0,
        lastProblem: "no room in the publish window",
        settle: (answer) => {
          if (answer.kind === "error") {
            refused.inc({ reason: answer.error.reason })
            resume(Effect.fail(answer.error))
            return
          }
          published.inc()
          bytes.inc(payload.length)
          resume(Effect.succeed(answer.ack))
        }
      }
      window.add(entry)
      busy.openUnsafe()
      return Effect.sync(() => window.remove(entry))
    })
  return {
    publish,
    get inFlightBytes() {
      return window.bytes
    }
  }
})

export class Publisher extends Context.Service<Publisher, PublisherShape>()("tailrace/streams/Publisher") {
  static readonly layer = (options: PublisherOptions = {}): Layer.Layer<Publisher, never, Nats | Metrics> =>
    Layer.effect(Publisher, makePublisher(options))
}
