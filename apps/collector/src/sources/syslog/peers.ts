// Peers: the origin of each sender of syslog, so that all messages of one address and transport share frames.
import type { Admission } from "../../frames/admission.ts"
import { makeOrigin, type Origin } from "../../frames/origin.ts"
import type { SourceContext } from "../../source.ts"

/** Senders remembered; beyond it the memory starts anew, which costs nothing but making origins again. */
const maxPeers = 10_000

export class Peers {
  readonly #component: string
  readonly #tenant: string
  readonly #source: string
  readonly #admission: Admission
  /** The origin of messages that are only counted. */
  readonly lost: Origin
  readonly #origins = new Map<string, Origin>()

  constructor({ name, tenant }: Pick<SourceContext, "name" | "tenant">, source: string, admission: Admission) {
    this.#admission = admission
    this.#component = name
    this.lost = this.#originOf(tenant, source, {})
    this.#tenant = tenant
    this.#source = source
  }

  /** The origin of a sender's whole messages. */
  origin(transport: "udp" | "tcp", address: string): Origin {
    const key = `${transport} ${address}`
    let origin = this.#origins.get(key)
    if (origin === undefined) {
      if (this.#origins.size >= maxPeers) this.#origins.clear()
      origin = this.#make(transport, address, {})
      this.#origins.set(key, origin)
    }
    return origin
  }

  /** The origin of a message of which `cut` bytes are missing. */
  truncated(transport: "udp" | "tcp", address: string, cut: number): Origin {
    return this.#make(transport, address, { "log.truncated_bytes": String(cut) })
  }

  #make(transport: "udp" | "tcp", address: string, more: Readonly<Record<string, string>>): Origin {
    // IPv4 senders on a socket for both families look like ::ffff:192.0.2.1.
    const peer = address.startsWith("::ffff:") ? address.slice(7) : address
    const attributes = { "network.peer.address": peer, "network.transport": transport, ...more }
    return this.#originOf(this.#tenant, this.#source, attributes)
  }

  #originOf(tenant: string, source: string, attributes: Readonly<Record<string, string>>): Origin {
    const shared = { codec: "syslog", layout: "prefixed", patient: true, component: this.#component } as const
    return makeOrigin({ tenant, source, attributes, ...shared, admission: this.#admission })
  }
}
