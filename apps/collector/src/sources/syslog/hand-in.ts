// HandIn: messages of one sender that arrived together, handed to the intake and counted once they are acknowledged.
import type { Submission } from "../../frames/submission.ts"
import type { SourceContext } from "../../source.ts"
import type { Peers } from "./peers.ts"

/** Collects messages until `done`; whole ones share one submission, each cut one has its own that says so. */
export class HandIn {
  readonly #peers: Peers
  readonly #context: SourceContext
  readonly #transport: "udp" | "tcp"
  readonly #address: string
  #whole: Submission | undefined
  readonly #all: Array<Submission> = []

  constructor(peers: Peers, context: SourceContext, transport: "udp" | "tcp", address: string) {
    this.#peers = peers
    this.#context = context
    this.#transport = transport
    this.#address = address
  }

  /** Copies a message of which `cut` bytes are missing. */
  add(message: Uint8Array, cut: number): void {
    if (message.length === 0) return
    if (cut > 0) {
      this.#context.counters.truncated(1)
      const origin = this.#peers.truncated(this.#transport, this.#address, cut)
      this.#begin(origin).message(message, 0, message.length)
      return
    }
    this.#whole ??= this.#begin(this.#peers.origin(this.#transport, this.#address))
    this.#whole.message(message, 0, message.length)
  }

  /** Resolves once everything has been acknowledged or given up, and counts which of the two. */
  async done(): Promise<void> {
    const { counters } = this.#context
    await Promise.all(
      this.#all.map(async (submission) => {
        const refusal = await submission.done()
        if (refusal === undefined) counters.accepted(submission.messages, submission.bytes)
        else counters.rejected(submission.messages, refusal.reason)
      })
    )
  }

  #begin(origin: ReturnType<Peers["origin"]>): Submission {
    const submission = this.#context.intake.submission(origin)
    this.#all.push(submission)
    return submission
  }
}
