// The regex codec: lines by regular expressions with named groups, in linear time.
import { field } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { compilePattern } from "../../grok/pattern.ts"
import { PatternProblem } from "../../grok/pattern-node.ts"
import type { PatternSearch } from "../../grok/pattern-search.ts"
import { type BindCodec, defineCodec } from "../codec.ts"
import { PatternFields } from "../pattern-fields.ts"

const fields = Schema.Struct({
  patterns: field(
    Schema.Array(Schema.String.check(Schema.isMaxLength(65_536))).check(Schema.isMaxLength(100)),
    [],
    "Regular expressions in the syntax of RE2, whose groups `(?P<name>...)` are the fields; the first that is found in a message reads it."
  )
})

const compileAll = (config: typeof fields.Type): ReadonlyArray<PatternSearch> =>
  config.patterns.map((pattern, index) => {
    try {
      return compilePattern(pattern)
    } catch (problem) {
      if (!(problem instanceof PatternProblem)) throw problem
      throw new PatternProblem(`patterns[${index}]: ${problem.reason}`, problem.position)
    }
  })

export const RegexConfig = fields.check(
  Schema.makeFilter((config) => {
    try {
      compileAll(config)
      return true
    } catch (problem) {
      return problem instanceof PatternProblem ? problem.message : String(problem)
    }
  })
)
export type RegexConfig = typeof RegexConfig.Type

export const regex = defineCodec({
  name: "regex",
  summary: "Reads lines by regular expressions with named groups, in a time that grows with the line alone.",
  config: RegexConfig,
  examples: [
    {
      title: "A line of one's own",
      config: { patterns: ["^(?P<time>\\S+) \\[(?P<level>[A-Z]+)\\] (?P<service>[^:]+): (?P<message>.*)$"] }
    }
  ],
  make: (config) => Effect.succeed(bindRegex(config))
})

/** The codec as a function of its configuration. `.` stops at a line feed, `^` and `$` are the message's edges, unless `(?s)` and `(?m)`. */
export const bindRegex =
  (config: RegexConfig): BindCodec =>
  ({ keys }) => {
    const patterns = new PatternFields(compileAll(config), keys)
    return { name: "regex", decode: (bytes, start, end, draft) => patterns.read(bytes, start, end, draft) }
  }
