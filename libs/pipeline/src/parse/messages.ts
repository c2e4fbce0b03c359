// Messages: what the records of a frame were before they were read, byte for byte.
import { type FrameHeader, forEachMessage } from "@tailrace/domain/frame"
import { layoutOf } from "./parse.ts"

/** The messages of a frame's payload in order, as the parse stage counts them: message n is row n. */
export const messagesOf = (header: FrameHeader, payload: Uint8Array): ReadonlyArray<Uint8Array> => {
  const messages: Array<Uint8Array> = []
  forEachMessage(payload, layoutOf(header, payload), (start, end) => {
    messages.push(payload.subarray(start, end))
  })
  return messages
}
