// Outlet: where the intake's frames leave for the broker, over the spool or without one; and what it needs of the broker.
import type { StoredIdsQuery } from "@tailrace/streams/stored-ids"
import type { Refusal } from "../refusal.ts"

/** A frame as it is published. */
export interface Message {
  readonly subject: string
  /** Message id; the same in every attempt. */
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
  readonly payload: Uint8Array
}

export interface OutgoingFrame extends Message {
  /** Name of the source's component, for metrics. */
  readonly component: string
  /** Whether the id was made by the source, which may come again with it. */
  readonly keyed: boolean
  /** Whether it may have been published in an earlier life, however long ago. */
  readonly repeated: boolean
  /** Whether it is held until it is taken, instead of being refused. */
  readonly patient: boolean
  /** Whether it may make room for newer ones. */
  readonly droppable: boolean
}

export interface Outlet {
  /** Resolves with undefined once the frame is durable, in the broker or on the disk; otherwise with the refusal. */
  readonly deliver: (frame: OutgoingFrame) => Promise<Refusal | undefined>
  /** Ends: what no broker has taken goes to the disk where there is a spool, and is refused where there is none. */
  readonly stop: () => Promise<void>
}

/** The broker as an outlet sees it. No method throws; `storedIds` may reject. */
export interface Broker {
  /** Resolves with the sequence of the raw stream under which the message lies, or why it is not known to lie there. */
  readonly publish: (message: Message, signal?: AbortSignal) => Promise<{ readonly sequence: number } | Refusal>
  /** Which of some ids lie in the raw stream. */
  readonly storedIds: (query: StoredIdsQuery) => Promise<ReadonlySet<string>>
  readonly connected: () => boolean
  /** Whether the pipelines are so far behind that nothing should be added for now. */
  readonly lagging: () => boolean
  /** Bytes the raw stream can still take, as far as known. */
  readonly freeBytes: () => number | undefined
  /** Highest sequence of the raw stream that is known to be taken; 0 for none. */
  readonly sequence: () => number
  /** Called after each attempt to publish a frame. */
  readonly attempted: (component: string, refusal: Refusal | undefined) => void
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Numbers in [0, 1). */
  readonly random: () => number
}

export const isRefusal = (result: { readonly sequence: number } | Refusal): result is Refusal => "reason" in result
