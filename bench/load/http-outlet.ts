// HTTP outlet: each frame is the body of one POST to the collector, one request at a time on each of a few connections.
import { connect, type Socket } from "node:net"
import type { Frame, Outlet } from "./pace.ts"

const connections = 8
const accepted = "HTTP/1.1 202"

/** Written by hand on a socket, because a full HTTP client would cost more than what it measures. */
class Line {
  readonly #socket: Socket
  readonly #head: string
  readonly #free: (line: Line) => void
  #answer = ""
  #resolve: (() => void) | undefined

  constructor(url: URL, free: (line: Line) => void) {
    this.#free = free
    this.#head = `POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/x-ndjson\r\ncontent-length: `
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
    this.#socket.setEncoding("latin1")
    this.#socket.on("data", (chunk) => this.#received(String(chunk)))
    this.#socket.on("error", (error) => {
      throw error
    })
  }

  send(frame: Frame, resolve: () => void): void {
    this.#resolve = resolve
    this.#socket.cork()
    this.#socket.write(`${this.#head}${frame.bytes.length}\r\n\r\n`, "latin1")
    this.#socket.write(frame.bytes)
    this.#socket.uncork()
  }

  #received(chunk: string): void {
    this.#answer += chunk
    const body = this.#answer.indexOf("\r\n\r\n")
    if (body < 0) return
    const length = Number(/content-length: (\d+)/i.exec(this.#answer)?.[1] ?? 0)
    if (this.#answer.length < body + 4 + length) return
    if (!this.#answer.startsWith(accepted)) throw new Error(`the collector refused a body: ${this.#answer}`)
    this.#answer = ""
    const resolve = this.#resolve
    this.#free(this)
    resolve?.()
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
  for (let i = 0; i < connections; i++) idle.push(new Line(url, free))
  const send = (frame: Frame): Promise<void> =>
    new Promise((resolve) => {
      const line = idle.pop()
      if (line !== undefined) line.send(frame, resolve)
      else waiting.push(() => void send(frame).then(resolve))
    })
  return { window: connections * 2, send }
}
