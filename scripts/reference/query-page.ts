// Query page: fields, operators' limits and diagnostics of the query language.
import { type DiagnosticCode, limits } from "@tailrace/query/diagnostic"
import { wellKnownFields } from "@tailrace/query/fields"
import { cell, code, page, table } from "./markdown.ts"

/** What each code says; the type makes the list complete. */
const meanings: Readonly<Record<DiagnosticCode, string>> = {
  missing_operand: "An operator has nothing on one of its sides.",
  missing_value: "A field and an operator stand without a value.",
  unclosed_paren: "A parenthesis is never closed.",
  unclosed_string: "A quotation mark is never closed.",
  stray_paren: "A closing parenthesis was never opened.",
  empty_group: "A pair of parentheses holds nothing.",
  empty_list: "A list of values holds nothing.",
  bad_range: "A range lacks one of its ends or its TO.",
  bad_regex: "A regular expression is none in RE2's syntax.",
  bad_time: "A time, a duration or a zone cannot be read.",
  unexpected: "Something stands where it means nothing.",
  too_long: "The query has too many characters.",
  too_deep: "Parentheses and negations are nested too deep.",
  too_big: "The query has too many conditions or values.",
  unknown_field: "Warning: the name is close to a well-known field, but none.",
  lowercase_keyword: "Warning: and, or, not are taken as words to search for.",
  type_mismatch: "Warning: the value can never equal what the field holds.",
  leading_wildcard_slow: "Warning: a pattern that begins with * reads every value."
}

export const queryPage = (): string =>
  page(
    "Query language",
    "One syntax for searches, live tails, filters and metrics. The grammar and the meaning of each form are told in [chapter 3](../chapters/03-a-query-means-one-thing.test.ts).",
    "## Fields",
    "Names count in any case. Any other name is an attribute; `attributes.x` and `resource.x` name the two maps outright.",
    table(
      ["field", "kind", "aliases", "meaning"],
      wellKnownFields.map(({ aliases, name, summary, target }) => [
        code(name),
        target.kind,
        aliases.map(code).join(", "),
        cell(summary)
      ])
    ),
    "## Diagnostics",
    "Every diagnostic has the positions `from` and `to` in the query, a severity, a code, a message and sometimes a fix.",
    table(
      ["code", "meaning"],
      Object.entries(meanings).map(([name, meaning]) => [code(name), cell(meaning)])
    ),
    "## Limits",
    table(
      ["limit", "at most"],
      Object.entries(limits).map(([name, value]) => [code(name), String(value)])
    )
  )
