// Nats: the process' two connections to the broker, one for data and one for control, tails and key-value.

import type { NatsConnection } from "@nats-io/transport-node"
import { errors, nkeyAuthenticator } from "@nats-io/transport-node"
import { shownUrl, withShownUrls } from "@tailrace/domain/shown-url"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { Health, type HealthReporter } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Context, Effect, Layer, Redacted, Schedule, Schema, type Scope } from "effect"
import { onStatus } from "./connection-status.ts"
import { connect } from "./nats-connect.ts"

export class NatsError extends Schema.TaggedError<NatsError>()("NatsError", {
  message: Schema.String,
  reason: Schema.Literals(["unreachable", "refused"])
}) {}

export interface NatsOptions {
  /** One or more of `nats://host:port`. */
  readonly servers: string | ReadonlyArray<string>
  /** Shown in the broker's connection list. */
  readonly name: string
  readonly token?: Redacted.Redacted<string>
  readonly user?: string
  readonly password?: Redacted.Redacted<string>
  /** Of the user's nkey. */
  readonly seed?: Redacted.Redacted<string>
  /** Prefix of the subjects that answers come under, `_INBOX` by default. */
  readonly inbox?: string
  /** What health calls the connections, `nats` by default, where one process has several. */
  readonly component?: string
  /** Keep trying when no server answers at first (default); otherwise fail with reason "unreachable". */
  readonly waitOnFirstConnect?: boolean
}

export interface NatsShape {
  /** Frames, batches and their acknowledgements. */
  readonly data: NatsConnection
  /** Everything small that must not wait behind data: JetStream API, key-value, live tails, states. */
  readonly control: NatsConnection
}

/** Shows who it is by signing what the server asks: the seed itself never leaves the process. */
const signedWith = (seed: Redacted.Redacted<string>) => nkeyAuthenticator(encodeUtf8(Redacted.value(seed)))

/** One connection; see `Nats` for the pair that a process has. */
export const dial = (options: NatsOptions, role: string) =>
  Effect.tryPromise({
    try: () =>
      connect({
        servers: typeof options.servers === "string" ? [options.servers] : [...options.servers],
        name: `${options.name}.${role}`,
        noAsyncTraces: true,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 200,
        reconnectJitter: 100,
        // A half-open connection is found within two pings.
        pingInterval: 5_000,
        maxPingOut: 2,
        ignoreAuthErrorAbort: true,
        ...(options.token === undefined ? {} : { token: Redacted.value(options.token) }),
        ...(options.user === undefined ? {} : { user: options.user }),
        ...(options.password === undefined ? {} : { pass: Redacted.value(options.password) }),
        ...(options.seed === undefined ? {} : { authenticator: signedWith(options.seed) }),
        ...(options.inbox === undefined ? {} : { inboxPrefix: options.inbox })
      }),
    catch: (cause) => {
      const refused = cause instanceof errors.AuthorizationError
      const detail = cause instanceof Error ? cause.message : String(cause)
      return new NatsError({
        reason: refused ? "refused" : "unreachable",
        message: `cannot connect to nats at ${shownUrl(options.servers)}: ${withShownUrls(detail)}, check the address, the credentials and that nats-server runs`
      })
    }
  })

/** Dials until a server answers; a refusal of credentials ends it at once. */
const dialPatiently = (options: NatsOptions, role: string, health: HealthReporter) =>
  dial(options, role).pipe(
    Effect.tapError((error) =>
      Effect.sync(() => health.live(error.message)).pipe(Effect.andThen(Effect.logWarning(error.message)))
    ),
    Effect.retry(($) =>
      $(Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("5 seconds")])).pipe(
        Schedule.while(({ input }) => input.reason === "unreachable" && options.waitOnFirstConnect !== false)
      )
    )
  )

const open = Effect.fnUntraced(function* (options: NatsOptions, role: "data" | "control") {
  const health = (yield* Health).register(`${options.component ?? "nats"}.${role}`)
  const metrics = yield* Metrics
  const reconnects = metrics.counter("tailrace_nats_reconnects_total", "Reconnections to the broker", ["connection"])
  const connection = yield* Effect.acquireRelease(dialPatiently(options, role, health), (open) =>
    // Drain sends what is buffered; it cannot while disconnected, so it must not hold up the end.
    Effect.promise(() => open.drain().catch(() => open.close())).pipe(
      Effect.timeoutOption("2 seconds"),
      Effect.andThen(Effect.promise(() => open.close())),
      Effect.ensuring(Effect.sync(health.remove))
    )
  )
  health.ready()
  yield* onStatus(connection, (status) => {
    if (status.type === "disconnect") health.live(`disconnected from ${shownUrl(status.server)}, reconnecting`)
    if (status.type === "reconnect") {
      reconnects.inc({ connection: role })
      health.ready()
    }
    if (status.type === "close") health.failed("connection to nats closed")
  })
  return connection
})

export class Nats extends Context.Service<Nats, NatsShape>()("tailrace/streams/Nats") {
  /** Both connections for the life of the layer. Fails with "refused" on wrong credentials. */
  static readonly layer = (options: NatsOptions): Layer.Layer<Nats, NatsError, Health | Metrics> =>
    Layer.effect(Nats, makeNats(options))
}

export const makeNats = (options: NatsOptions): Effect.Effect<NatsShape, NatsError, Health | Metrics | Scope.Scope> =>
  Effect.all({ data: open(options, "data"), control: open(options, "control") }, { concurrency: 2 })
