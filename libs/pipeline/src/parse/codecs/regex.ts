// The regex codec: lines by regular expressions with named groups, in linear time.
import { Effect, Schema } from "effect"
import { compilePattern } from "../../grok/pattern.ts"
import type { PatternSearch } from "../../grok/pattern-search.ts"
import { type BindCodec, defineCodec } from "../codec.ts"
import { bindPatterns, compileEach, patternList, whichCompiles } from "../pattern-list.ts"

const fields = Schema.Struct({
  patterns: patternList(
    "Regular expressions in the syntax of RE2, whose groups `(?P<name>...)` are the fields; the first that is found in a message reads it."
  )
})

const compileAll = (config: typeof fields.Type): ReadonlyArray<PatternSearch> =>
  compileEach(config.patterns, compilePattern)

export const RegexConfig = fields.check(whichCompiles(compileAll))
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
export const bindRegex = (config: RegexConfig): BindCodec => bindPatterns("regex", () => compileAll(config))
