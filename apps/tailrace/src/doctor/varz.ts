// Varz: what the broker tells of itself, asked through its system account or by its HTTP monitoring.
import type { NatsOptions } from "@tailrace/streams/nats"
import { openSystemAccount } from "@tailrace/streams/system-account"
import { Effect } from "effect"
import type { Varz } from "./broker.ts"

interface VarzInput {
  readonly system: Omit<NatsOptions, "name"> | undefined
  readonly natsUrl: string
  readonly natsHost: string
  readonly natsMonitorPort: number
}

const millis = 3_000

/** Undefined where the broker does not tell: nobody answers, or this user may not ask. */
export const readVarz = (input: VarzInput): Effect.Effect<Varz | undefined> =>
  (input.natsMonitorPort === 0 ? fromSystem(input.system) : fromMonitoring(input)).pipe(
    Effect.timeout(millis),
    Effect.orElseSucceed(() => undefined),
    Effect.scoped
  )

const fromSystem = Effect.fnUntraced(function* (system: VarzInput["system"]) {
  if (system === undefined) return undefined
  const account = yield* openSystemAccount(system)
  return yield* Effect.tryPromise({
    try: async () => (JSON.parse(await account.ask("VARZ", millis)) as { readonly data: Varz }).data,
    catch: () => undefined
  })
})

const fromMonitoring = ({ natsHost, natsMonitorPort, natsUrl }: VarzInput) =>
  Effect.tryPromise({
    try: async (signal) => {
      const host = natsUrl === "" ? natsHost : new URL((natsUrl.split(",")[0] as string).trim()).hostname
      const response = await fetch(`http://${host}:${natsMonitorPort}/varz`, { signal })
      return (await response.json()) as Varz
    },
    catch: () => undefined
  })
