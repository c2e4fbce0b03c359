// Anomaly feed: anomalies as the detectors publish them, for subscriptions.
import type { Anomaly } from "@tailrace/domain/anomaly"
import { pushIterator } from "./push-iterator.ts"

/** Anomalies that wait for a slow reader; older ones are in the table anyway. */
const waiting = 1_000

export class AnomalyFeed {
  private readonly listeners = new Set<(anomaly: Anomaly) => void>()

  /** `left` is called once, when the reader leaves. */
  subscribe(wanted: (anomaly: Anomaly) => boolean, left: () => void): AsyncIterableIterator<Anomaly> {
    const listener = (anomaly: Anomaly): void => {
      if (wanted(anomaly)) iterator.push(anomaly)
    }
    const stop = (): void => {
      this.listeners.delete(listener)
      left()
    }
    const iterator = pushIterator<Anomaly>({ waiting, stop })
    this.listeners.add(listener)
    return iterator
  }

  /** A published anomaly as JSON; anything else is left alone. */
  receive(json: string): void {
    if (this.listeners.size === 0) return
    let anomaly: Anomaly
    try {
      anomaly = JSON.parse(json) as Anomaly
    } catch {
      return
    }
    if (typeof anomaly?.metric !== "string" || typeof anomaly.sentence !== "string") return
    for (const listener of this.listeners) listener(anomaly)
  }
}
