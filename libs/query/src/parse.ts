// Parse: a query's text to its tree. Always answers a tree for the valid part, with all that is wrong.
import { everything, type Node } from "./ast.ts"
import { type Diagnostic, limits } from "./diagnostic.ts"
import { parsePredicate } from "./parse-predicate.ts"
import { parseTime } from "./parse-time.ts"
import { Scanner } from "./scanner.ts"

export interface ParsedQuery {
  readonly ast: Node
  readonly diagnostics: ReadonlyArray<Diagnostic>
}

/**
 * Parses a query of the grammar in the chapter on the query language. Never throws; an empty text is everything. Parts
 * that make no sense are left out of the tree and reported as errors with their positions.
 */
export const parseQuery = (text: string): ParsedQuery => {
  // A lone surrogate has no UTF-8, so no record can hold it: it reads as U+FFFD, as it would once stored.
  const scanner = new Scanner(text.toWellFormed())
  if (text.length > limits.characters) {
    scanner.stop(
      { from: limits.characters, to: text.length },
      "too_long",
      `the query is longer than ${limits.characters} characters`
    )
    return { ast: everything(0), diagnostics: scanner.diagnostics }
  }
  const parts: Array<Node> = []
  while (!scanner.atEnd()) {
    const node = parseOr(scanner)
    if (node !== undefined) parts.push(node)
    if (scanner.atEnd()) break
    if (!scanner.take(")")) continue
    const from = scanner.position - 1
    scanner.report({ from, to: from + 1 }, "stray_paren", 'this ")" closes nothing', {
      from,
      to: from + 1,
      insert: "",
      label: "remove it"
    })
  }
  return { ast: joined("And", parts) ?? everything(0), diagnostics: scanner.diagnostics }
}

/** Nodes under one And or Or; nested ones of the same kind become one. */
const joined = (tag: "And" | "Or", parts: ReadonlyArray<Node>): Node | undefined => {
  const children = parts.flatMap((part) => (part._tag === tag ? part.children : [part]))
  const first = children[0]
  const last = children[children.length - 1]
  if (first === undefined || last === undefined) return undefined
  return children.length === 1 ? first : { _tag: tag, children, from: first.from, to: last.to }
}

type Side = { readonly node: Node | undefined; readonly structured: boolean }

const parseOr = (scanner: Scanner): Node | undefined => orSide(scanner).node

const orSide = (scanner: Scanner): Side => {
  let side = andSide(scanner)
  const parts: Array<Node> = side.node === undefined ? [] : [side.node]
  for (;;) {
    const operator = takeConnective(scanner, "OR", side.structured)
    if (operator === undefined) return { node: joined("Or", parts), structured: side.structured }
    if (!operandFollows(scanner, operator)) {
      if (scanner.atEnd() || scanner.peek() === ")") return { node: joined("Or", parts), structured: true }
      if (isOr(scanner, true)) continue
    }
    side = andSide(scanner)
    if (side.node !== undefined) parts.push(side.node)
  }
}

const andSide = (scanner: Scanner): Side => {
  let side = notSide(scanner)
  const parts: Array<Node> = side.node === undefined ? [] : [side.node]
  for (;;) {
    if (scanner.atEnd() || scanner.peek() === ")" || isOr(scanner, side.structured))
      return { node: joined("And", parts), structured: side.structured }
    const operator = takeConnective(scanner, "AND", side.structured)
    if (operator !== undefined && !operandFollows(scanner, operator)) {
      if (scanner.atEnd() || scanner.peek() === ")" || isOr(scanner, true))
        return { node: joined("And", parts), structured: true }
      continue
    }
    side = notSide(scanner)
    if (side.node !== undefined) parts.push(side.node)
  }
}

const notSide = (scanner: Scanner): Side => {
  scanner.skipSpace()
  const from = scanner.position
  if (!takeNot(scanner)) return primary(scanner)
  if (scanner.atEnd() || scanner.peek() === ")") {
    scanner.report({ from, to: scanner.position }, "missing_operand", "expected a condition after NOT")
    return { node: undefined, structured: true }
  }
  if (++scanner.depth > limits.depth) return tooDeep(scanner, from)
  const { node } = notSide(scanner)
  scanner.depth--
  return { node: node === undefined ? undefined : { _tag: "Not", child: node, from, to: node.to }, structured: true }
}

const takeNot = (scanner: Scanner): boolean => {
  const next = scanner.text[scanner.position + 1] ?? " "
  if ((scanner.peek() === "-" || scanner.peek() === "!") && !/[\s)]/.test(next)) return scanner.take(scanner.peek())
  const before = scanner.position
  if (scanner.takeWord("NOT", false)) return true
  if (scanner.takeWord("NOT", true) && scanner.predicateAhead()) return true
  scanner.position = before
  return false
}

const primary = (scanner: Scanner): Side => {
  const from = scanner.position
  if (scanner.stopped || scanner.peek() === ")") return { node: undefined, structured: true }
  if (scanner.peek() === "(") return group(scanner)
  const connective = connectiveAt(scanner)
  if (connective !== undefined) {
    scanner.report({ from, to: scanner.position }, "missing_operand", `expected a condition before ${connective}`)
    return { node: undefined, structured: true }
  }
  if (!scanner.countCondition(from)) return { node: undefined, structured: true }
  const exists = scanner.match(/EXISTS\s*\(/uy)
  if (exists !== undefined) return existsCall(scanner, exists[0].length)
  const field = scanner.fieldAt()
  const operator = field === undefined ? undefined : scanner.operatorAt(field)
  if (field !== undefined && operator !== undefined) {
    scanner.position = operator.to
    const isTime = operator.operator === ":" && scanner.text.slice(field.from, field.to) === "time"
    return { node: isTime ? parseTime(scanner, field) : parsePredicate(scanner, field, operator), structured: true }
  }
  const value = scanner.takeValue("")
  if (value === undefined) return { node: undefined, structured: false }
  if (value.text === "" && value.quoted) return { node: undefined, structured: false }
  if (value.pattern?.[0] === "any" && value.pattern.length > 1) {
    scanner.report(
      value,
      "leading_wildcard_slow",
      "a leading * cannot use the index: the search reads every row of the time range"
    )
  }
  return { node: { _tag: "Text", value, from: value.from, to: value.to }, structured: false }
}

const existsCall = (scanner: Scanner, length: number): Side => {
  const from = scanner.position
  scanner.position += length
  scanner.skipSpace()
  const field = scanner.fieldAt()
  if (field !== undefined) scanner.position = field.to
  else scanner.report({ from, to: scanner.position }, "missing_value", "EXISTS( needs the name of a field")
  closeParen(scanner, from)
  return {
    node: field === undefined ? undefined : { _tag: "Exists", field: field.name, from, to: scanner.position },
    structured: true
  }
}

const group = (scanner: Scanner): Side => {
  const from = scanner.position++
  if (++scanner.depth > limits.depth) return tooDeep(scanner, from)
  scanner.skipSpace()
  if (scanner.peek() === ")") {
    scanner.position++
    scanner.depth--
    scanner.report({ from, to: scanner.position }, "empty_group", "there is nothing between these parentheses", {
      from,
      to: scanner.position,
      insert: "",
      label: "remove them"
    })
    return { node: undefined, structured: true }
  }
  const node = parseOr(scanner)
  scanner.depth--
  closeParen(scanner, from)
  return { node, structured: true }
}

const closeParen = (scanner: Scanner, from: number): void => {
  scanner.skipSpace()
  if (scanner.take(")") || scanner.stopped) return
  const end = scanner.text.length
  scanner.report({ from, to: from + 1 }, "unclosed_paren", 'this "(" is never closed', {
    from: end,
    to: end,
    insert: ")",
    label: "close it with )"
  })
}

const tooDeep = (scanner: Scanner, from: number): Side => {
  scanner.stop({ from, to: scanner.text.length }, "too_deep", `the query is nested deeper than ${limits.depth} levels`)
  return { node: undefined, structured: true }
}

interface Connective {
  readonly word: string
  readonly from: number
  readonly to: number
}

/** AND or OR at the position, taken. Lower case counts only beside a predicate or a parenthesis. */
const takeConnective = (scanner: Scanner, word: "AND" | "OR", structuredBefore: boolean): Connective | undefined => {
  scanner.skipSpace()
  const from = scanner.position
  const found = (): Connective => ({ word, from, to: scanner.position })
  if (scanner.take(word === "AND" ? "&&" : "||") || scanner.takeWord(word, false)) return found()
  if (!scanner.takeWord(word, true)) return undefined
  if (!scanner.atEnd() && scanner.peek() !== ")" && (structuredBefore || scanner.predicateAhead())) return found()
  const span = { from, to: from + word.length }
  scanner.report(
    span,
    "lowercase_keyword",
    `"${word.toLowerCase()}" is searched as a word here; write ${word} to connect`,
    { ...span, insert: word, label: `write ${word}` }
  )
  scanner.position = from
  return undefined
}

const isOr = (scanner: Scanner, structuredBefore: boolean): boolean => {
  const before = scanner.position
  const found = takeConnective(scanner, "OR", structuredBefore) !== undefined
  scanner.position = before
  return found
}

const operandFollows = (scanner: Scanner, operator: Connective): boolean => {
  const { position } = scanner
  const word = connectiveAt(scanner)
  scanner.position = position
  scanner.skipSpace()
  if (word === undefined && !scanner.atEnd() && scanner.peek() !== ")") return true
  scanner.report(operator, "missing_operand", `expected a condition after ${operator.word}`)
  // Of "a OR AND b" the OR counts: the other operator is left out with what was said of the first.
  if (operator.word === "OR" && word === "AND") connectiveAt(scanner)
  return false
}

/** An upper-case AND or OR at the position, taken. */
const connectiveAt = (scanner: Scanner): "AND" | "OR" | undefined => {
  scanner.skipSpace()
  if (scanner.take("&&") || scanner.takeWord("AND", false)) return "AND"
  if (scanner.take("||") || scanner.takeWord("OR", false)) return "OR"
  return undefined
}
