// Parse predicate: what stands behind a field and its operator.
import type { CompareOperator, Node, Value } from "./ast.ts"
import { checkType } from "./check-type.ts"
import { limits } from "./diagnostic.ts"
import { nearestField } from "./fields.ts"
import { compileRegex } from "./regex.ts"
import { type FieldAt, type OperatorAt, type Scanner, unquoted } from "./scanner.ts"

/** The node of a predicate whose operator has just been taken; undefined (with its error) when its value makes no sense. */
export const parsePredicate = (scanner: Scanner, field: FieldAt, operator: OperatorAt): Node | undefined => {
  hintNearest(scanner, field)
  const node = predicate(scanner, field, operator)
  if (node === undefined) return undefined
  const negated = operator.negated || operator.operator === "!=" || operator.operator === "!~"
  return negated ? { _tag: "Not", child: node, from: node.from, to: node.to } : node
}

const predicate = (scanner: Scanner, field: FieldAt, operator: OperatorAt): Node | undefined => {
  const from = field.from
  const end = (): number => scanner.position
  switch (operator.operator) {
    case ":":
      return afterColon(scanner, field, operator)
    case "IN":
      return list(scanner, field)
    case "LIKE":
    case "ILIKE": {
      const value = need(scanner, field, operator)
      if (value === undefined) return undefined
      return {
        _tag: "Like",
        field: field.name,
        pattern: value.quoted ? likePattern(value) : value.raw,
        ignoreCase: operator.operator === "ILIKE",
        from,
        to: end()
      }
    }
    case "=~":
    case "!~":
      return regex(scanner, field, operator)
    case "IS": {
      const negated = scanner.match(/\s+(not\s+)?null/iuy)
      scanner.position += negated?.[0].length ?? 0
      const exists: Node = { _tag: "Exists", field: field.name, from, to: end() }
      return negated?.[1] === undefined ? { _tag: "Not", child: exists, from, to: end() } : exists
    }
    case "EXISTS":
      return { _tag: "Exists", field: field.name, from, to: end() }
    case "BETWEEN":
      return between(scanner, field, operator)
    default: {
      const value = need(scanner, field, operator)
      if (value === undefined) return undefined
      const compare = operator.operator === "!=" ? "=" : (operator.operator as CompareOperator)
      checkType(scanner, field, value, compare)
      return { _tag: "Compare", field: field.name, operator: compare, value, from, to: end() }
    }
  }
}

const afterColon = (scanner: Scanner, field: FieldAt, operator: OperatorAt): Node | undefined => {
  const from = field.from
  scanner.skipSpace()
  if (scanner.peek() === "(") return valueGroup(scanner, field)
  if (scanner.peek() === "[" || scanner.peek() === "{") return range(scanner, field)
  const sign = scanner.match(/(>=|<=|>|<)\s*/uy)
  if (sign !== undefined) {
    scanner.position += sign[0].length
    const value = need(scanner, field, operator)
    if (value === undefined) return undefined
    checkType(scanner, field, value, sign[1])
    return {
      _tag: "Compare",
      field: field.name,
      operator: sign[1] as CompareOperator,
      value,
      from,
      to: scanner.position
    }
  }
  const value = need(scanner, field, operator)
  if (value === undefined) return undefined
  if (isStar(value)) return { _tag: "Exists", field: field.name, from, to: scanner.position }
  checkType(scanner, field, value)
  return { _tag: "Match", field: field.name, value, from, to: scanner.position }
}

/** In a LIKE pattern `\%` and `\_` keep their backslash, as in SQL: they are a per cent sign and an underscore. */
const likePattern = (value: Value): string =>
  value.text.includes("%") || value.text.includes("_")
    ? unquoted(value.raw.slice(1, -1), (escaped) => (escaped === "%" || escaped === "_" ? `\\${escaped}` : undefined))
    : value.text

const isStar = (value: Value): boolean => !value.quoted && value.raw === "*"

/** `f:(a OR b)`, `f:(a, b)`, `f:(a AND b)`; values side by side are alternatives. */
const valueGroup = (scanner: Scanner, field: FieldAt): Node | undefined => {
  const open = scanner.position++
  const alternatives: Array<Array<Node>> = [[]]
  let connective = ""
  for (;;) {
    scanner.skipSpace()
    if (scanner.atEnd() || scanner.peek() === ")") break
    if (scanner.take(",") || scanner.takeWord("OR", true) || scanner.take("||")) connective = "or"
    else if (scanner.takeWord("AND", true) || scanner.take("&&")) connective = "and"
    else {
      const value = scanner.takeValue(",")
      if (value === undefined) {
        const at = scanner.position++
        scanner.report({ from: at, to: at + 1 }, "unexpected", `expected a value in the list of ${field.name}, not "("`)
        continue
      }
      if (!scanner.countCondition(value.from)) return undefined
      const span = { from: value.from, to: value.to }
      const node: Node = isStar(value)
        ? { _tag: "Exists", field: field.name, ...span }
        : { _tag: "Match", field: field.name, value, ...span }
      if (connective === "and") (alternatives[alternatives.length - 1] as Array<Node>).push(node)
      else alternatives.push([node])
      connective = ""
    }
  }
  closeList(scanner, open)
  const span = { from: field.from, to: scanner.position }
  const nodes = alternatives
    .filter((all) => all.length > 0)
    .map((all) => (all.length === 1 ? (all[0] as Node) : ({ _tag: "And", children: all, ...span } satisfies Node)))
  if (nodes.length === 0) {
    scanner.report(span, "empty_group", `there is no value in the parentheses behind ${field.name}:`)
    return undefined
  }
  return nodes.length === 1 ? { ...(nodes[0] as Node), ...span } : { _tag: "Or", children: nodes, ...span }
}

const list = (scanner: Scanner, field: FieldAt): Node | undefined => {
  scanner.skipSpace()
  const open = scanner.position++
  const values: Array<Value> = []
  for (;;) {
    scanner.skipSpace()
    if (scanner.atEnd() || scanner.peek() === ")") break
    if (scanner.take(",")) continue
    const value = scanner.takeValue(",")
    if (value === undefined) {
      const at = scanner.position++
      scanner.report({ from: at, to: at + 1 }, "unexpected", 'expected a value in the IN list, not "("')
      continue
    }
    checkType(scanner, field, value)
    values.push(value)
    if (values.length > limits.listValues) {
      scanner.stop(
        { from: value.from, to: scanner.text.length },
        "too_big",
        `the IN list has more than ${limits.listValues} values`
      )
      return undefined
    }
  }
  closeList(scanner, open)
  const span = { from: field.from, to: scanner.position }
  if (values.length === 0) {
    scanner.report(span, "empty_list", "IN needs at least one value")
    return undefined
  }
  return { _tag: "In", field: field.name, values, ...span }
}

const closeList = (scanner: Scanner, open: number): void => {
  if (scanner.take(")") || scanner.stopped) return
  const end = scanner.text.length
  scanner.report({ from: open, to: open + 1 }, "unclosed_paren", 'this "(" is never closed', {
    from: end,
    to: end,
    insert: ")",
    label: "close it with )"
  })
}

const range = (scanner: Scanner, field: FieldAt): Node | undefined => {
  const open = scanner.position
  const lowInclusive = scanner.peek() === "["
  scanner.position++
  scanner.skipSpace()
  const low = scanner.takeValue("]}")
  scanner.skipSpace()
  const to = scanner.takeWord("TO", true)
  scanner.skipSpace()
  const high = to ? scanner.takeValue("]}") : undefined
  scanner.skipSpace()
  const highInclusive = scanner.peek() === "]"
  const closed = scanner.take("]") || scanner.take("}")
  if (low === undefined || high === undefined || !closed) {
    scanner.report(
      { from: open, to: Math.max(scanner.position, open + 1) },
      "bad_range",
      "a range looks like [10 TO 20], {10 TO 20} or [10 TO *]"
    )
    return undefined
  }
  const bound = (value: Value): Value | undefined => (isStar(value) ? undefined : value)
  const span = { from: field.from, to: scanner.position }
  if (bound(low) === undefined && bound(high) === undefined) return { _tag: "Exists", field: field.name, ...span }
  for (const value of [low, high]) if (bound(value) !== undefined) checkType(scanner, field, value, ">=")
  return { _tag: "Range", field: field.name, low: bound(low), high: bound(high), lowInclusive, highInclusive, ...span }
}

const between = (scanner: Scanner, field: FieldAt, operator: OperatorAt): Node | undefined => {
  const low = need(scanner, field, operator)
  scanner.skipSpace()
  if (low === undefined || !scanner.takeWord("AND", true)) {
    if (low !== undefined)
      scanner.report(
        { from: operator.from, to: scanner.position },
        "bad_range",
        "BETWEEN looks like: field BETWEEN 10 AND 20"
      )
    return undefined
  }
  const high = need(scanner, field, operator)
  if (high === undefined) return undefined
  for (const value of [low, high]) checkType(scanner, field, value, ">=")
  return {
    _tag: "Range",
    field: field.name,
    low,
    high,
    lowInclusive: true,
    highInclusive: true,
    from: field.from,
    to: scanner.position
  }
}

const regex = (scanner: Scanner, field: FieldAt, operator: OperatorAt): Node | undefined => {
  const value = need(scanner, field, operator)
  if (value === undefined) return undefined
  const pattern = value.quoted ? value.text : value.raw
  if (pattern.length > limits.regexCharacters) {
    scanner.report(value, "bad_regex", `the expression is longer than ${limits.regexCharacters} characters`)
    return undefined
  }
  const compiled = compileRegex(pattern)
  if (typeof compiled === "string") {
    scanner.report(value, "bad_regex", `not an RE2 expression: ${compiled}`)
    return undefined
  }
  return { _tag: "Regex", field: field.name, pattern, from: field.from, to: scanner.position }
}

const need = (scanner: Scanner, field: FieldAt, operator: OperatorAt): Value | undefined => {
  scanner.skipSpace()
  const before = scanner.position
  const connective = /^(?:(?:AND|OR)(?!\w)|&&|\|\|)/.test(scanner.text.slice(before, before + 4))
  const value = connective ? undefined : scanner.takeValue("")
  if (value === undefined) {
    scanner.report(
      { from: field.from, to: operator.to },
      "missing_value",
      `${field.name} ${operator.operator} needs a value`
    )
    if (scanner.peek() === "(") skipGroup(scanner)
  }
  return value
}

/** Leaves out a parenthesis that stands where a value should. */
const skipGroup = (scanner: Scanner): void => {
  let depth = 0
  do {
    if (scanner.peek() === "(") depth++
    if (scanner.peek() === ")") depth--
    scanner.position++
  } while (depth > 0 && scanner.position < scanner.text.length)
}

const hintNearest = (scanner: Scanner, field: FieldAt): void => {
  const nearest = nearestField(field.name)
  if (nearest === undefined) return
  const span = { from: field.from, to: field.to }
  scanner.report(
    span,
    "unknown_field",
    `${field.name} is no well-known field and is searched among the attributes; did you mean ${nearest}?`,
    { ...span, insert: nearest, label: `write ${nearest}` }
  )
}
