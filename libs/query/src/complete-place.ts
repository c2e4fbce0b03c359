// Complete place: reads the text before the cursor and tells what is being typed there.
import { Scanner } from "./scanner.ts"

export type Place =
  | { readonly slot: "field" | "connective"; readonly from: number; readonly prefix: string }
  | { readonly slot: "operator" | "value"; readonly from: number; readonly prefix: string; readonly field: string }

/** What is being typed at the end of `before`. */
export const placeAt = (before: string): Place => {
  const scanner = new Scanner(before)
  const end = before.length
  let place: Place = { slot: "field", from: end, prefix: "" }
  for (;;) {
    scanner.skipSpace()
    const from = scanner.position
    if (from >= end) return place.from === end ? place : { ...place, from: end, prefix: "" }
    if (opensCondition(scanner)) {
      place = { slot: "field", from: end, prefix: "" }
      continue
    }
    if (scanner.take(")")) {
      place = { slot: "connective", from: end, prefix: "" }
      continue
    }
    const field = scanner.fieldAt()
    const operator = field === undefined ? undefined : scanner.operatorAt(field)
    if (field !== undefined && operator !== undefined) {
      scanner.position = operator.to
      if (operator.operator === "IS")
        scanner.position = (scanner.match(/\s+(?:not\s+)?null/iuy)?.[0].length ?? 0) + operator.to
      const typed =
        operator.operator === "IS" || operator.operator === "EXISTS"
          ? undefined
          : typedValue(scanner, operator.operator === "BETWEEN")
      if (typed !== undefined) return { slot: "value", field: field.name, ...typed }
      place = { slot: "connective", from: end, prefix: "" }
      continue
    }
    const quoted = scanner.takeString() !== undefined
    if (!quoted) scanner.takeValue("")
    // A bare word under the cursor may become a field; behind a blank it may have been one.
    if (scanner.position >= end) return { ...slotOfWord(place, before.slice(from)), from }
    place =
      field !== undefined && !quoted && field.to === scanner.position
        ? { slot: "operator", from: end, prefix: "", field: field.name }
        : { slot: "connective", from: end, prefix: "" }
  }
}

/** What the unfinished word at the cursor may be, by what stands before it. */
const slotOfWord = (before: Place, word: string): Place => {
  const prefix = word.replace(/^`/, "")
  if (
    before.slot === "operator" &&
    /^(?:[=!<>]|not?$|in?$|li?k?e?$|ili?k?e?$|betw?e?e?n?$|is?$|exi?s?t?s?$)/i.test(word)
  )
    return { ...before, prefix }
  return { slot: before.slot === "field" ? "field" : "connective", from: before.from, prefix }
}

/** Takes a parenthesis or connective behind which a condition begins; not one that still touches the cursor. */
const opensCondition = (scanner: Scanner): boolean => {
  if (scanner.take("(") || scanner.take("&&") || scanner.take("||")) return true
  const before = scanner.position
  for (const word of ["AND", "OR", "NOT"]) {
    if (scanner.takeWord(word, true) && scanner.position < scanner.text.length) return true
    scanner.position = before
  }
  const next = scanner.text[before + 1] ?? ""
  return (scanner.peek() === "-" || scanner.peek() === "!") && /[^\s)]/.test(next) && scanner.take(scanner.peek())
}

type Typed = { readonly from: number; readonly prefix: string }

/** The value under the cursor, or undefined when the values of the predicate are complete and taken. */
const typedValue = (scanner: Scanner, between: boolean): Typed | undefined => {
  scanner.skipSpace()
  const sign = scanner.match(/(?:>=|<=|>|<)\s*/uy)
  if (sign !== undefined) scanner.position += sign[0].length
  if (scanner.take("(")) return typedList(scanner, ",", ")")
  if (scanner.take("[") || scanner.take("{")) return typedList(scanner, "]}", "]}")
  const first = typedHere(scanner, "")
  if (first !== undefined || !between) return first
  scanner.skipSpace()
  return scanner.takeWord("AND", true) ? typedHere(scanner, "") : { from: scanner.text.length, prefix: "" }
}

const typedHere = (scanner: Scanner, stops: string): Typed | undefined => {
  scanner.skipSpace()
  const from = scanner.position
  const value = scanner.takeValue(stops)
  if (value === undefined) {
    const inert = scanner.position < scanner.text.length
    return inert ? undefined : { from, prefix: "" }
  }
  const open = scanner.diagnostics.length > 0
  if (scanner.position < scanner.text.length || (value.quoted && !open)) return undefined
  return { from, prefix: value.text }
}

const typedList = (scanner: Scanner, separators: string, closers: string): Typed | undefined => {
  for (;;) {
    scanner.skipSpace()
    const here = scanner.peek()
    if (here !== "" && closers.includes(here)) {
      scanner.position++
      return undefined
    }
    if (here !== "" && (separators.includes(here) || here === "(" || here === ")")) scanner.position++
    else {
      const typed = typedHere(scanner, separators)
      if (typed !== undefined) return typed
    }
  }
}
