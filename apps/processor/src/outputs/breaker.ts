// Breaker: how an output stands with what it writes to; closed, open after failures, half-open for one attempt.
import type { BreakerState } from "@tailrace/domain/pipeline-state"
import type { SinkError } from "./sink-error.ts"
import type { SinkPolicy } from "./sink-policy.ts"

export interface BreakerOptions {
  readonly name: string
  readonly policy: SinkPolicy
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds of a clock that never jumps. */
  readonly elapsed: () => number
  /** 0..1. */
  readonly random: () => number
  /** Told when it opens, with the reason, and when it closes again, with undefined. */
  readonly changed?: (reason: string | undefined) => void
  readonly failed?: (error: SinkError) => void
}

/**
 * One for each sink of a partition. Several writes may be under way; it closes when none of them fails any more. A failure
 * that only a person can mend (access, schema, room) opens it at once, others after some in a row. While it is open
 * nothing is tried but by the one whose turn it is when the time is up.
 */
export class Breaker {
  readonly name: string
  private readonly options: BreakerOptions
  private state: BreakerState["state"] = "closed"
  private failures = 0
  private openings = 0
  private since: number
  private nextAt = 0
  /** The write whose attempt decides, while half-open. */
  private probe: object | undefined
  private readonly failing = new Map<object, string>()

  constructor(options: BreakerOptions) {
    this.name = options.name
    this.options = options
    this.since = options.now()
  }

  /** Milliseconds a write has to wait before it may try; 0 when it may now. `write` names it among those under way. */
  wait(write: object): number {
    if (this.state === "closed") return 0
    const left = this.nextAt - this.options.elapsed()
    if (left > 0) return left
    if (this.probe !== undefined && this.probe !== write) return halfOpenMillis
    this.probe = write
    this.become("half-open")
    return 0
  }

  /** A write did not succeed; answers how long it has to wait before it asks again. */
  fail(write: object, error: SinkError): number {
    const { breaker, retry } = this.options.policy
    this.options.failed?.(error)
    this.failing.set(write, error.message)
    this.failures++
    this.probe = undefined
    const passing = error.consequence === "retry"
    if (this.state === "closed" && passing && this.failures < breaker.failures)
      return this.jittered(Math.min(retry.longest, retry.first * 2 ** (this.failures - 1)))
    const wasClosed = this.state === "closed"
    const pause = this.jittered(Math.min(breaker.longest, breaker.open * 2 ** Math.min(this.openings++, 30)))
    this.nextAt = this.options.elapsed() + pause
    this.become("open")
    if (wasClosed) this.options.changed?.(error.message)
    return pause
  }

  /** A write was taken, or given up. */
  end(write: object): void {
    if (this.probe === write) this.probe = undefined
    this.failing.delete(write)
    if (this.failing.size > 0) return
    this.failures = 0
    this.openings = 0
    if (this.state === "closed") return
    this.become("closed")
    this.options.changed?.(undefined)
  }

  /** Why a write is held now; undefined when none is. */
  get reason(): string | undefined {
    return this.failing.values().next().value
  }

  report(): BreakerState {
    const { failures, name, reason = "", since, state } = this
    return { name, state, failures, reason, since }
  }

  private become(state: BreakerState["state"]): void {
    if (this.state === state) return
    this.state = state
    this.since = this.options.now()
  }

  /** Partitions must not knock together. */
  private jittered(millis: number): number {
    return Math.round(millis * (0.8 + this.options.random() * 0.4))
  }
}

/** How often others look whether the one attempt has succeeded. */
const halfOpenMillis = 100
