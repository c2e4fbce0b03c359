// Raw frame: a message of the raw stream as a pipeline takes it in, whatever carried it.
import type { FrameHeader } from "./frame.ts"

export interface RawFrame {
  /** Its number in the raw stream. */
  readonly sequence: number
  /** It names tenant and source, or anything: anybody publishes. */
  readonly subject: string
  readonly header: FrameHeader
  /** As it was before it was compressed. */
  readonly payload: Uint8Array
  /** When the broker stored it, milliseconds since 1970. */
  readonly storedMillis: number
}
