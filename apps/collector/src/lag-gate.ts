// LagGate: whether the pipelines are too far behind; closed above a limit, open again well below it.
import type { RawLag } from "@tailrace/streams/raw-lag"
import type { LagConfig } from "./config.ts"

/** Share of a limit below which the pipelines count as caught up, so that it does not open and close with every look. */
const caughtUp = 0.8

export class LagGate {
  closed = false
  private readonly limits: LagConfig

  constructor(limits: LagConfig) {
    this.limits = limits
  }

  /** Takes a look; answers whether the gate opened or closed. Without a look (the broker is away) nothing is known to lag. */
  observe(lag: RawLag | undefined): boolean {
    const before = this.closed
    const share = before ? caughtUp : 1
    this.closed =
      lag !== undefined &&
      (this.exceeds(lag.bytes, "maxBytes", share) || this.exceeds(lag.millis / 1_000, "maxSeconds", share))
    return this.closed !== before
  }

  private exceeds(value: number, limit: keyof LagConfig, share: number): boolean {
    const most = this.limits[limit]
    return most > 0 && value > most * share
  }
}
