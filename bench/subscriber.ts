// Subscriber: the process of those who watch live; opens tails as the suite says and answers what they were shown.
import { createClient } from "graphql-ws"
import { WebSocket } from "ws"

/** What the suite says. The first query is the one whose latency is measured. */
export type ToSubscriber =
  | { readonly type: "open"; readonly queries: ReadonlyArray<string> }
  | { readonly type: "close" }
  | { readonly type: "report"; readonly id: number }

export interface Shown {
  /** Milliseconds from a record's stamp to its arrival, of the first tail since the report before. */
  readonly latencies: ReadonlyArray<number>
  /** Records shown to all tails, in how many deliveries, and records left out, since the report before. */
  readonly records: number
  readonly deliveries: number
  readonly dropped: number
}

const document = `subscription ($query: String) {
  tail(query: $query) { rows { timestamp service body } matched dropped } }`

interface Delivery {
  readonly tail: { readonly rows: ReadonlyArray<{ readonly timestamp: string }>; readonly dropped: number }
}

/** The api takes a hundred operations on one connection. */
const tailsPerConnection = 50

const url = process.argv[2]
if (process.send !== undefined && url !== undefined) {
  let latencies: Array<number> = []
  let records = 0
  let deliveries = 0
  let dropped = 0
  let clients: Array<ReturnType<typeof createClient>> = []

  const fail = (cause: unknown): void => {
    console.error("a tail ended:", cause)
    process.exit(1)
  }
  const subscribe = (client: ReturnType<typeof createClient>, query: string, measured: boolean): void => {
    client.subscribe<Delivery>(
      { query: document, variables: { query } },
      {
        next: ({ data, errors }) => {
          if (data == null) return fail(errors)
          const now = performance.timeOrigin + performance.now()
          deliveries++
          records += data.tail.rows.length
          dropped += data.tail.dropped
          if (measured) for (const { timestamp } of data.tail.rows) latencies.push(now - Date.parse(timestamp))
        },
        error: fail,
        complete: () => undefined
      }
    )
  }
  const open = (queries: ReadonlyArray<string>): void => {
    for (let first = 0; first < queries.length; first += tailsPerConnection) {
      const client = createClient({ url, retryAttempts: 0, webSocketImpl: WebSocket })
      clients.push(client)
      for (const [i, query] of queries.slice(first, first + tailsPerConnection).entries()) {
        subscribe(client, query, first + i === 0)
      }
    }
  }
  const close = (): void => {
    for (const client of clients) void client.dispose()
    clients = []
  }
  process.on("message", (message: ToSubscriber) => {
    if (message.type === "open") open(message.queries)
    else if (message.type === "close") close()
    else {
      process.send?.({ id: message.id, latencies, records, deliveries, dropped })
      latencies = []
      records = 0
      deliveries = 0
      dropped = 0
    }
  })
  process.on("disconnect", () => process.exit(0))
  process.send({ ready: true })
}
