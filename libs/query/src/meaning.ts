// Meaning: what a query asks of a record, in few primitive tests that both back ends carry out alike.
import type { RecordColumn } from "@tailrace/domain/record-columns"
import { severityNumberOf, severityTextOf } from "@tailrace/domain/severity"
import type { CompareOperator, Node, PatternPart, Value } from "./ast.ts"
import { type FieldTarget, targetOf } from "./fields.ts"
import type { NumberTarget, Test, TextTarget, TextTest } from "./primitive-test.ts"
import { escapeRegex } from "./regex.ts"
import { isoNanos, pointNanos, timePoint } from "./time.ts"
import { timeTest } from "./time-meaning.ts"
import { numberFor } from "./value.ts"

const never: Test = { _tag: "Always", value: false }
const always: Test = { _tag: "Always", value: true }
const body = targetOf("body") as TextTarget

export interface QueryOptions {
  /** What relative times count from, milliseconds since 1970. */
  readonly now: number
  /** What records consist of; the product's table of columns where none is given. */
  readonly columns?: ReadonlyArray<RecordColumn>
}

/**
 * The tests of a tree. `now` (milliseconds since 1970) is what relative times count from; `columns` are what records
 * consist of, the product's table where none is given.
 */
export const meaningOf = (node: Node, now: number, columns?: ReadonlyArray<RecordColumn>): Test => {
  const target = (field: string): FieldTarget => targetOf(field, columns)
  switch (node._tag) {
    case "All":
      return always
    case "And":
    case "Or":
      return { _tag: node._tag, tests: node.children.map((child) => meaningOf(child, now, columns)) }
    case "Not":
      return { _tag: "Not", test: meaningOf(node.child, now, columns) }
    case "Text":
      return bodyTest(body, node.value)
    case "Match":
      return matchTest(target(node.field), node.field, node.value, now)
    case "Compare":
      return compareTest(target(node.field), node.field, node.operator, node.value, now)
    case "In":
      return inTest(target(node.field), node.field, node.values, now)
    case "Like":
      return onText(target(node.field), likeTest(node.pattern, node.ignoreCase))
    case "Regex":
      return onText(target(node.field), { kind: "regex", pattern: node.pattern, ignoreCase: false })
    case "Range":
      return rangeTest(node, target(node.field), now)
    case "Exists":
      return existsTest(target(node.field))
    case "Time":
      return timeTest(node.spec, now)
  }
}

const onText = (target: FieldTarget, test: TextTest): Test =>
  target.kind === "number" || target.kind === "time" || target.kind === "flag" ? never : { _tag: "Text", target, test }

const existsTest = (target: FieldTarget): Test => {
  if (target.kind === "time" || target.kind === "flag") return always
  if (target.kind === "number") return { _tag: "Number", target, operator: ">", number: 0 }
  return { _tag: "Present", target }
}

const bodyTest = (target: TextTarget, value: Value): Test => {
  if (value.pattern === undefined) return onText(target, { kind: "phrase", text: value.text, left: true, right: true })
  if (value.pattern.every((part) => part === "any")) return { _tag: "Present", target }
  const left = value.pattern[0] !== "any"
  const right = value.pattern[value.pattern.length - 1] !== "any"
  const inner = value.pattern.slice(left ? 0 : 1, right ? undefined : -1)
  const only = inner.length === 1 ? inner[0] : undefined
  if (typeof only === "object") return onText(target, { kind: "phrase", text: only.literal, left, right })
  const pattern = `${left ? tokenStart : ""}${patternRegex(inner)}${right ? tokenEnd : ""}`
  return onText(target, { kind: "regex", pattern, ignoreCase: true })
}

/** Borders of tokens in lower-cased text: a token is a run of letters and digits; every character beyond ASCII counts as letter. */
export const tokenStart = "(?:^|[^0-9a-z\\x{80}-\\x{10FFFF}])"
export const tokenEnd = "(?:$|[^0-9a-z\\x{80}-\\x{10FFFF}])"

const patternRegex = (parts: ReadonlyArray<PatternPart>): string =>
  parts.map((part) => (part === "any" ? ".*" : part === "one" ? "." : escapeRegex(part.literal.toLowerCase()))).join("")

const globTest = (parts: ReadonlyArray<PatternPart>): TextTest => {
  const [first, second, third] = parts
  if (parts.length === 2 && typeof first === "object" && second === "any")
    return { kind: "starts", text: first.literal, ignoreCase: true }
  if (parts.length === 2 && first === "any" && typeof second === "object")
    return { kind: "ends", text: second.literal, ignoreCase: true }
  if (parts.length === 3 && first === "any" && typeof second === "object" && third === "any")
    return { kind: "contains", text: second.literal, ignoreCase: true }
  return { kind: "regex", pattern: `^${patternRegex(parts)}$`, ignoreCase: true }
}

const matchTest = (target: FieldTarget, field: string, value: Value, now: number): Test => {
  switch (target.kind) {
    case "time": {
      const day = /^\d{4}-\d{2}-\d{2}$/.test(value.text) ? isoNanos(value.text) : undefined
      if (day === undefined) return compareTest(target, field, "=", value, now)
      const next = day + 86_400_000_000_000n
      return {
        _tag: "And",
        tests: [
          { _tag: "Time", operator: ">=", nanos: day },
          { _tag: "Time", operator: "<", nanos: next }
        ]
      }
    }
    case "number":
    case "flag":
      return compareTest(target, field, "=", value, now)
    case "text":
      return bodyTest(target, value)
    default: {
      if (value.pattern !== undefined)
        return value.pattern.every((part) => part === "any")
          ? { _tag: "Present", target }
          : onText(target, globTest(value.pattern))
      if (target.kind === "severity" && value.number !== undefined) return compareTest(target, field, "=", value, now)
      if (target.kind === "keyword" && target.of.role === "identity")
        return onText(target, { kind: "oneOf", texts: hexForms(value.text) })
      const equal = onText(target, { kind: "equals", text: severityWord(target, value.text), ignoreCase: true })
      const number = target.kind === "severity" || target.kind === "keyword" ? undefined : exactNumber(field, value)
      return number === undefined || target.kind === "severity"
        ? equal
        : { _tag: "Or", tests: [{ _tag: "Number", target, operator: "=", number }, equal] }
    }
  }
}

/** Identities are hexadecimal, all lower or all upper case: compared as plain texts, so that the column's index answers. */
const hexForms = (text: string): ReadonlyArray<string> => [...new Set([text.toLowerCase(), text.toUpperCase(), text])]

/** The number a literal equals; integers too long for a double are identities and equal as texts only. */
const exactNumber = (field: string, value: Value): number | undefined => {
  const number = numberFor(field, value)
  return number !== undefined && Math.abs(number) > Number.MAX_SAFE_INTEGER ? undefined : number
}

/** A level word in its canonical form for the severity field; any other text as it is. */
const severityWord = (target: FieldTarget, text: string): string =>
  target.kind === "severity" ? severityTextOf(severityNumberOf(text)) || text : text

const compareTest = (
  target: FieldTarget,
  field: string,
  operator: CompareOperator,
  value: Value,
  now: number
): Test => {
  switch (target.kind) {
    case "time": {
      const point = timePoint(value.text)
      return point === undefined ? never : { _tag: "Time", operator, nanos: pointNanos(point, now) }
    }
    case "flag": {
      const flag = /^(true|1)$/i.test(value.text) ? 1 : /^(false|0)$/i.test(value.text) ? 0 : undefined
      return flag === undefined ? never : { _tag: "Number", target, operator, number: flag }
    }
    case "number":
      return value.number === undefined ? never : onNumber(target, operator, value.number)
    case "severity":
      if (value.number !== undefined) return onSeverityNumber(operator, value.number)
      return operator === "="
        ? textCompare(target, operator, severityWord(target, value.text))
        : severityOrder(operator, value)
    default: {
      const isPair = target.kind === "attribute" || target.kind === "resource"
      const number = !isPair ? undefined : operator === "=" ? exactNumber(field, value) : numberFor(field, value)
      return number === undefined
        ? textCompare(target, operator, value.text)
        : { _tag: "Number", target: target as NumberTarget, operator, number }
    }
  }
}

const textCompare = (target: TextTarget, operator: CompareOperator, text: string): Test =>
  onText(target, operator === "=" ? { kind: "equals", text, ignoreCase: false } : { kind: "order", operator, text })

const severityNumber = targetOf("severity_number") as NumberTarget

/** Level words compare by OpenTelemetry's numbers: each canonical name is a range of four. */
const severityOrder = (operator: CompareOperator, value: Value): Test => {
  const number = severityNumberOf(value.text)
  if (number === 0) return never
  const first = number - ((number - 1) % 4)
  const bound = operator === ">" || operator === "<=" ? first + 3 : first
  return onSeverityNumber(operator, bound)
}

const onSeverityNumber = (operator: CompareOperator, number: number): Test => onNumber(severityNumber, operator, number)

/** Number 0 of a column is a missing one, so no comparison holds for it. */
const onNumber = (target: NumberTarget, operator: CompareOperator, number: number): Test => {
  const test: Test = { _tag: "Number", target, operator, number }
  return number > 0 && (operator === ">" || operator === ">=" || operator === "=")
    ? test
    : { _tag: "And", tests: [{ _tag: "Number", target, operator: ">", number: 0 }, test] }
}

const inTest = (target: FieldTarget, field: string, values: ReadonlyArray<Value>, now: number): Test => {
  const tests = values.map((value) => compareTest(target, field, "=", value, now))
  const texts: Array<string> = []
  const others: Array<Test> = []
  for (const test of tests) {
    if (test._tag === "Text" && test.test.kind === "equals") texts.push(test.test.text)
    else others.push(test)
  }
  if (texts.length > 0) others.push(onText(target, { kind: "oneOf", texts }))
  return others.length === 1 ? (others[0] as Test) : { _tag: "Or", tests: others }
}

const rangeTest = (node: Extract<Node, { _tag: "Range" }>, target: FieldTarget, now: number): Test => {
  const bounds = [node.low, node.high].filter((value) => value !== undefined)
  const asTexts = !bounds.every((value) => numberFor(node.field, value) !== undefined)
  const bound = (operator: CompareOperator, value: Value): Test =>
    asTexts && (target.kind === "attribute" || target.kind === "resource")
      ? textCompare(target, operator, value.text)
      : compareTest(target, node.field, operator, value, now)
  const tests: Array<Test> = []
  if (node.low !== undefined) tests.push(bound(node.lowInclusive ? ">=" : ">", node.low))
  if (node.high !== undefined) tests.push(bound(node.highInclusive ? "<=" : "<", node.high))
  return tests.length === 1 ? (tests[0] as Test) : { _tag: "And", tests }
}

/** SQL's LIKE: "%" any run, "_" one character, "\" takes the next character as it is. */
const likeTest = (like: string, ignoreCase: boolean): TextTest => {
  let regex = ""
  for (let i = 0; i < like.length; i++) {
    const character = String.fromCodePoint(like.codePointAt(i) as number)
    if (character.length === 2) i++
    if (character === "%") regex += ".*"
    else if (character === "_") regex += "."
    else {
      const literal =
        character === "\\" && i + 1 < like.length ? String.fromCodePoint(like.codePointAt(++i) as number) : character
      if (literal.length === 2) i++
      regex += escapeRegex(ignoreCase ? literal.toLowerCase() : literal)
    }
  }
  const inner = /^%([^%_\\]+)%$/s.exec(like)?.[1]
  return inner === undefined
    ? { kind: "regex", pattern: `^${regex}$`, ignoreCase }
    : { kind: "contains", text: inner, ignoreCase }
}
