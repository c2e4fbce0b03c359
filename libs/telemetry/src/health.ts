// Health: every component of a process reports live, ready or failed; /health/live and /health/ready answer from here.
import { Clock, Context, Effect, Layer } from "effect"

/** live: running, but not (or not now) able to work. ready: working. failed: will not work again without a restart. */
export type HealthState = "live" | "ready" | "failed"

export interface ComponentHealth {
  readonly component: string
  readonly state: HealthState
  readonly reason: string
  /** Milliseconds since the epoch of the last change of state. */
  readonly since: number
}

export interface HealthReport {
  /** False when any component has failed: only a restart of the process helps. */
  readonly live: boolean
  /** True when every registered component is ready. A process with no component is ready. */
  readonly ready: boolean
  readonly components: ReadonlyArray<ComponentHealth>
}

/** What a component reports through. Plain functions, so that callbacks of foreign libraries can call them. */
export interface HealthReporter {
  /** Running but not ready; give the reason when it is an outage. */
  readonly live: (reason?: string) => void
  /** Working; what is worth knowing about how may be told with it. */
  readonly ready: (detail?: string) => void
  /** Broken for good; the reason says what is wrong and what to do. */
  readonly failed: (reason: string) => void
  /** Forgets the component, for one that was stopped on purpose. */
  readonly remove: () => void
}

export interface HealthShape {
  /** Adds a component in state live ("starting"). Registering a name again starts it over. */
  readonly register: (component: string) => HealthReporter
  readonly report: () => HealthReport
}

export const makeHealth = (now: () => number): HealthShape => {
  const components = new Map<string, ComponentHealth>()
  const change = (component: string, state: HealthState, reason: string) => {
    const before = components.get(component)
    const since = before?.state === state ? before.since : now()
    components.set(component, { component, state, reason, since })
  }
  return {
    register: (component) => {
      components.delete(component)
      change(component, "live", "starting")
      return {
        live: (reason = "") => change(component, "live", reason),
        ready: (detail = "") => change(component, "ready", detail),
        failed: (reason) => change(component, "failed", reason),
        remove: () => {
          components.delete(component)
        }
      }
    },
    report: () => {
      const all = [...components.values()].sort((a, b) => (a.component < b.component ? -1 : 1))
      return {
        live: all.every((one) => one.state !== "failed"),
        ready: all.every((one) => one.state === "ready"),
        components: all
      }
    }
  }
}

export class Health extends Context.Service<Health, HealthShape>()("tailrace/telemetry/Health") {
  static readonly layer = Layer.effect(
    Health,
    Effect.map(Clock.Clock, (clock) => makeHealth(() => clock.currentTimeMillisUnsafe()))
  )
}
