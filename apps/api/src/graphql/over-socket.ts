// GraphQL over WebSocket: graphql-transport-ws, with bounded buffers and an end for readers that take nothing.
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { CloseCode, makeServer } from "graphql-ws"
import { type WebSocket, WebSocketServer } from "ws"
import type { ApiLimits } from "../config.ts"
import { MessageRate } from "../message-rate.ts"
import { callerOf } from "../reads/caller.ts"
import type { GraphqlServer, SocketExtra } from "./server.ts"

export interface SocketServer {
  /** Connections open now. */
  readonly open: () => number
  /** Connections of that address open now. */
  readonly openOf: (address: string) => number
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Tells every client to go, then cuts those that do not. */
  readonly close: () => Promise<void>
}

/** Answers waiting for a client beyond this: nothing more is read from it until they have gone. */
const mostUnsent = 1024 * 1024
const partingMillis = 1_000
/** Pieces of one message; each costs more than its bytes. */
const mostFragments = 1_024

export interface SocketOptions {
  readonly limits: Pick<ApiLimits, "bodyBytes" | "stalledSeconds" | "messagesPerSecond">
  /** Told what failed that no client is to blame for. */
  readonly failed: (doing: string, cause: unknown) => void
  /** Told that a WebSocket was closed because of what it sent. */
  readonly refused: (reason: "too-many-messages") => void
}

export const serveSockets = (graphql: GraphqlServer, { failed, limits, refused }: SocketOptions): SocketServer => {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: limits.bodyBytes,
    // A message of few bytes that unpacks to many would pass every bound by bytes.
    perMessageDeflate: false,
    // A flood of pings would be answered before anybody could count it.
    autoPong: false,
    maxFragments: mostFragments,
    // One message in a turn of the event loop, however many have come in one piece.
    allowSynchronousEvents: false,
    handleProtocols: (offered) => (offered.has("graphql-transport-ws") ? "graphql-transport-ws" : false)
  })
  const protocol = makeServer<Record<string, unknown>, SocketExtra>(graphql.socketOptions)
  const heard = new WeakMap<WebSocket, number>()
  const addresses = new Map<string, number>()
  const patience = limits.stalledSeconds * 1_000
  const pulse = setInterval(() => {
    for (const client of sockets.clients) {
      if (performance.now() - (heard.get(client) ?? 0) > patience) client.terminate()
      else if (client.readyState === client.OPEN) client.ping()
    }
  }, patience / 4)

  const serve = (client: WebSocket, request: IncomingMessage): void => {
    const caller = callerOf(request.socket)
    const endings: SocketExtra["endings"] = new Map()
    const takes = guardOf(client, new MessageRate(limits.messagesPerSecond), () => refused("too-many-messages"))
    const alive = (): void => void heard.set(client, performance.now())
    alive()
    counted(addresses, caller.address, 1)
    client.on("pong", (data) => {
      if (takes(data.length)) alive()
    })
    client.on("ping", (data) => {
      if (takes(data.length)) client.pong(data)
    })
    // A broken connection is the client's end, not ours; "close" follows and frees what it had.
    client.on("error", () => client.terminate())
    const closed = protocol.opened(
      {
        protocol: client.protocol,
        send: (text) => sendTo(client, text),
        close: (code, reason) => client.close(code, reason),
        onMessage: (handle) =>
          client.on("message", (data) => {
            const text = String(data)
            if (!takes(text.length)) return
            alive()
            endings.get(completedBy(text))?.abort()
            handle(text).catch((cause: unknown) => {
              if (client.readyState !== client.OPEN) return
              failed("a message of a WebSocket", cause)
              client.close(CloseCode.InternalServerError, "the api failed at this, its log says why")
            })
          })
      },
      { caller, endings }
    )
    client.once("close", (code, reason) => {
      counted(addresses, caller.address, -1)
      for (const ending of endings.values()) ending.abort()
      endings.clear()
      closed(code, String(reason)).catch((cause: unknown) => failed("the end of a WebSocket", cause))
    })
  }

  return {
    open: () => sockets.clients.size,
    openOf: (address) => addresses.get(address) ?? 0,
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

const counted = (counts: Map<string, number>, key: string, more: 1 | -1): void => {
  const count = (counts.get(key) ?? 0) + more
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}

/** Whether one more message is taken; the first that is too many closes the WebSocket, and none is taken from then on. */
const guardOf = (client: WebSocket, rate: MessageRate, refused: () => void): ((bytes: number) => boolean) => {
  let over = false
  return (bytes) => {
    if (over) return false
    if (rate.takes(bytes)) return true
    over = true
    refused()
    client.close(tooMany, "too many messages a second: send fewer")
    // Whoever floods does not wait for a close to be answered, and what is on its way is read no more.
    client.pause()
    setTimeout(() => client.terminate(), partingMillis).unref()
    return false
  }
}

const tooMany = 4429

/** The id of the operation that a message completes; none in longer messages, which complete nothing. */
const completedBy = (text: string): string => {
  if (text.length > 1_024 || !text.includes('"complete"')) return ""
  try {
    const message = JSON.parse(text) as { readonly type?: unknown; readonly id?: unknown } | null
    return message?.type === "complete" ? String(message.id) : ""
  } catch {
    return ""
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
