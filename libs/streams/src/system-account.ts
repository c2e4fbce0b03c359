// System account: what the broker tells of itself, its health and its settings, to a user who may ask.
import type { NatsConnection } from "@nats-io/transport-node"
import { Effect, type Scope } from "effect"
import { dial, type NatsError, type NatsOptions } from "./nats.ts"

export interface SystemAccount {
  /**
   * The broker's answer as JSON text, under `data`; in a cluster that of the server which answers first. Rejects when none
   * does within `millis`.
   */
  readonly ask: (what: "HEALTHZ" | "VARZ", millis: number) => Promise<string>
}

/** Connects for the life of the scope, again and again once it has; fails when nobody answers or the user is refused. */
export const openSystemAccount = (
  options: Omit<NatsOptions, "name">
): Effect.Effect<SystemAccount, NatsError, Scope.Scope> =>
  Effect.acquireRelease(dial({ ...options, name: "tailrace" }, "health"), (connection) =>
    Effect.promise(() => connection.close())
  ).pipe(Effect.map(accountOf))

const accountOf = (connection: NatsConnection): SystemAccount => ({
  ask: async (what, timeout) => {
    const question = what === "HEALTHZ" ? JSON.stringify({ details: true }) : ""
    return (await connection.request(`$SYS.REQ.SERVER.PING.${what}`, question, { timeout })).string()
  }
})
