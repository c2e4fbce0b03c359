// Source: the contract of the components in sources/: bytes come in, messages are handed to the intake, and the sender
// is told yes only when the submission that holds them is done without a refusal.
import { define } from "@tailrace/domain/component"
import type { Health } from "@tailrace/telemetry/health"
import type { Metrics } from "@tailrace/telemetry/metrics"
import type { Effect, Scope } from "effect"
import type { Intake } from "./frames/intake.ts"
import type { CollectorError } from "./refusal.ts"
import type { SourceCounters } from "./source-counters.ts"

export const defineSource = define("source")

/** What the collector gives a source. */
export interface SourceContext {
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

export interface Source {
  readonly name: string
  /**
   * Runs it for the life of the scope; ready when it takes input. The end of the scope stops it in order: it takes no
   * new input, and those who wait for their answer get it first.
   */
  readonly open: (context: SourceContext) => Effect.Effect<Listening, CollectorError, Scope.Scope | Health | Metrics>
}
