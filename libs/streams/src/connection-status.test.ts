// Tests of connection statuses: everybody hears each one, nobody hears any after the scope, and the client holds one reader.
import type { NatsConnection, Status } from "@nats-io/nats-core"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect, Exit, Scope } from "effect"
import { describe, expect, it } from "vitest"
import { onStatus } from "./connection-status.ts"

/** A connection that tells what it is told to, and how often it was asked. */
const connectionOf = () => {
  let readers = 0
  const waiting: Array<Status> = []
  let wake = () => {}
  const status = () => {
    readers++
    return (async function* () {
      for (;;) {
        while (waiting.length > 0) yield waiting.shift() as Status
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    })()
  }
  return {
    connection: { status } as unknown as NatsConnection,
    readers: () => readers,
    tell: (told: Status) => {
      waiting.push(told)
      wake()
    }
  }
}

describe("onStatus", () => {
  it("tells every listener until its scope ends, by one reader of the connection", async () => {
    const { connection, readers, tell } = connectionOf()
    const heard: Record<string, Array<string>> = { first: [], second: [] }
    const listen = async (name: string) => {
      const scope = await Effect.runPromise(Scope.make())
      const listener = ({ type }: Status) => void heard[name]?.push(type)
      await Effect.runPromise(Scope.provide(onStatus(connection, listener), scope))
      return () => Effect.runPromise(Scope.close(scope, Exit.void))
    }
    const end = await listen("first")
    await listen("second")
    tell({ type: "disconnect", server: "one" })
    await waitFor(
      () => heard.second?.length,
      (count) => count === 1,
      { what: "the first status" }
    )
    await end()
    tell({ type: "reconnect", server: "one" })
    await waitFor(
      () => heard.second?.length,
      (count) => count === 2,
      { what: "the second status" }
    )
    expect(heard).toEqual({ first: ["disconnect"], second: ["disconnect", "reconnect"] })
    expect(readers()).toBe(1)
  })
})
