// To SQL: a query as a parameterised ClickHouse condition over the table `logs`.
import { numberPattern } from "@tailrace/domain/number-bytes"
import type { Node } from "./ast.ts"
import { meaningOf, type QueryOptions, tokenEnd, tokenStart } from "./meaning.ts"
import type { NumberTarget, Test, TextTarget, TextTest } from "./primitive-test.ts"
import { escapeRegex } from "./regex.ts"

export interface SqlCondition {
  /** Never NULL; "1" for everything. Holds no literal of the query: values and attribute names are parameters. */
  readonly condition: string
  /** Values of p0, p1, ... for the {p0:Type} in the condition. */
  readonly params: Readonly<Record<string, unknown>>
}

/** The condition that means exactly what `toPredicate` means to a batch. */
export const toSql = (ast: Node, options: QueryOptions): SqlCondition => {
  const sql = new SqlWriter()
  return { condition: sql.test(meaningOf(ast, options.now, options.columns)), params: sql.params }
}

class SqlWriter {
  readonly params: Record<string, unknown> = {}
  private count = 0

  param(type: string, value: unknown): string {
    const name = `p${this.count++}`
    this.params[name] = value
    return `{${name}:${type}}`
  }

  test(test: Test): string {
    switch (test._tag) {
      case "Always":
        return test.value ? "1" : "0"
      case "And":
      case "Or": {
        if (test.tests.length === 0) return test._tag === "And" ? "1" : "0"
        return `(${test.tests.map((one) => this.test(one)).join(test._tag === "And" ? " AND " : " OR ")})`
      }
      case "Not":
        return `NOT ${this.test(test.test)}`
      case "Text":
        return this.text(test.target, test.test)
      case "Present":
        return `(${this.column(test.target)} != '')`
      case "Number":
        return this.number(test.target, test.operator, test.number)
      case "Time":
        return `(timestamp ${test.operator} fromUnixTimestamp64Nano(${this.param("Int64", String(test.nanos))}))`
      case "DayTime": {
        const zone = this.param("String", test.zone)
        const second = `(toHour(timestamp, ${zone}) * 3600 + toMinute(timestamp, ${zone}) * 60 + toSecond(timestamp, ${zone}))`
        const low = this.param("UInt32", test.start)
        const high = this.param("UInt32", test.end)
        return `(${second} >= ${low} ${test.start <= test.end ? "AND" : "OR"} ${second} < ${high})`
      }
      case "Weekday": {
        const day = `toDayOfWeek(timestamp, 0, ${this.param("String", test.zone)})`
        const first = this.param("UInt8", test.first)
        const last = this.param("UInt8", test.last)
        return `(${day} >= ${first} ${test.first <= test.last ? "AND" : "OR"} ${day} <= ${last})`
      }
    }
  }

  private column(target: TextTarget | NumberTarget): string {
    switch (target.kind) {
      case "attribute":
        return `attributes[${this.param("String", target.key)}]`
      case "resource":
        return `resource[${this.param("String", target.key)}]`
      default:
        return target.column
    }
  }

  private number(target: NumberTarget, operator: string, number: number): string {
    const column = this.column(target)
    const value = this.param("Float64", String(number))
    if (target.kind === "number" || target.kind === "flag") return `(${column} ${operator} ${value})`
    const looks = this.param("String", numberPattern)
    return `(match(${column}, ${looks}) AND ifNull(toFloat64OrNull(${column}) ${operator} ${value}, 0))`
  }

  private text(target: TextTarget, test: TextTest): string {
    const column = this.column(target)
    const lower = `lowerUTF8(${column})`
    const present = `${column} != ''`
    const text = (value: string, ignoreCase: boolean): string =>
      this.param("String", ignoreCase ? value.toLowerCase() : value)
    switch (test.kind) {
      case "equals":
        return test.text === "" ? "0" : `(${test.ignoreCase ? lower : column} = ${text(test.text, test.ignoreCase)})`
      case "oneOf":
        return `(${present} AND ${column} IN ${this.param("Array(String)", test.texts)})`
      case "order":
        return `(${present} AND ${column} ${test.operator} ${text(test.text, false)})`
      case "contains":
        return `(${present} AND position(${test.ignoreCase ? lower : column}, ${text(test.text, test.ignoreCase)}) > 0)`
      case "starts":
        return `(${present} AND startsWith(${test.ignoreCase ? lower : column}, ${text(test.text, test.ignoreCase)}))`
      case "ends":
        return `(${present} AND endsWith(${test.ignoreCase ? lower : column}, ${text(test.text, test.ignoreCase)}))`
      case "phrase":
        return test.text === "" ? `(${present})` : `(${this.phrase(lower, test).join(" AND ")})`
      case "regex":
        return `(${present} AND match(${test.ignoreCase ? lower : column}, ${text(`(?s)${test.pattern}`, false)}))`
    }
  }

  /** Whole tokens by hasToken, which the token index of the body answers; borders and what lies between by RE2. */
  private phrase(lower: string, test: Extract<TextTest, { kind: "phrase" }>): Array<string> {
    const text = test.text.toLowerCase()
    const runs = [...text.matchAll(/[0-9a-z\u0080-\u{10ffff}]+/gu)]
    const whole = runs.filter(
      (run) => (run.index > 0 || test.left) && (run.index + run[0].length < text.length || test.right)
    )
    const terms = whole.map((run) => `hasToken(${lower}, ${this.param("String", run[0])})`)
    if (runs.length === 1 && whole.length === 1 && runs[0]?.[0] === text) return terms
    const left = test.left && runs[0]?.index === 0 ? tokenStart : ""
    const last = runs[runs.length - 1]
    const right = test.right && last !== undefined && last.index + last[0].length === text.length ? tokenEnd : ""
    const within =
      left === "" && right === ""
        ? `position(${lower}, ${this.param("String", text)}) > 0`
        : `match(${lower}, ${this.param("String", `${left}${escapeRegex(text)}${right}`)})`
    return [...terms, within]
  }
}
