// Admission: what a source does with new messages while the pipelines lag behind, or its frames find no room.
import { field } from "@tailrace/domain/field"
import { Schema } from "effect"

const WhenFull = Schema.Literals(["block", "drop-oldest", "sample"])
export type WhenFull = typeof WhenFull.Type

/** Keys of a source's configuration. */
export const admissionFields = {
  whenFull: field(
    WhenFull,
    "block",
    "While the pipelines lag behind: `block` makes senders wait (429, connections and files read no further); `drop-oldest` keeps frames in the spool and, once that is full, drops the oldest; `sample` takes one record in `sampleRate`. What is dropped is counted in the ledger."
  ),
  sampleRate: field(
    Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 1_000_000 })),
    10,
    "With `sample`: one record of so many is taken."
  )
}

export interface Admission {
  readonly whenFull: WhenFull
  /** One record of so many is taken, with `sample`. */
  readonly sampleRate: number
}

/** For sources that have nothing else to choose. */
export const blocking: Admission = { whenFull: "block", sampleRate: 1 }

/**
 * Names under which the ledger counts what a source dropped; `invalid` are items refused in a request that was taken, `kernel`
 * datagrams that the operating system dropped because they were not fetched in time.
 */
export const dropReasons = {
  sample: "collector:sample",
  noRoom: "collector:no-room",
  invalid: "collector:invalid",
  kernel: "collector:udp-kernel"
} as const

/** The same for what a browser was made to send to a line protocol: `collector:http-on-tcp`. */
export const foreignReason = (protocol: string, transport: "tcp" | "udp"): string =>
  `collector:${protocol}-on-${transport}`
