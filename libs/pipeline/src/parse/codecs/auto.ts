// The auto codec: finds out how each line is written, from the line alone.
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { ContainerText } from "../container-text.ts"
import { InnerMessage } from "../inner-message.ts"
import { isDigit } from "../instant.ts"
import { skipSpace } from "../json-value.ts"
import { bindCri } from "./cri.ts"
import { bindJson } from "./json.ts"
import { bindText } from "./text.ts"
import { bindZabbix } from "./zabbix.ts"

const AutoConfig = Schema.Struct({})

export const auto = defineCodec({
  name: "auto",
  summary: "Reads each line by the most specific codec that takes it, whatever lines came before it.",
  config: AutoConfig,
  examples: [{ title: "Any source", config: {} }],
  make: () => Effect.succeed(bindAuto(8))
})

const brace = 123
const space = 32
const tab = 9

/**
 * JSON objects first, also behind blanks and a byte order mark; then lines of containers; then text. A line that no codec
 * takes is left to be kept whole. No state: the order of lines never changes what one of them becomes.
 */
export const bindAuto =
  (depth: number): BindCodec =>
  (context) => {
    const json = bindJson(depth)(context)
    const text = bindText(context)
    const zabbix = bindZabbix(context)
    const cri = bindCri(() => text)(context)
    const docker = new ContainerText(context.keys, new InnerMessage(depth), text)
    return {
      name: "auto",
      decode: (bytes, start, end, draft) => {
        const at = bodyStart(bytes, start, end)
        const byte = bytes[at]
        if (byte === brace) {
          if (!json.decode(bytes, at, end, draft)) return false
          docker.read(bytes, draft)
          return true
        }
        // Indented lines continue a message; they begin none.
        if (byte === space || byte === tab) {
          const inner = skipSpace(bytes, at, end)
          if (inner >= end) return false
          if (isDigit(bytes[inner])) return zabbix.decode(bytes, inner, end, draft)
          return bytes[inner] === brace && json.decode(bytes, inner, end, draft)
        }
        if (bytes[at + 10] === 84) {
          if (cri.decode(bytes, at, end, draft)) return true
          draft.begin()
        }
        return text(bytes, at, end, draft)
      }
    }
  }

const bodyStart = (bytes: Uint8Array, start: number, end: number): number =>
  bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf && end - start > 3 ? start + 3 : start
