// Evaluate: expressions of derived fields, computed row by row over a batch.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { numberOfText } from "@tailrace/domain/number-bytes"
import { decodeUtf8 } from "@tailrace/domain/utf8"
import { FieldReader } from "../field-reader.ts"
import type { Expression, Operator } from "./expression.ts"

/** A text, a number, or undefined for no value. */
export type Value = string | number | undefined
type Compute = (row: number) => Value

export interface Evaluator {
  readonly bind: (batch: LogBatch) => void
  readonly value: Compute
}

/** Texts longer than this are cut, so that no expression can blow up a record. */
const maximumText = 65_536

/**
 * Compiles to closures. A missing field has no value, and an operation without all its values has none either (coalesce
 * takes the first that has). Arithmetic reads texts as numbers; division by zero and overflow have no value.
 */
export const evaluatorOf = (expression: Expression): Evaluator => {
  const readers: Array<FieldReader> = []
  const value = compile(expression, readers)
  return {
    bind: (batch) => {
      for (const reader of readers) reader.bind(batch)
    },
    value
  }
}

/** A value as the text a field holds; numbers without needless digits. */
export const textOf = (value: string | number): string =>
  typeof value === "number" ? String(Number(value.toPrecision(15))) : value

const compile = (expression: Expression, readers: Array<FieldReader>): Compute => {
  switch (expression.kind) {
    case "literal":
      return () => expression.value
    case "field": {
      const reader = new FieldReader(expression.name)
      readers.push(reader)
      return (row) => (reader.locate(row) ? decodeUtf8(reader.bytes, reader.start, reader.end) : undefined)
    }
    case "negate": {
      const operand = compile(expression.operand, readers)
      return (row) => {
        const value = numberOf(operand(row))
        return value === undefined ? undefined : -value
      }
    }
    case "binary":
      return binary(expression.operator, compile(expression.left, readers), compile(expression.right, readers))
    case "call":
      return call(
        expression.name,
        expression.arguments.map((argument) => compile(argument, readers))
      )
  }
}

const binary = (operator: Operator, left: Compute, right: Compute): Compute => {
  if (operator === "||") {
    return (row) => {
      const a = left(row)
      const b = right(row)
      return a === undefined || b === undefined ? undefined : (textOf(a) + textOf(b)).slice(0, maximumText)
    }
  }
  const operate = arithmetic[operator]
  return (row) => {
    const a = numberOf(left(row))
    const b = numberOf(right(row))
    return a === undefined || b === undefined ? undefined : finite(operate(a, b))
  }
}

const arithmetic: Readonly<Record<Exclude<Operator, "||">, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b
}

const call = (name: string, given: ReadonlyArray<Compute>): Compute => {
  const [first, second, third] = given as [Compute, Compute?, Compute?]
  switch (name) {
    case "lower":
      return onText(first, (text) => text.toLowerCase())
    case "upper":
      return onText(first, (text) => text.toUpperCase())
    case "trim":
      return onText(first, (text) => text.trim())
    case "length":
      return onText(first, (text) => Array.from(text).length)
    case "substring":
      return (row) => {
        const text = first(row)
        const start = numberOf(second?.(row))
        const length = third === undefined ? Number.POSITIVE_INFINITY : numberOf(third(row))
        if (text === undefined || start === undefined || length === undefined) return undefined
        const from = Math.max(0, Math.trunc(start) - 1)
        return Array.from(textOf(text))
          .slice(from, from + Math.max(0, length))
          .join("")
      }
    case "replace":
      return (row) => {
        const text = first(row)
        const from = second?.(row)
        const to = third?.(row)
        if (text === undefined || from === undefined || to === undefined || from === "") return undefined
        return textOf(text)
          .replaceAll(textOf(from), () => textOf(to))
          .slice(0, maximumText)
      }
    case "round":
      return (row) => {
        const value = numberOf(first(row))
        const digits = second === undefined ? 0 : numberOf(second(row))
        if (value === undefined || digits === undefined) return undefined
        const scale = 10 ** Math.max(0, Math.min(15, Math.trunc(digits)))
        return finite(Math.round(value * scale) / scale)
      }
    default:
      return (row) => {
        for (const one of given) {
          const value = one(row)
          if (value !== undefined) return value
        }
        return undefined
      }
  }
}

const onText =
  (operand: Compute, change: (text: string) => string | number): Compute =>
  (row) => {
    const value = operand(row)
    return value === undefined ? undefined : change(textOf(value))
  }

const numberOf = (value: Value): number | undefined => {
  if (value === undefined || typeof value === "number") return value
  return finite(numberOfText(value))
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined)
