// Multiline: how the lines of a source become records, as its configuration says it.
import { field, optional } from "@tailrace/domain/field"
import { Schema } from "effect"
import type { JoinRule } from "./join-rule.ts"
import { byPatterns, patternProblem } from "./patterns.ts"
import { recognised } from "./recognised.ts"

/** Lines one record may join. */
export const maxLines = 1_000

const Pattern = Schema.NonEmptyString.check(
  Schema.makeFilter((pattern) => {
    const problem = patternProblem(pattern)
    return problem === undefined ? undefined : `a pattern that can be used, but ${JSON.stringify(pattern)}: ${problem}`
  })
)

const Patterns = Schema.Struct({
  start: optional(Pattern, "What the first line of a record looks like; every other line goes on with it."),
  continue: optional(Pattern, "What a line that goes on with the record before it looks like."),
  end: optional(Pattern, "What the last line of a record looks like.")
}).check(
  Schema.makeFilter((patterns) =>
    patterns.start === undefined && patterns.continue === undefined && patterns.end === undefined
      ? "at least one of start, continue and end"
      : undefined
  )
)

const Multiline = Schema.Union([Schema.Boolean, Patterns])
type Multiline = typeof Multiline.Type

/** The key `multiline` of sources that read lines. */
export const multilineField = field(
  Multiline,
  false,
  "Whether lines that continue a record, such as those of a stack trace, are joined to it: true by what is known of languages, or regular expressions `start`, `continue`, `end`. Lines that a container's runtime broke are always joined."
)

/** The rule that lines are joined by; undefined where only the parts of broken lines are. */
export const joinRuleOf = (multiline: Multiline): JoinRule | undefined => {
  if (typeof multiline === "boolean") return multiline ? recognised : undefined
  return byPatterns(multiline)
}
