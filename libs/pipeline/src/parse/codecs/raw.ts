// The raw codec: takes any message as it is.
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"

const RawConfig = Schema.Struct({})

export const raw = defineCodec({
  name: "raw",
  summary: "Takes the whole message as the body and looks for nothing in it.",
  config: RawConfig,
  examples: [{ title: "Text of no form", config: {} }],
  make: () => Effect.succeed(bindRaw)
})

export const bindRaw: BindCodec = () => ({
  name: "raw",
  decode: (_bytes, start, end, draft) => {
    draft.setRole(role.body, start, end - start)
    return true
  }
})
