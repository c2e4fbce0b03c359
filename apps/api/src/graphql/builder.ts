// Builder: the Pothos schema builder of the api, its scalars and its context.
import SchemaBuilder from "@pothos/core"
import type { PipelineState } from "@tailrace/domain/pipeline-state"
import type { Store } from "@tailrace/store/store"
import type { PublishOptions } from "@tailrace/streams/publisher"
import type { Effect } from "effect"
import type { ApiLimits } from "../config.ts"
import type { AnomalyFeed } from "../tail/anomaly-feed.ts"
import type { LiveLimit } from "../tail/live-limit.ts"
import type { TailHub } from "../tail/tail-hub.ts"

/** What resolvers work with. */
export interface ApiContext {
  /** Runs a read of the store; its failure becomes a GraphQL error with a code. Aborting cancels it in the store. */
  readonly run: <A, E>(effect: Effect.Effect<A, E, Store>, signal?: AbortSignal) => Promise<A>
  /** Puts a message into a stream; its failure becomes a GraphQL error with a code. */
  readonly publish: (subject: string, payload: Uint8Array, options: PublishOptions) => Promise<unknown>
  readonly limits: ApiLimits
  readonly live: LiveLimit
  readonly tails: TailHub
  readonly anomalies: AnomalyFeed
  /** Last state of every process heard of lately. */
  readonly states: () => ReadonlyArray<PipelineState>
  /** Calls back at each new state; answers how to end it. */
  readonly onState: (listener: () => void) => () => void
  readonly now: () => number
  /** Aborted when the connection of an HTTP request closes; WebSockets end their subscriptions themselves. */
  readonly ended?: AbortSignal
}

export const builder = new SchemaBuilder<{
  Context: ApiContext
  DefaultFieldNullability: false
  Scalars: {
    DateTime: { Input: bigint; Output: bigint | number }
    JSON: { Input: unknown; Output: unknown }
  }
}>({ defaultFieldNullability: false })
