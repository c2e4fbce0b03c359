// Readers: live tails through restarts of the api and pauses of the reader, each record once or counted as left out.
import { waitFor } from "@tailrace/testing/wait-until"
import { createClient } from "graphql-ws"
import { WebSocket } from "ws"
import { chaosCase, isLong, type World } from "./chaos-case.ts"
import { type Services, services } from "./stand/services.ts"

interface Delivery {
  readonly rows: ReadonlyArray<{ readonly attributes: Readonly<Record<string, string>> }>
  readonly matched: number
  readonly dropped: number
  readonly resumeToken: string
}

const document = `subscription ($query: String, $after: String) {
  tail(query: $query, after: $after, maxRowsPerSecond: 1000000) { rows { attributes } matched dropped resumeToken } }`

/** A tail that begins again behind its last token whenever its connection ends. */
class Reader {
  readonly numbers: Array<number> = []
  matched = 0
  dropped = 0
  beginnings = 0
  private token: string | undefined
  private sockets: Array<WebSocket> = []
  private over = false
  private readonly api: string
  private readonly query: string
  private readonly attribute: string

  /** `attribute` holds the numbers. */
  constructor(api: string, query: string, attribute = "n") {
    this.api = api
    this.query = query
    this.attribute = attribute
    this.begin()
  }

  /** Stops taking anything from the connection; the kernel's buffers fill, and then the api's. */
  pause(): void {
    for (const socket of this.sockets) socket.pause()
  }

  resume(): void {
    for (const socket of this.sockets) socket.resume()
  }

  stop(): void {
    this.over = true
    for (const socket of this.sockets) socket.terminate()
  }

  private begin(): void {
    if (this.over) return
    this.beginnings++
    const sockets: Array<WebSocket> = []
    this.sockets = sockets
    const client = createClient({
      url: `${this.api.replace("http", "ws")}/graphql`,
      retryAttempts: 0,
      webSocketImpl: class extends WebSocket {
        constructor(url: string, protocols: string | Array<string>) {
          super(url, protocols)
          sockets.push(this)
        }
      }
    })
    let ended = false
    const again = (): void => {
      if (ended) return
      ended = true
      setTimeout(() => this.begin(), 50)
    }
    const variables = { query: this.query, ...(this.token === undefined ? {} : { after: this.token }) }
    client.subscribe<{ tail: Delivery }>(
      { query: document, variables },
      {
        next: ({ data }) => data != null && this.take(data.tail),
        error: again,
        complete: again
      }
    )
  }

  private take({ dropped, matched, resumeToken, rows }: Delivery): void {
    for (const { attributes } of rows) this.numbers.push(Number(attributes[this.attribute]))
    this.matched += matched
    this.dropped += dropped
    this.token = resumeToken
  }
}

/** Runs `fault` beside a reader of all numbers from some way ahead on, and then counts what it was shown. */
const beside = async (
  { flow, over, records, stand }: World<Services>,
  fault: (reader: Reader) => Promise<void>
): Promise<undefined> => {
  const begin = records.sent + 1_000
  const early = new Reader(stand.api, `n >= ${begin}`)
  try {
    // It knows its place before the first of its numbers comes.
    await flow(2_000)
    await waitFor(
      () => early.matched,
      (matched) => matched > 0,
      { what: "the tail being live" }
    )
    await fault(early)
    over()
    await flow(300)
    await records.stop()
    const wanted = records.sent - begin
    await waitFor(
      () => early.numbers.length + early.dropped,
      (seen) => seen >= wanted,
      { what: `${wanted} records shown or counted` }
    )
    const distinct = new Set(early.numbers).size
    const seen = { matched: early.matched, shown: early.numbers.length, distinct, dropped: early.dropped }
    console.log(`chaos: reader was owed ${wanted}, began ${early.beginnings} times: ${JSON.stringify(seen)}`)
    if (early.matched !== wanted || distinct !== early.numbers.length || distinct + early.dropped !== wanted) {
      throw new Error(`the reader was owed ${wanted} and got ${JSON.stringify(seen)}`)
    }
  } finally {
    early.stop()
  }
  return undefined
}

const start = () => services()

chaosCase("api killed under a live tail", { start }, (world) =>
  beside(world, async () => {
    for (let round = 0; round < 2; round++) {
      await world.stand.kill("api")
      await world.flow(500)
    }
  })
)

chaosCase("processor killed under a live tail", { start }, (world) =>
  beside(world, async () => {
    await world.stand.kill("processor")
    await world.flow(500)
  })
)

chaosCase("reader that stops reading, processor killed meanwhile", { start }, (world) =>
  beside(world, async (reader) => {
    reader.pause()
    await world.flow(2_000)
    await world.stand.kill("processor")
    await world.flow(2_000)
    reader.resume()
  })
)

/** A thousand in a long run: each that comes back reads from the store what it has missed. */
const many = isLong ? 1_000 : 50

/** One record for each of many readers; answers how many were acknowledged. */
const postToEach = async (stand: Services, round: number): Promise<number> => {
  const lines = Array.from({ length: many }, (_, reader) => JSON.stringify({ msg: "for one", reader, round }))
  const headers = { "content-type": "application/x-ndjson", "idempotency-key": `round-${round}` }
  const response = await fetch(`${stand.collector}/ingest/each`, { method: "POST", headers, body: lines.join("\n") })
  if (response.status !== 202) throw new Error(`round ${round} was answered with ${response.status}`)
  await response.arrayBuffer()
  return lines.length
}

// The records for the readers are of now, which makes the numbered ones late: windows are not counted here.
chaosCase(`${many} readers, api and processor killed`, { start, panes: false }, async ({ flow, over, stand }) => {
  const readers = Array.from({ length: many }, (_, i) => new Reader(stand.api, `reader:${i}`, "round"))
  const tails = async () => {
    const text = await (await fetch(`${stand.api}/metrics`)).text()
    return Number(/^tailrace_api_tails (\d+)$/m.exec(text)?.[1])
  }
  let acknowledged = 0
  const round = async (number: number, meanwhile: () => Promise<void>) => {
    const posting = postToEach(stand, number)
    await meanwhile()
    acknowledged += await posting
    await waitFor(
      () => readers.filter(({ dropped, numbers }) => numbers.length + dropped < number).length,
      (missing) => missing === 0,
      { what: `round ${number} with all readers`, everyMillis: 50, timeoutMillis: 200_000 }
    )
  }
  try {
    await waitFor(tails, (open) => open === many, { what: `${many} open tails`, everyMillis: 100 })
    // From the first delivery on a reader has a token to go on from.
    await round(1, () => flow(100))
    await round(2, () => stand.kill("api"))
    await round(3, () => stand.kill("processor"))
    over()
    const wrong = readers.filter(({ dropped, numbers }) => dropped > 0 || numbers.join() !== "1,2,3")
    const again = readers.reduce((sum, { beginnings }) => sum + beginnings, 0)
    console.log(
      `chaos: ${many} readers began ${again} times, ${wrong.length} of them saw something else than their records`
    )
    if (wrong[0] !== undefined) throw new Error(`a reader saw ${wrong[0].numbers} and ${wrong[0].dropped} dropped`)
  } finally {
    for (const reader of readers) reader.stop()
  }
  return { acknowledged }
})
