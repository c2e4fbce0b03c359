// Numbered records for a chaos test: sent by HTTP, each request repeated under its key until taken, and by a followed file.
import { appendFileSync } from "node:fs"
import { waitFor } from "@tailrace/testing/wait-until"

const httpBatch = 20
const fileBatch = 5
const services = 5
/** Event time between two records, so that many windows open and close in a short run. */
const stepMillis = 100

const sourceName = (source: number): string => (source === 0 ? "chaos" : `chaos-${source}`)

export interface SenderOptions {
  readonly collector: string
  /** File that the collector follows. */
  readonly file: string
  /** Event time of record 0, milliseconds since 1970. */
  readonly from: number
  /** Requests under way at once, 1 by default. */
  readonly senders?: number
  /** Milliseconds that each sender rests between two requests, none by default. */
  readonly restMillis?: number
  /** Over HTTP, 1 by default. */
  readonly sources?: number
}

/**
 * Sends without a pause until it is stopped. Every number is given to one way in, and stays there until it is taken. Sent
 * are numbers given away, acknowledged are those whose request was answered with 202, and those written to the file:
 * from then on the file keeps them.
 */
export class NumberedRecords {
  /** All of them are acknowledged once `stop` has answered. */
  sent = 0
  acknowledged = 0
  /** Requests that had to be sent again. */
  repeated = 0
  /** Why it gave up; undefined while it has not. */
  failure: unknown
  private requests = 0
  private stopping = false
  /** Beginning of the youngest request that was taken. */
  private takenSince = 0
  private readonly options: SenderOptions
  private readonly done: Promise<void>

  constructor(options: SenderOptions) {
    this.options = options
    this.done = this.run()
    this.done.catch((cause: unknown) => {
      this.failure = cause
    })
  }

  /** Ends after the requests under way have been taken; rejects when one was refused for good. */
  stop(): Promise<void> {
    this.stopping = true
    return this.done
  }

  /** Resolves when a request was taken that began after that moment of `performance.now()`. */
  async untilTakenSince(moment: number): Promise<void> {
    await waitFor(
      () => this.failure ?? this.takenSince,
      (seen) => typeof seen !== "number" || seen > moment,
      { what: "a request being taken", everyMillis: 3, timeoutMillis: 100_000 }
    )
    if (this.failure !== undefined) throw this.failure
  }

  /** One more record by each way, of an event time `millis` behind the last one: it closes all windows before. */
  async close(millis: number): Promise<void> {
    for (let source = 0; source < (this.options.sources ?? 1); source++)
      await this.post(this.lines(1, millis), 1, source)
    this.writeTo(this.options.file, 1, millis)
  }

  /** Adds records to some file that the collector follows; from then on the file has to keep them. */
  writeTo(file: string, count: number, ahead = 0): void {
    appendFileSync(file, this.lines(count, ahead))
    this.acknowledged += count
  }

  private async run(): Promise<void> {
    const { senders = 1 } = this.options
    await Promise.all(Array.from({ length: senders }, (_, sender) => this.sendOn(sender === 0)))
  }

  private async sendOn(writes: boolean): Promise<void> {
    const { restMillis = 0 } = this.options
    while (!this.stopping) {
      const begun = performance.now()
      await this.post(this.lines(httpBatch), httpBatch)
      this.takenSince = Math.max(this.takenSince, begun)
      if (writes) this.writeTo(this.options.file, fileBatch)
      if (restMillis > 0) await new Promise((resolve) => setTimeout(resolve, restMillis))
    }
  }

  private async post(body: string, count: number, source?: number): Promise<void> {
    const request = this.requests++
    const key = `request-${request}`
    const place = sourceName(source ?? request % (this.options.sources ?? 1))
    const status = await waitFor(
      () => this.attempt(key, place, body),
      (seen) => seen !== 0 && seen !== 429 && seen !== 503,
      { what: `${key} being taken`, timeoutMillis: 100_000 }
    )
    if (status !== 202) throw new Error(`${key} was refused with status ${status}`)
    this.acknowledged += count
  }

  /** Status of the answer; 0 when there was none. */
  private async attempt(key: string, source: string, body: string): Promise<number> {
    try {
      const response = await fetch(`${this.options.collector}/ingest/${source}`, {
        method: "POST",
        headers: { "content-type": "application/x-ndjson", "idempotency-key": key },
        body,
        signal: AbortSignal.timeout(15_000)
      })
      await response.arrayBuffer()
      if (response.status !== 202) this.repeated++
      return response.status
    } catch {
      this.repeated++
      return 0
    }
  }

  private lines(count: number, ahead = 0): string {
    let text = ""
    for (let i = 0; i < count; i++) {
      const n = this.sent++
      const ts = new Date(this.options.from + n * stepMillis + ahead).toISOString()
      text += `${JSON.stringify({ ts, level: "info", service: `chaos-${n % services}`, msg: `record ${n}`, n })}\n`
    }
    return text
  }
}
