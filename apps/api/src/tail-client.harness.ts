// Tail client: a live tail over WebSocket as a client sees it, for tests.
import { type Client, createClient } from "graphql-ws"
import { WebSocket } from "ws"
import type { World } from "./api.harness.ts"

export interface Delivery {
  readonly rows: ReadonlyArray<{ readonly id: string; readonly body: string }>
  readonly matched: number
  readonly dropped: number
  readonly lagMs: number
  readonly resumeToken: string
}

export const tailQuery = `subscription ($query: String, $rate: Int = 1000000, $after: String, $tenant: String) {
  tail(query: $query, maxRowsPerSecond: $rate, after: $after, tenant: $tenant) {
    rows { id body attributes timestamp } matched dropped lagMs resumeToken } }`

export interface Tail {
  readonly deliveries: Array<Delivery>
  readonly errors: Array<unknown>
  readonly bodies: () => Array<string>
  readonly matched: () => number
  readonly dropped: () => number
  readonly stop: () => void
}

export const clientOf = (world: Pick<World, "socketUrl">, sockets: Array<WebSocket> = []): Client =>
  createClient({
    url: world.socketUrl,
    retryAttempts: 0,
    webSocketImpl: class extends WebSocket {
      constructor(url: string, protocols: string | Array<string>) {
        super(url, protocols)
        sockets.push(this)
      }
    }
  })

export const tail = (client: Client, variables: Record<string, unknown> = {}): Tail => {
  const deliveries: Array<Delivery> = []
  const errors: Array<unknown> = []
  const stop = client.subscribe<{ tail: Delivery }>(
    { query: tailQuery, variables },
    {
      next: ({ data, errors: found }) => {
        if (data != null) deliveries.push(data.tail)
        else errors.push(...(found ?? []))
      },
      error: (error) => errors.push(...(Array.isArray(error) ? error : [error])),
      complete: () => {}
    }
  )
  const sum = (name: "matched" | "dropped") => () => deliveries.reduce((total, one) => total + one[name], 0)
  const bodies = () => deliveries.flatMap((one) => one.rows.map((row) => row.body))
  return { deliveries, errors, bodies, matched: sum("matched"), dropped: sum("dropped"), stop }
}
