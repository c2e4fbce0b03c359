// Peer owner: keeps other users of this machine from a listener on loopback, by who owns the other end of a connection.
import type { Socket } from "node:net"
import { type Endpoint, plainAddress, TcpTable } from "./tcp-table.ts"

/** Whom a listener on loopback answers: its own user and root, or every user of the machine. */
export const peerRules = ["same-user", "any"] as const
export type PeerRule = (typeof peerRules)[number]

export interface PeerOptions {
  /** What listens, for the refusal's words: "the api". */
  readonly listener: string
  /** Address it listens on. */
  readonly host: string
  /** As configured; when left out, same-user on loopback and any elsewhere. */
  readonly peers: PeerRule | undefined
  /** How another user is let in, for the refusal's words. */
  readonly advice: string
  readonly table?: TcpTable
}

export interface PeerGuard {
  /**
   * Why a connection must not be answered, in words for its sender; undefined when it may. A connection is judged once, at the
   * first question about it.
   */
  readonly problem: (socket: Socket) => Promise<string | undefined>
  /** Whom the listener answers, and why, for health and the log. */
  readonly detail: string
  /** Whether connections are judged at all. */
  readonly judges: boolean
}

/** A guard for one listener; finds out whether this system can tell who owns a connection. */
export const openPeerGuard = async (options: PeerOptions): Promise<PeerGuard> => {
  const { host, listener } = options
  const table = options.table ?? new TcpTable()
  const own = process.geteuid?.()
  const rule = options.peers ?? (isLoopback(host) ? "same-user" : "any")
  const all = (why: string): PeerGuard => ({ problem: async () => undefined, detail: why, judges: false })
  if (rule === "any")
    return all(
      options.peers === "any"
        ? `${listener} answers every user of this machine: peers is any`
        : `${listener} answers whoever reaches ${host}`
    )
  if (own === undefined || !(await table.exists()))
    return all(`${listener} answers every user of this machine, for this system does not tell who owns a connection`)
  const verdicts = new WeakMap<Socket, Promise<string | undefined>>()
  const judge = async (socket: Socket): Promise<string | undefined> => {
    const ends = endsOf(socket)
    if (ends === undefined) return "this connection has ended"
    if (!isLoopback(ends.peer.address)) return undefined
    const find = (): Promise<number | undefined> => table.ownerOf(ends.peer, ends.own).catch(() => undefined)
    // Sockets that come and go while the table is read can hide another one, so what is not found is looked for once more.
    const owner = (await find()) ?? (await find())
    if (owner === own || owner === 0) return undefined
    const whose = owner === undefined ? "nobody's that can be found" : `user ${owner}'s`
    return `${listener} answers user ${own} of this machine alone and this connection is ${whose}: ${options.advice}`
  }
  return {
    problem: (socket) => {
      const known = verdicts.get(socket)
      if (known !== undefined) return known
      const verdict = judge(socket)
      verdicts.set(socket, verdict)
      return verdict
    },
    detail: `${listener} answers user ${own} of this machine and root`,
    judges: true
  }
}

/** Whether an address, or localhost, is this machine's own in either family and spelling. */
export const isLoopback = (host: string): boolean => {
  const address = plainAddress(host.replace(/^\[|\]$/g, ""))
  return address === "localhost" || address === "::1" || /^127(\.\d{1,3}){3}$/.test(address)
}

/** The addresses of both ends; undefined when the connection is over. */
const endsOf = (socket: Socket): { readonly own: Endpoint; readonly peer: Endpoint } | undefined => {
  const { localAddress, localPort, remoteAddress, remotePort } = socket
  if (localAddress === undefined || localPort === undefined) return undefined
  if (remoteAddress === undefined || remotePort === undefined) return undefined
  return { own: { address: localAddress, port: localPort }, peer: { address: remoteAddress, port: remotePort } }
}
