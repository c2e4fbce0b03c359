// The cri codec: lines of containers as Kubernetes' runtimes write them, with the program's own line read inside.
import { Effect, Schema } from "effect"
import { type BindCodec, type CodecContext, defineCodec } from "../codec.ts"
import type { DecodeText } from "../container-text.ts"
import { role } from "../field-roles.ts"
import { InnerMessage } from "../inner-message.ts"
import type { RecordDraft } from "../record-draft.ts"
import { readTimestamp } from "../timestamps.ts"
import { bindText } from "./text.ts"

const CriConfig = Schema.Struct({})

export const cri = defineCodec({
  name: "cri",
  summary: "Reads lines of containerd and CRI-O, `time stream F text`, and the line of the program in them.",
  config: CriConfig,
  examples: [{ title: "Files below /var/log/pods", config: {} }],
  make: () => Effect.succeed(bindCri(bindText))
})

const space = 32
const colon = 58
const stdout = "stdout ".split("").map((letter) => letter.charCodeAt(0))
const stderr = "stderr ".split("").map((letter) => letter.charCodeAt(0))

/** Attributes: `stream`; `log.partial` on parts of a line that the runtime has cut. The stamp fills a gap only. */
export const bindCri =
  (text: (context: CodecContext) => DecodeText): BindCodec =>
  (context) => {
    const { keys, time, instant } = context
    const stream = keys.fix("stream")
    const partial = keys.fix("log.partial")
    const stamp = keys.fix("timestamp.stamp")
    const inner = new InnerMessage(8)
    const decode = text(context)

    const readEnvelope = (bytes: Uint8Array, start: number, end: number, draft: RecordDraft): number => {
      if (!readTimestamp(bytes, start, end, time, instant) || bytes[instant.end] !== space) return -1
      const at = instant.end + 1
      if (!hasStream(bytes, at, end)) return -1
      const tag = bytes[at + 7]
      const behind = at + 8
      if ((tag !== 70 && tag !== 80) || (behind < end && bytes[behind] !== space && bytes[behind] !== colon)) return -1
      draft.takeTime(instant, start, instant.end - start)
      draft.addAttribute(stream, at, 6)
      if (tag === 80) draft.addAttribute(partial, at + 7, 1)
      let body = behind
      while (body < end && bytes[body] !== space) body++
      return Math.min(body + 1, end)
    }

    return {
      name: "cri",
      decode: (bytes, start, end, draft) => {
        if (end - start < 28 || bytes[start + 10] !== 84) return false
        const body = readEnvelope(bytes, start, end, draft)
        if (body < 0) return false
        const { timeLength, timeStart } = draft
        if (inner.read(bytes, body, end, draft)) return true
        draft.beginInner()
        if (body < end && decode(bytes, body, end, draft)) {
          if (draft.timeStart !== timeStart) draft.addAttribute(stamp, timeStart, timeLength)
          return true
        }
        draft.retry()
        draft.setRole(role.body, body, end - body)
        return true
      }
    }
  }

const hasStream = (bytes: Uint8Array, at: number, end: number): boolean => {
  if (at + 8 > end || bytes[at] !== 115) return false
  const word = bytes[at + 3] === 111 ? stdout : stderr
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false
  return true
}
