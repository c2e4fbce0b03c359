// The grok codec: lines by expressions of named patterns, in linear time.
import { field } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { compileGrok } from "../../grok/grok.ts"
import { readDefinitionFiles } from "../../grok/pattern-files.ts"
import type { PatternSearch } from "../../grok/pattern-search.ts"
import { type BindCodec, defineCodec } from "../codec.ts"
import { bindPatterns, compileEach, patternList, whichCompiles } from "../pattern-list.ts"

const Definitions = Schema.Record(
  Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_]+$/)),
  Schema.String.check(Schema.isMaxLength(65_536))
)

const fields = Schema.Struct({
  patterns: patternList(
    "Expressions such as `%{COMBINEDAPACHELOG}` or `%{IP:client.address} %{INT:status:int}`; the first that is found in a message reads it."
  ),
  names: field(
    Schema.Literals(["legacy", "ecs"]),
    "legacy",
    "How the patterns that have a name already call their fields: `legacy` as `clientip`, `ecs` as `source.address`."
  ),
  definitions: field(
    Definitions,
    {},
    "Patterns of one's own by name; they come before those that have the name already."
  ),
  files: field(
    Schema.Array(Schema.String).check(Schema.isMaxLength(100)),
    [],
    "Files of definitions, `NAME pattern` a line, on the machine of the processor."
  )
})

/** Compiles every expression; answers what is wrong with the first that is none. */
const compileAll = (config: typeof fields.Type): ReadonlyArray<PatternSearch> => {
  const definitions = new Map([...readDefinitionFiles(config.files), ...Object.entries(config.definitions)])
  return compileEach(config.patterns, (expression) => compileGrok(expression, { names: config.names, definitions }))
}

export const GrokConfig = fields.check(whichCompiles(compileAll))
export type GrokConfig = typeof GrokConfig.Type

export const grok = defineCodec({
  name: "grok",
  summary: "Reads lines by grok expressions, of which 361 have names, in a time that grows with the line alone.",
  config: GrokConfig,
  examples: [
    { title: "Apache's access log", config: { patterns: ["%{COMBINEDAPACHELOG}"] } },
    {
      title: "A pattern and a definition of one's own",
      config: {
        patterns: ["^%{TIMESTAMP_ISO8601:timestamp} %{ORDER:order.id} %{LOGLEVEL:level} %{GREEDYDATA:message}$"],
        definitions: { ORDER: "[A-Z]{2}-[0-9]{6}" },
        names: "ecs"
      }
    }
  ],
  make: (config) => Effect.succeed(bindGrok(config))
})

/** The codec as a function of its configuration. Patterns are found anywhere in a message unless they say `^` and `$`. */
export const bindGrok = (config: GrokConfig): BindCodec => bindPatterns("grok", () => compileAll(config))
