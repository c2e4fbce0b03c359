// GraphQL over WebSocket: graphql-transport-ws, with bounded buffers and an end for readers that take nothing.
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { CloseCode, makeServer } from "graphql-ws"
import { type WebSocket, WebSocketServer } from "ws"
import type { ApiLimits } from "../config.ts"
import type { GraphqlServer } from "./server.ts"

export interface SocketServer {
  /** Connections open now. */
  readonly open: () => number
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Tells every client to go, then cuts those that do not. */
  readonly close: () => Promise<void>
}

/** Answers waiting for a client beyond this: nothing more is read from it until they have gone. */
const mostUnsent = 1024 * 1024
const partingMillis = 1_000

export const serveSockets = (
  graphql: GraphqlServer,
  limits: Pick<ApiLimits, "bodyBytes" | "stalledSeconds">,
  failed: (doing: string, cause: unknown) => void
): SocketServer => {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: limits.bodyBytes,
    handleProtocols: (offered) => (offered.has("graphql-transport-ws") ? "graphql-transport-ws" : false)
  })
  const protocol = makeServer(graphql.socketOptions)
  const heard = new WeakMap<WebSocket, number>()
  const patience = limits.stalledSeconds * 1_000
  const pulse = setInterval(() => {
    for (const client of sockets.clients) {
      if (performance.now() - (heard.get(client) ?? 0) > patience) client.terminate()
      else if (client.readyState === client.OPEN) client.ping()
    }
  }, patience / 4)

  const serve = (client: WebSocket): void => {
    const alive = (): void => void heard.set(client, performance.now())
    alive()
    client.on("pong", alive)
    // A broken connection is the client's end, not ours; "close" follows and frees what it had.
    client.on("error", () => client.terminate())
    const closed = protocol.opened(
      {
        protocol: client.protocol,
        send: (text) => sendTo(client, text),
        close: (code, reason) => client.close(code, reason),
        onMessage: (handle) =>
          client.on("message", (data) => {
            alive()
            handle(String(data)).catch((cause: unknown) => {
              if (client.readyState !== client.OPEN) return
              failed("a message of a WebSocket", cause)
              client.close(CloseCode.InternalServerError, "the api failed at this, its log says why")
            })
          })
      },
      {}
    )
    client.once("close", (code, reason) => {
      closed(code, String(reason)).catch((cause: unknown) => failed("the end of a WebSocket", cause))
    })
  }

  return {
    open: () => sockets.clients.size,
    upgrade: (request, socket, head) => sockets.handleUpgrade(request, socket, head, serve),
    close: async () => {
      clearInterval(pulse)
      const parting = [...sockets.clients].map((client) => {
        client.close(1001, "the api stops, come back")
        return new Promise((resolve) => client.once("close", resolve))
      })
      const cut = setTimeout(() => {
        for (const client of sockets.clients) client.terminate()
      }, partingMillis)
      await Promise.all(parting)
      clearTimeout(cut)
      sockets.close()
    }
  }
}

/** Resolves when the kernel has taken the text, so that whoever sends more waits for the reader. */
const sendTo = (client: WebSocket, text: string): Promise<void> =>
  new Promise((resolve) => {
    if (client.readyState !== client.OPEN) return resolve()
    client.send(text, () => {
      if (client.isPaused && client.bufferedAmount <= mostUnsent) client.resume()
      resolve()
    })
    if (client.bufferedAmount > mostUnsent) client.pause()
  })
