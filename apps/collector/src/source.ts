// Source: the contract of the components in sources/: bytes come in, messages are handed to the intake, and the sender
// is told yes only when the submission that holds them is done without a refusal.
import { define } from "@tailrace/domain/component"
import { optional } from "@tailrace/domain/field"
import type { Health } from "@tailrace/telemetry/health"
import type { Metrics } from "@tailrace/telemetry/metrics"
import { type Effect, Schema, type Scope } from "effect"
import type { WhenFull } from "./frames/admission.ts"
import type { Intake } from "./frames/intake.ts"
import type { ListenerConfig } from "./http/listener-config.ts"
import type { Route } from "./http/routes.ts"
import type { CollectorError } from "./refusal.ts"
import type { SourceCounters } from "./source-counters.ts"

export const defineSource = define("source")

const sourceName = Schema.String.check(
  Schema.isPattern(/^(?!spool$)[a-z0-9_-]{1,64}$/, {
    message: 'must be 1 to 64 lower-case letters, digits, "_" or "-", and not spool'
  })
)

/** Keys that every entry under `sources` may have. */
export const entryFields = <const Type extends string>(type: Type) => ({
  type: optional(Schema.Literal(type), "Kind of the source."),
  name: optional(
    sourceName,
    "Name of this source in metrics, health and its folder of checkpoints, where several are of one type; without it the type."
  )
})

/** What the collector gives a source. */
export interface SourceContext {
  /** Name of the source, for metrics and health. */
  readonly name: string
  readonly intake: Intake
  /** Tenant of senders that name none. */
  readonly tenant: string
  /** Folder of its own for checkpoints; not made yet. */
  readonly folder: string
  readonly counters: SourceCounters
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Writes a warning to the log. */
  readonly warn: (message: string) => void
}

/** Where a source listens; empty for one that does not. */
export interface Listening {
  readonly port?: number
}

/** What only one source can have: a port of an address, or standard input. */
export interface Claim {
  readonly of: "tcp" | "udp" | "stdin"
  readonly host?: string
  readonly port?: number
}

interface NamedSource {
  readonly name: string
  /** What it does while the pipelines lag behind. */
  readonly whenFull?: WhenFull
}

/** A source that takes input in a way of its own. */
export interface OwnSource extends NamedSource {
  readonly claims: ReadonlyArray<Claim>
  /** Runs as one with another of the same name, whose entry follows; left out, no two may have one name. */
  readonly joined?: (other: OwnSource) => OwnSource | undefined
  /**
   * Runs it for the life of the scope; ready when it takes input. The end of the scope stops it in order: it takes no
   * new input, and those who wait for their answer get it first.
   */
  readonly open: (context: SourceContext) => Effect.Effect<Listening, CollectorError, Scope.Scope | Health | Metrics>
}

/** A source whose protocol is HTTP: routes on a listener, which sources of one address share. */
export interface HttpSource extends NamedSource {
  readonly listener: ListenerConfig
  /** Where its routes stand: each path with everything below it. */
  readonly paths: ReadonlyArray<string>
  readonly routes: (context: SourceContext) => ReadonlyArray<Route>
}

export type Source = OwnSource | HttpSource
