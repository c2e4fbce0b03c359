// Supervisor harness: what a supervised pipeline needs around it, and parts that report their lives.
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Deferred, Effect, Layer } from "effect"
import type { Part } from "./supervisor.ts"

export const services = Layer.merge(Health.layer, Metrics.layerBare)

/** A part that reports its life to `log` and fails when `broken` is completed. */
export const part = (
  name: string,
  log: Array<string>,
  broken?: Deferred.Deferred<void, string>
): Part<string, never> => ({
  name,
  start: Effect.acquireRelease(
    Effect.sync(() => {
      log.push(`start ${name}`)
      return {
        name,
        done: broken === undefined ? Effect.never : Deferred.await(broken),
        drain: Effect.sync(() => {
          log.push(`drain ${name}`)
        })
      }
    }),
    () => Effect.sync(() => log.push(`stop ${name}`))
  )
})
