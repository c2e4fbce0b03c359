// Pattern list: the expressions in the configuration of a codec made of patterns, how all are compiled, and what is wrong with one.
import { field } from "@tailrace/domain/field"
import { Schema } from "effect"
import { PatternProblem } from "../grok/pattern-node.ts"
import type { PatternSearch } from "../grok/pattern-search.ts"
import type { BindCodec } from "./codec.ts"
import { PatternFields } from "./pattern-fields.ts"

export const patternList = (description: string) =>
  field(Schema.Array(Schema.String.check(Schema.isMaxLength(65_536))).check(Schema.isMaxLength(100)), [], description)

/** Compiles every expression; throws what is wrong with the first that is none, and which it is. */
export const compileEach = (
  expressions: ReadonlyArray<string>,
  compile: (expression: string) => PatternSearch
): ReadonlyArray<PatternSearch> =>
  expressions.map((expression, index) => {
    try {
      return compile(expression)
    } catch (problem) {
      if (!(problem instanceof PatternProblem)) throw problem
      throw new PatternProblem(`patterns[${index}]: ${problem.reason}`, problem.position)
    }
  })

/** Refuses a configuration whose patterns do not compile. */
export const whichCompiles = <Config>(compileAll: (config: Config) => unknown) =>
  Schema.makeFilter<Config>((config) => {
    try {
      compileAll(config)
      return true
    } catch (problem) {
      return problem instanceof PatternProblem ? problem.message : String(problem)
    }
  })

/** The codec of this name that reads by the first pattern found. */
export const bindPatterns =
  (name: string, searches: () => ReadonlyArray<PatternSearch>): BindCodec =>
  ({ keys }) => {
    const patterns = new PatternFields(searches(), keys)
    return { name, decode: (bytes, start, end, draft) => patterns.read(bytes, start, end, draft) }
  }
