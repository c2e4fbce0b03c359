// Builder: the Pothos schema builder of the api, its scalars and its context.
import SchemaBuilder from "@pothos/core"
import type { PipelineState } from "@tailrace/domain/pipeline-state"
import type { Store } from "@tailrace/store/store"
import type { PublishOptions } from "@tailrace/streams/publisher"
import type { Effect } from "effect"
import type { ApiLimits } from "../config.ts"
import type { Caller } from "../reads/read-queue.ts"
import type { AnomalyFeed } from "../tail/anomaly-feed.ts"
import type { LiveLimit } from "../tail/live-limit.ts"
import type { TailHub } from "../tail/tail-hub.ts"

/** What resolvers work with. */
export interface ApiContext {
  /**
   * Runs a read of the store when it is the caller's turn; its failure becomes a GraphQL error with a code. Aborting cancels it,
   * waiting or in the store.
   */
  readonly run: <A, E>(effect: Effect.Effect<A, E, Store>, signal?: AbortSignal, caller?: Caller) => Promise<A>
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
  /** Aborted when the connection closes, and when a WebSocket's operation is completed. */
  readonly ended?: AbortSignal
  /** Who asks. */
  readonly caller?: Caller
}

export const builder = new SchemaBuilder<{
  Context: ApiContext
  DefaultFieldNullability: false
  Scalars: {
    DateTime: { Input: bigint; Output: bigint | number }
    JSON: { Input: unknown; Output: unknown }
  }
}>({ defaultFieldNullability: false })
