// Complete: what may stand at the cursor of a query: fields, operators, connectives, or values of a field.
import type { Span } from "./ast.ts"
import { type Place, placeAt } from "./complete-place.ts"
import { targetOf, wellKnownFields } from "./fields.ts"
import { printField } from "./print.ts"

export interface Candidate {
  /** What the list shows. */
  readonly label: string
  /** What replaces the text of the span. */
  readonly insert: string
  readonly kind: "field" | "operator" | "connective" | "value"
  readonly detail: string
}

/** The span to replace, what kind of thing stands there, and what may stand there instead, best first. */
export interface Completion extends Span {
  readonly slot: Place["slot"]
  /** In the slots `operator` and `value`: the field in question. */
  readonly field?: string
  /** In the slot `value`: the text typed so far, unquoted, to look up values that begin with it. */
  readonly prefix: string
  readonly candidates: ReadonlyArray<Candidate>
}

export interface CompleteOptions {
  /** Names of attributes known to occur, the most frequent first. */
  readonly attributes?: ReadonlyArray<string>
}

/**
 * Completions at `cursor` (a UTF-16 offset) of a query. Values come with it only where the language itself knows them
 * (severities, true and false, times); for other fields the caller looks them up by `field` and `prefix`. Never throws.
 */
export const complete = (text: string, cursor: number, options: CompleteOptions = {}): Completion => {
  const at = Math.max(0, Math.min(Math.trunc(cursor), text.length))
  const place = placeAt(text.slice(0, at))
  const candidates = candidatesOf(place, options.attributes ?? [])
  const { slot, from, prefix } = place
  return { from, to: at, slot, prefix, candidates, ...("field" in place ? { field: place.field } : {}) }
}

const candidatesOf = (place: Place, attributes: ReadonlyArray<string>): ReadonlyArray<Candidate> => {
  const begins = (label: string): boolean => label.toLowerCase().startsWith(place.prefix.toLowerCase())
  switch (place.slot) {
    case "field":
      return [...fields(attributes, place.prefix), not].filter((one) => begins(one.label))
    case "operator":
      return operatorsOf(place.field).filter((one) => begins(one.label))
    case "connective":
      return [...connectives, ...fields(attributes, place.prefix), not].filter((one) => begins(one.label))
    case "value":
      return valuesOf(place.field).filter((one) => begins(one.label))
  }
}

/** Well-known fields, then attributes; an alias shows only when it is what is being typed. */
const fields = (attributes: ReadonlyArray<string>, prefix: string): ReadonlyArray<Candidate> => {
  const typed = prefix.toLowerCase()
  const known = wellKnownFields.flatMap((one) => {
    const alias =
      typed === "" || one.name.startsWith(typed) ? undefined : one.aliases.find((name) => name.startsWith(typed))
    return [field(alias ?? one.name, one.summary)]
  })
  const time: Candidate = {
    label: "time",
    insert: "time:",
    kind: "field",
    detail: "The last minutes, a range, hours of the day."
  }
  const others = attributes
    .filter((name) => name !== "" && targetOf(name).kind === "attribute")
    .map((name) => field(name, "Attribute."))
  return [...known, time, ...others]
}

const field = (name: string, detail: string): Candidate => ({
  label: name,
  insert: `${printField(name)}:`,
  kind: "field",
  detail
})

const connective = (label: string, detail: string): Candidate => ({
  label,
  insert: `${label} `,
  kind: "connective",
  detail
})
const connectives = [connective("AND", "Both hold."), connective("OR", "One of the two holds.")]
const not = connective("NOT", "The next condition does not hold.")

const operator = (label: string, insert: string, detail: string): Candidate => ({
  label,
  insert,
  kind: "operator",
  detail
})
const matches = operator(":", ":", "Matches, ignoring case.")
const equal = [operator("=", "= ", "Is exactly."), operator("!=", "!= ", "Is not, or is missing.")]
const ordered = [
  operator(">", "> ", "Above."),
  operator(">=", ">= ", "Not below."),
  operator("<", "< ", "Below."),
  operator("<=", "<= ", "Not above."),
  operator("BETWEEN", "BETWEEN ", "From one value to another, both included.")
]
const oneOf = operator("IN", "IN (", "Is one of a list.")
const texts = [
  operator("LIKE", 'LIKE "', "SQL's pattern: % any run, _ one character."),
  operator("ILIKE", 'ILIKE "', "The same, ignoring case."),
  operator("=~", '=~ "', "Holds a match of the RE2 expression."),
  operator("!~", '!~ "', "Holds no match of the RE2 expression.")
]
const presence = [operator("IS NOT NULL", "IS NOT NULL", "Present."), operator("IS NULL", "IS NULL", "Missing.")]

/** Operators that make sense for a field, the likeliest first. */
const operatorsOf = (name: string): ReadonlyArray<Candidate> => {
  if (name === "time") return [matches]
  switch (targetOf(name).kind) {
    case "flag":
      return [matches, ...equal]
    case "number":
    case "time":
      return [matches, ...equal, ...ordered, oneOf]
    case "severity":
      return [matches, ...equal, ...ordered, oneOf, ...presence]
    case "text":
      return [matches, ...texts, ...equal, ...presence]
    default:
      return [matches, ...equal, oneOf, ...ordered, ...texts, ...presence]
  }
}

const value = (label: string, detail: string): Candidate => ({ label, insert: label, kind: "value", detail })

/** Values the language itself knows. */
const valuesOf = (name: string): ReadonlyArray<Candidate> => {
  if (name === "time") return times
  switch (targetOf(name).kind) {
    case "severity":
      return severities
    case "flag":
      return flags
    default:
      return []
  }
}

const severities = ["FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"].map((name) => value(name, "Severity."))
const flags = [value("true", ""), value("false", "")]
const times = [
  value("15m", "The last 15 minutes."),
  value("1h", "The last hour."),
  value("24h", "The last day."),
  value("7d", "The last week."),
  value("[now-1h TO now]", "A range; both ends count."),
  value("day_range[09:00,17:00)", "Hours of the day; a zone may follow."),
  value("week_range[Mon,Fri]", "Days of the week; a zone may follow."),
  value("business_hours", "Monday to Friday, 09:00 to 18:00; a zone may follow.")
]
