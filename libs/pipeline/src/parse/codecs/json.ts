// The json codec: one JSON object per message.
import { field } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { JsonScanner } from "../json-scanner.ts"

export const JsonConfig = Schema.Struct({
  depth: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 })),
    8,
    "Levels of nested objects that become dotted keys; what lies deeper stays JSON text."
  )
})

export const json = defineCodec({
  name: "json",
  summary:
    "Reads one JSON object: nested objects become dotted keys, arrays stay JSON text, numbers keep their digits.",
  config: JsonConfig,
  examples: [
    { title: "Structured logs", config: {} },
    { title: "Keep nested objects whole", config: { depth: 1 } }
  ],
  make: (config) => Effect.succeed(bindJson(config.depth))
})

/** The codec as a function of its depth. A byte order mark before the object is read over. */
export const bindJson =
  (depth: number): BindCodec =>
  () => {
    const scanner = new JsonScanner(depth)
    return {
      name: "json",
      decode: (bytes, start, end, draft) => {
        const marked = bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf
        return scanner.scan(bytes, marked ? start + 3 : start, end, draft)
      }
    }
  }
