// Response: the head ClickHouse's clients expect, and a body written with back-pressure, compressed when asked for.
import { once } from "node:events"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Transform } from "node:stream"
import { constants, createBrotliCompress, createDeflate, createGzip, createZstdCompress } from "node:zlib"
import type { EngineResult } from "./engine.ts"

const encoders: ReadonlyArray<readonly [name: string, make: () => Transform]> = [
  ["zstd", () => createZstdCompress()],
  ["gzip", () => createGzip({ level: 1 })],
  ["deflate", () => createDeflate({ level: 1 })],
  ["br", () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })]
]

const types: ReadonlyMap<string, string> = new Map(
  Object.entries({
    json: "application/json; charset=UTF-8",
    jsoncompact: "application/json; charset=UTF-8",
    jsoneachrow: "application/x-ndjson; charset=UTF-8",
    jsoncompacteachrow: "application/x-ndjson; charset=UTF-8",
    csv: "text/csv; charset=UTF-8; header=absent",
    csvwithnames: "text/csv; charset=UTF-8; header=present",
    tabseparated: "text/tab-separated-values; charset=UTF-8",
    tsv: "text/tab-separated-values; charset=UTF-8",
    pretty: "text/plain; charset=UTF-8",
    prettycompact: "text/plain; charset=UTF-8",
    vertical: "text/plain; charset=UTF-8"
  })
)

export const contentType = (format: string): string => types.get(format.toLowerCase()) ?? "application/octet-stream"

/** The figures of a statement as X-ClickHouse-Summary carries them, all texts. */
export const summary = (result: Omit<EngineResult, "bytes"> | undefined, written: boolean): string =>
  JSON.stringify({
    read_rows: String(result?.rowsRead ?? 0),
    read_bytes: String(result?.bytesRead ?? 0),
    written_rows: String(written ? (result?.rowsRead ?? 0) : 0),
    written_bytes: String(written ? (result?.bytesRead ?? 0) : 0),
    total_rows_to_read: "0",
    result_rows: "0",
    result_bytes: "0",
    elapsed_ns: String(Math.round((result?.elapsed ?? 0) * 1e9))
  })

export class Answer {
  readonly #response: ServerResponse
  readonly #accepted: string
  readonly #stallMillis: number
  readonly #left = new AbortController()
  #out: ServerResponse | Transform

  constructor(request: IncomingMessage, response: ServerResponse, params: URLSearchParams, stallMillis: number) {
    this.#response = response
    this.#out = response
    this.#stallMillis = stallMillis
    const header = request.headers["accept-encoding"]
    const asked = params.get("enable_http_compression") === "1"
    this.#accepted = asked && typeof header === "string" ? header.toLowerCase() : ""
    response.on("error", () => this.#left.abort(new Error("the client left")))
    response.once("close", () => {
      if (!response.writableFinished) this.#left.abort(new Error("the client left"))
    })
  }

  /** Aborts when the client leaves before the end. */
  get left(): AbortSignal {
    return this.#left.signal
  }

  get started(): boolean {
    return this.#response.headersSent
  }

  setHeader(name: string, value: string): void {
    if (!this.started) this.#response.setHeader(name, value)
  }

  start(status: number, headers: Readonly<Record<string, string>>): void {
    const encoder = status === 200 ? encoders.find(([name]) => accepts(this.#accepted, name)) : undefined
    if (encoder === undefined) {
      this.#response.writeHead(status, headers)
      return
    }
    this.#response.writeHead(status, { ...headers, "Content-Encoding": encoder[0], Vary: "Accept-Encoding" })
    const stream = encoder[1]()
    stream.on("error", () => this.#response.destroy())
    this.left.addEventListener("abort", () => stream.destroy(), { once: true })
    stream.pipe(this.#response)
    this.#out = stream
  }

  /** Resolves when more can be written. Throws when the client has left or does not read for too long. */
  async write(chunk: Uint8Array | string): Promise<void> {
    this.left.throwIfAborted()
    if (chunk.length === 0 || this.#out.write(chunk)) return
    const stall = setTimeout(() => this.#response.destroy(), this.#stallMillis)
    try {
      await once(this.#out, "drain", { signal: this.left })
    } finally {
      clearTimeout(stall)
    }
  }

  end(chunk?: Uint8Array | string): void {
    if (chunk === undefined || chunk.length === 0) this.#out.end()
    else this.#out.end(chunk)
  }

  destroy(): void {
    this.#response.destroy()
  }
}

/** `gzip;q=0` says no; a star says nothing about what the client can read best, so it is not taken. */
const accepts = (header: string, name: string): boolean =>
  header.split(",").some((part) => {
    const [coding = "", ...parameters] = part.split(";").map((text) => text.trim())
    return coding === name && !parameters.some((text) => /^q=0(?:\.0*)?$/.test(text))
  })
