// Strangers: what browsers were made to send to syslog; none of it is stored, all of it is counted and said once.
import { foreignReason } from "../../frames/admission.ts"
import type { ForeignProtocol } from "../../framing/foreign-protocol.ts"
import type { SourceContext } from "../../source.ts"
import type { Peers } from "./peers.ts"

const names: Readonly<Record<ForeignProtocol, string>> = {
  http: "HTTP",
  tls: "TLS",
  stun: "WebRTC (STUN)",
  quic: "QUIC"
}

export class Strangers {
  readonly #peers: Peers
  readonly #context: SourceContext
  readonly #transport: "tcp" | "udp"
  readonly #said = new Set<ForeignProtocol>()

  constructor(peers: Peers, context: SourceContext, transport: "tcp" | "udp") {
    this.#peers = peers
    this.#context = context
    this.#transport = transport
  }

  /** Counts one connection or datagram. */
  count(protocol: ForeignProtocol, address: string): void {
    const { counters, intake, warn } = this.#context
    counters.rejected(1, `${protocol}-on-${this.#transport}`)
    intake.countLost(this.#peers.lost, 1, foreignReason(protocol, this.#transport))
    if (this.#said.has(protocol)) return
    this.#said.add(protocol)
    warn(
      `${address} speaks ${names[protocol]} to syslog by ${this.#transport}, nothing of it is taken: send syslog there as it is, and look for a web page that tries ports`
    )
  }
}
