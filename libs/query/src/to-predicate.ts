// To predicate: a query as a test of one row of a batch, reading columns without making objects.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { numberInBytes, numberOfText } from "@tailrace/domain/number-bytes"
import type { CompareOperator, Node } from "./ast.ts"
import { type ByteTest, equalInBytes, phraseInBytes } from "./byte-search.ts"
import { meaningOf, type QueryOptions } from "./meaning.ts"
import type { NumberTarget, Test, TextTarget, TextTest } from "./primitive-test.ts"
import { regexTest } from "./regex.ts"
import { compareUtf8, hasPhrase } from "./text-search.ts"
import { localClock } from "./time.ts"

export type RowPredicate = (batch: LogBatch, row: number) => boolean

/**
 * The test of a row, which means exactly what `toSql` means to ClickHouse. A predicate keeps what it derived from a batch's dictionaries; use it from one place at a time.
 */
export const toPredicate = (ast: Node, options: QueryOptions): RowPredicate =>
  compile(meaningOf(ast, options.now, options.columns))

const compile = (test: Test): RowPredicate => {
  switch (test._tag) {
    case "Always":
      return () => test.value
    case "And":
      return every(test.tests.map(compile))
    case "Or":
      return some(test.tests.map(compile))
    case "Not": {
      const inner = compile(test.test)
      return (batch, row) => !inner(batch, row)
    }
    case "Text": {
      const matches = textMatcher(test.test)
      const match = (text: string): boolean => text !== "" && matches(text)
      const bytes = byteTestOf(test.test)
      return bytes === undefined ? onTexts(test.target, match) : onBytes(test.target, bytes, match)
    }
    case "Present":
      return onBytes(test.target, hasLength, (text) => text !== "")
    case "Number":
      return onNumbers(test.target, test.operator, test.number)
    case "Time":
      return onTime(test.operator, test.nanos)
    case "DayTime": {
      const clock = localClock(test.zone)
      const { start, end } = test
      const wraps = start > end
      return (batch, row) => {
        const { second } = clock(batch.timeMillis[row] as number)
        return wraps ? second >= start || second < end : second >= start && second < end
      }
    }
    case "Weekday": {
      const clock = localClock(test.zone)
      const { first, last } = test
      const wraps = first > last
      return (batch, row) => {
        const { day } = clock(batch.timeMillis[row] as number)
        return wraps ? day >= first || day <= last : day >= first && day <= last
      }
    }
  }
}

const every = (tests: ReadonlyArray<RowPredicate>): RowPredicate => {
  const [first, second] = tests
  if (tests.length === 2 && first !== undefined && second !== undefined)
    return (batch, row) => first(batch, row) && second(batch, row)
  return (batch, row) => {
    for (const test of tests) if (!test(batch, row)) return false
    return true
  }
}

const some =
  (tests: ReadonlyArray<RowPredicate>): RowPredicate =>
  (batch, row) => {
    for (const test of tests) if (test(batch, row)) return true
    return false
  }

/** A test of a target's text. Dictionary columns test each entry once per dictionary. */
const onTexts = (target: TextTarget, match: (text: string) => boolean): RowPredicate => {
  if (target.kind === "attribute" || target.kind === "resource") {
    const find = pairFinder(target)
    return (batch, row) => {
      const pair = find(batch, row)
      return pair >= 0 && match((target.kind === "attribute" ? batch.attributes : batch.resource).values.text(pair))
    }
  }
  const { kind, name } = target.of
  if (kind === "text") return (batch, row) => match(batch.textOf(name).text(row))
  let known: { readonly column: object; readonly generation: number } = { column: {}, generation: -1 }
  let answers = new Uint8Array(64)
  return (batch, row) => {
    const column = batch.dictionaryOf(name)
    if (known.column !== column || known.generation !== column.generation) {
      known = { column, generation: column.generation }
      answers.fill(0)
    }
    const code = column.codes[row] as number
    if (code >= answers.length) {
      const more = new Uint8Array(Math.max(code + 1, answers.length * 2))
      more.set(answers)
      answers = more
    }
    if (answers[code] === 0) answers[code] = match(column.text(code)) ? 1 : 2
    return answers[code] === 1
  }
}

/** A test of the bytes of a target's text, decoded only where `bytes` cannot tell. */
const onBytes = (target: TextTarget, bytes: ByteTest, match: (text: string) => boolean): RowPredicate => {
  if (target.kind === "attribute" || target.kind === "resource") {
    const find = pairFinder(target)
    return (batch, row) => {
      const pair = find(batch, row)
      if (pair < 0) return false
      const { values } = target.kind === "attribute" ? batch.attributes : batch.resource
      return (
        bytes(values.arena, values.start[pair] as number, values.length[pair] as number) ?? match(values.text(pair))
      )
    }
  }
  const { kind, name } = target.of
  if (kind !== "text") return onTexts(target, match)
  return (batch, row) => {
    const column = batch.textOf(name)
    return bytes(column.arena, column.start[row] as number, column.length[row] as number) ?? match(column.text(row))
  }
}

const hasLength: ByteTest = (_source, _start, length) => length > 0

const byteTestOf = (test: TextTest): ByteTest | undefined => {
  if (test.kind === "phrase") return phraseInBytes(test.text.toLowerCase(), test.left, test.right)
  if (!("ignoreCase" in test) || !test.ignoreCase) return undefined
  if (test.kind === "equals") return equalInBytes(test.text.toLowerCase())
  return test.kind === "contains" ? phraseInBytes(test.text.toLowerCase(), false, false) : undefined
}

/** Finds the pair of a key, looking the key up once per dictionary. */
const pairFinder = (target: {
  readonly kind: "attribute" | "resource"
  readonly key: string
}): ((batch: LogBatch, row: number) => number) => {
  let column: object | undefined
  let generation = -1
  let size = -1
  let code = 0
  return (batch, row) => {
    const list = target.kind === "attribute" ? batch.attributes : batch.resource
    if (column !== list.keys || generation !== list.keys.generation || (code === 0 && size !== list.keys.size)) {
      column = list.keys
      generation = list.keys.generation
      size = list.keys.size
      code = list.keys.codeOf(target.key)
    }
    return code === 0 ? -1 : list.pairOf(row, code)
  }
}

const comparers: Readonly<Record<CompareOperator, (difference: number) => boolean>> = {
  "=": (difference) => difference === 0,
  ">": (difference) => difference > 0,
  ">=": (difference) => difference >= 0,
  "<": (difference) => difference < 0,
  "<=": (difference) => difference <= 0
}

const onNumbers = (target: NumberTarget, operator: CompareOperator, number: number): RowPredicate => {
  const holds = comparers[operator]
  switch (target.kind) {
    case "number":
    case "flag": {
      const { name } = target.of
      return (batch, row) => holds((batch.numbersOf(name)[row] as number) - number)
    }
    // A number of ±2^53 and beyond minus itself is still 0, and NaN holds for no operator.
    default:
      return onBytes(
        target,
        (source, start, length) => holds(numberInBytes(source, start, length) - number),
        (text) => holds(numberOfText(text) - number)
      )
  }
}

const onTime = (operator: CompareOperator, nanos: bigint): RowPredicate => {
  const holds = comparers[operator]
  const millis = Number(nanos / 1_000_000n)
  const rest = Number(nanos % 1_000_000n)
  return (batch, row) => {
    const difference = (batch.timeMillis[row] as number) - millis
    return holds(difference === 0 ? (batch.timeNanos[row] as number) - rest : difference)
  }
}

const textMatcher = (test: TextTest): ((text: string) => boolean) => {
  switch (test.kind) {
    case "equals": {
      const wanted = test.ignoreCase ? test.text.toLowerCase() : test.text
      return test.ignoreCase ? (text) => text.toLowerCase() === wanted : (text) => text === wanted
    }
    case "oneOf": {
      const wanted = new Set(test.texts)
      return (text) => wanted.has(text)
    }
    case "order": {
      const holds = comparers[test.operator]
      return (text) => holds(compareUtf8(text, test.text))
    }
    case "phrase": {
      const wanted = test.text.toLowerCase()
      return (text) => hasPhrase(text.toLowerCase(), wanted, test.left, test.right)
    }
    case "regex": {
      const matches = regexTest(test.pattern)
      return test.ignoreCase ? (text) => matches(text.toLowerCase()) : matches
    }
    default: {
      const wanted = test.ignoreCase ? test.text.toLowerCase() : test.text
      const within = (text: string): boolean =>
        test.kind === "contains"
          ? text.includes(wanted)
          : test.kind === "starts"
            ? text.startsWith(wanted)
            : text.endsWith(wanted)
      return test.ignoreCase ? (text) => within(text.toLowerCase()) : within
    }
  }
}
