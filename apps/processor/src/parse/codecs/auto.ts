// The auto codec: finds out how each source writes and remembers it.
import { field } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { type BindCodec, type Codec, defineCodec } from "../codec.ts"
import { bindApplication } from "./application.ts"
import { bindClf } from "./clf.ts"
import { bindJson } from "./json.ts"
import { bindLogfmt } from "./logfmt.ts"
import { bindSyslog } from "./syslog.ts"

export const AutoConfig = Schema.Struct({
  rememberedSources: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })),
    4096,
    "Sources whose codec is remembered; beyond it the one unused for longest is forgotten."
  ),
  switchAfter: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })),
    8,
    "Messages in a row that another codec must have read before it takes the place of the remembered one."
  )
})

export const auto = defineCodec({
  name: "auto",
  summary: "Detects the codec of each source, remembers it, and leaves it again when messages stop fitting.",
  config: AutoConfig,
  examples: [
    { title: "Any source", config: {} },
    { title: "Few, changeable sources", config: { rememberedSources: 100, switchAfter: 2 } }
  ],
  make: (config) => Effect.succeed(bindAuto({ ...config, depth: 8 }))
})

/** A codec whose decoding depends on what its source sent before. */
export interface SourceCodec extends Codec {
  /** Says whose messages come next. */
  readonly beginSource: (source: string) => void
  /** Name of the codec remembered for a source, or undefined. */
  readonly remembered: (source: string) => string | undefined
}

interface Memory {
  codec: Codec | undefined
  misses: number
}

/**
 * Tries the remembered codec first, and then every codec that the message's first byte allows. A message that none can
 * read is nobody's miss: continuation lines do not make a source forget.
 */
export const bindAuto =
  (config: { readonly rememberedSources: number; readonly switchAfter: number; readonly depth: number }) =>
  (context: Parameters<BindCodec>[0]): SourceCodec => {
    const json = bindJson(config.depth)(context)
    const syslog = bindSyslog(context)
    const clf = bindClf(context)
    const application = bindApplication(context)
    const logfmt = bindLogfmt(2)(context)
    const ofBrace = [json]
    const ofAngle = [syslog, application]
    const ofLetter = [syslog, clf, application, logfmt]
    const ofOther = [clf, application, logfmt]

    const candidates = (byte: number): ReadonlyArray<Codec> => {
      if (byte === 123 || byte === 0xef) return ofBrace
      if (byte === 60) return ofAngle
      return byte >= 65 && byte <= 90 ? ofLetter : ofOther
    }

    const memories = new Map<string, Memory>()
    let memory: Memory = { codec: undefined, misses: 0 }
    return {
      name: "auto",
      beginSource: (source) => {
        const known = memories.get(source)
        memory = known ?? { codec: undefined, misses: 0 }
        // Re-entering keeps the map in order of use, oldest first.
        if (known !== undefined) memories.delete(source)
        else if (memories.size >= config.rememberedSources) memories.delete(memories.keys().next().value as string)
        memories.set(source, memory)
      },
      remembered: (source) => memories.get(source)?.codec?.name,
      decode: (bytes, start, end, draft) => {
        const usual = memory.codec
        if (usual?.decode(bytes, start, end, draft)) {
          memory.misses = 0
          return true
        }
        const choice = candidates(bytes[start])
        for (let i = 0; i < choice.length; i++) {
          const codec = choice[i]
          if (codec === usual) continue
          draft.begin()
          if (!codec.decode(bytes, start, end, draft)) continue
          if (usual === undefined || ++memory.misses >= config.switchAfter) {
            memory.codec = codec
            memory.misses = 0
          }
          return true
        }
        return false
      }
    }
  }
