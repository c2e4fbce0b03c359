// HTTP outlet: each frame is the body of one POST to the collector, one request at a time on each of a few connections.
import { connect, type Socket } from "node:net"
import type { Format } from "./line-writers.ts"
import type { Frame, Outlet } from "./pace.ts"

const connections = 8
const accepted = "HTTP/1.1 202"
/** The collector is full or its broker away for the moment; the frame comes again after a while. */
const refusedForNow = /^HTTP\/1\.1 (429|503)/
const againAfterMillis = 100

const contentType = (format: Format): string => (format === "json" ? "application/x-ndjson" : "text/plain")

/** Written by hand on a socket, because a full HTTP client would cost more than what it measures. */
class Line {
  readonly #url: URL
  readonly #free: (line: Line) => void
  readonly #again: (frame: Frame) => Promise<void>
  #socket: Socket | undefined
  #answer = ""
  #frame: Frame | undefined
  #resolve: (() => void) | undefined

  constructor(url: URL, free: (line: Line) => void, again: (frame: Frame) => Promise<void>) {
    this.#url = url
    this.#free = free
    this.#again = again
  }

  send(frame: Frame, resolve: () => void): void {
    this.#frame = frame
    this.#resolve = resolve
    this.#socket ??= this.#connect()
    this.#socket.cork()
    this.#socket.write(`${this.#head(frame.format)}${frame.bytes.length}\r\n\r\n`, "latin1")
    this.#socket.write(frame.bytes)
    this.#socket.uncork()
  }

  #head(format: Format): string {
    const { host, pathname } = this.#url
    return `POST ${pathname}-${format} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: ${contentType(format)}\r\ncontent-length: `
  }

  #connect(): Socket {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port), noDelay: true })
    socket.setEncoding("latin1")
    socket.on("data", (chunk) => this.#received(String(chunk)))
    // The collector closes connections that were idle for a while; the next frame opens a new one.
    const gone = (error?: Error): void => {
      socket.destroy()
      if (this.#socket !== socket) return
      this.#socket = undefined
      if (this.#frame !== undefined) throw error ?? new Error("the collector closed a connection instead of answering")
    }
    socket.once("end", () => gone())
    socket.once("error", gone)
    return socket
  }

  #received(chunk: string): void {
    this.#answer += chunk
    const body = this.#answer.indexOf("\r\n\r\n")
    if (body < 0) return
    const length = Number(/content-length: (\d+)/i.exec(this.#answer)?.[1] ?? 0)
    if (this.#answer.length < body + 4 + length) return
    const answer = this.#answer
    const frame = this.#frame
    const resolve = this.#resolve
    this.#answer = ""
    this.#frame = undefined
    this.#free(this)
    if (answer.startsWith(accepted)) resolve?.()
    else if (refusedForNow.test(answer) && frame !== undefined) void this.#again(frame).then(resolve)
    else throw new Error(`the collector refused a body: ${answer}`)
  }
}

export const httpOutlet = (base: string, source: string): Outlet => {
  const url = new URL(`/ingest/${source}`, base)
  const waiting: Array<() => void> = []
  const idle: Array<Line> = []
  const free = (line: Line): void => {
    idle.push(line)
    waiting.shift()?.()
  }
  let refused = 0
  const again = async (frame: Frame): Promise<void> => {
    refused++
    await new Promise((resolve) => setTimeout(resolve, againAfterMillis))
    await send(frame)
  }
  for (let i = 0; i < connections; i++) idle.push(new Line(url, free, again))
  const send = (frame: Frame): Promise<void> =>
    new Promise((resolve) => {
      const line = idle.pop()
      if (line !== undefined) line.send(frame, resolve)
      else waiting.push(() => void send(frame).then(resolve))
    })
  return { window: connections * 2, refused: () => refused, send }
}
