// Raw HTTP: requests with headers that a well-behaved client would not send, and bytes over a socket as they are.
import { type IncomingHttpHeaders, request } from "node:http"
import { connect, type Socket } from "node:net"

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One request to a port of this machine; its Host is the address unless the headers say otherwise. */
export const httpRequest = (
  port: number,
  options: {
    readonly method?: string
    readonly path?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string | Uint8Array
  }
): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const { body, headers = {}, method = "GET", path = "/" } = options
    const sent = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece
      })
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    sent.once("error", reject)
    sent.end(body)
  })

/** Sends pieces one after another, each as a packet of its own; resolves with what was said once the other side has closed. */
export const talk = (port: number, pieces: ReadonlyArray<string | Uint8Array>): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true })
    let said = ""
    socket.on("data", (piece: Buffer) => {
      said += piece.toString("latin1")
    })
    socket.on("error", (cause: NodeJS.ErrnoException) => {
      // Closed while bytes were under way, which is what these talks are for.
      if (cause.code !== "ECONNRESET" && cause.code !== "EPIPE") reject(cause)
    })
    socket.once("end", () => socket.destroy())
    socket.once("close", () => resolve(said))
    const next = (at: number): void => {
      const piece = pieces[at]
      if (piece !== undefined && !socket.destroyed) socket.write(piece, () => setImmediate(next, at + 1))
    }
    socket.once("connect", () => next(0))
  })
