// DirectOutlet: frames to the broker alone; refused ones wait in memory where the source cannot be told no.
import { backoffMillis } from "@tailrace/streams/backoff"
import type { Refusal } from "../refusal.ts"
import { type Broker, isRefusal, type OutgoingFrame, type Outlet } from "./outlet.ts"
import { Pause } from "./pause.ts"

const backoff = { first: 100, most: 5_000 }

/** Half of the broker's duplicate window: for longer than that it is asked before a frame is sent again. */
const trustedMillis = 60_000

export class DirectOutlet implements Outlet {
  private readonly broker: Broker
  private readonly pause = new Pause()
  private stopped = false

  constructor(broker: Broker) {
    this.broker = broker
  }

  async deliver(frame: OutgoingFrame): Promise<Refusal | undefined> {
    const { broker } = this
    const after = frame.repeated ? 0 : broker.sequence()
    const begun = broker.now()
    // Repeats carry the same id, so an attempt whose answer was lost is not stored twice.
    for (let failures = 0; ; failures++) {
      const doubtful = frame.repeated || (failures > 0 && broker.now() - begun > trustedMillis)
      const refusal = await this.attempt(frame, doubtful ? after : undefined)
      broker.attempted(frame.component, refusal)
      if (refusal === undefined || !frame.patient || refusal.reason === "too-large" || this.stopped) return refusal
      await this.pause.wait(backoffMillis(failures, backoff, broker.random))
      if (this.stopped) return refusal
    }
  }

  async stop(): Promise<void> {
    this.stopped = true
    this.pause.wake()
  }

  private async attempt(frame: OutgoingFrame, after: number | undefined): Promise<Refusal | undefined> {
    if (after !== undefined) {
      const query = { subjects: new Set([frame.subject]), ids: new Set([frame.id]), after }
      try {
        if ((await this.broker.storedIds(query)).has(frame.id)) return undefined
      } catch (cause) {
        return { reason: "unavailable", message: `the broker does not say what it has: ${String(cause)}` }
      }
    }
    const result = await this.broker.publish(frame)
    return isRefusal(result) ? result : undefined
  }
}
