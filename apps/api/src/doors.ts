// Doors: whom the api answers: no pages of other sites, and on loopback no other users of this machine.
import type { IncomingMessage } from "node:http"
import { browserProblem } from "@tailrace/access/browser-guard"
import { openPeerGuard } from "@tailrace/access/peer-owner"
import type { ApiConfig } from "./config.ts"

export interface Refusal {
  /** In words for whoever asked. */
  readonly problem: string
  /** What is wrong: the request itself, or who sent it, a page of another site or another user of this machine. */
  readonly by: "request" | "page" | "user"
  readonly status: 400 | 403
}

export interface Doors {
  /** Why a request, or the upgrade to a WebSocket that it asks for, must not be answered; undefined when it may. */
  readonly refusal: (request: IncomingMessage) => Promise<Refusal | undefined>
  /** Which users of this machine are answered, and why. */
  readonly peers: string
}

export const openDoors = async (config: Pick<ApiConfig, "host" | "names" | "origins" | "peers">): Promise<Doors> => {
  const listener = "the api"
  const { host, names, origins } = config
  const pages = { listener, names: [host, ...names], origins }
  const peers = await openPeerGuard({
    listener,
    host,
    peers: config.peers,
    advice:
      "ask as that user, or let every user in with `tailrace up --open-to-local-users` (peers: any in the api's configuration)"
  })
  return {
    peers: peers.detail,
    refusal: async (request) => {
      // Whoever stands between could go by another of them than this guard.
      if (namesOf(request) > 1)
        return { problem: "a request has one Host, this one has more", by: "request", status: 400 }
      const page = browserProblem(request.headers, pages)
      if (page !== undefined) return { problem: page, by: "page", status: 403 }
      const user = await peers.problem(request.socket)
      return user === undefined ? undefined : { problem: user, by: "user", status: 403 }
    }
  }
}

/** How often the request says by what name it came. */
const namesOf = ({ rawHeaders }: IncomingMessage): number =>
  rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === "host").length
