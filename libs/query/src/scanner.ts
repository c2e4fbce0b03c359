// Scanner: reads the words, strings, fields and operators of a query at a position; the parser decides what it expects.
import type { Span, Value } from "./ast.ts"
import { type Diagnostic, type DiagnosticCode, diagnostic, type Fix, limits } from "./diagnostic.ts"
import { quoteText, stringValue, wordValue } from "./value.ts"

/** What stands behind a field and makes it a predicate. */
type Operator =
  | ":"
  | "="
  | "!="
  | ">"
  | ">="
  | "<"
  | "<="
  | "=~"
  | "!~"
  | "IN"
  | "LIKE"
  | "ILIKE"
  | "BETWEEN"
  | "IS"
  | "EXISTS"

export interface OperatorAt extends Span {
  readonly operator: Operator
  /** NOT stood before IN, LIKE, ILIKE, BETWEEN or EXISTS. */
  readonly negated: boolean
}

export interface FieldAt extends Span {
  readonly name: string
}

const fieldName = /[\p{L}_@][\p{L}\p{N}_@$-]*(?:\.[\p{L}\p{N}_@$-]+)*/uy
const quotedField = /`((?:[^`\\]|\\.)+)`/suy
const symbol = /\s*(=~|!~|!=|<>|>=|<=|=|>|<)/suy
const keyword =
  /\s+(NOT\s+)?(?:(IN)(?=\s*\()|(LIKE|ILIKE)(?=\s*["'\S])|(BETWEEN)(?=\s)|(IS)(?=\s+(?:NOT\s+)?NULL(?![\p{L}\p{N}_]))|(EXISTS)(?![\p{L}\p{N}_:=.]))/suy
const lowercaseKeyword =
  /\s+(not\s+)?(?:(in)(?=\s*\()|(like|ilike)(?=\s*["'])|(between)(?=\s+(?:-?\d|["']))|(is)(?=\s+(?:not\s+)?null\s*(?:$|\)|and\b|or\b|AND\b|OR\b)))/suy

export class Scanner {
  readonly text: string
  readonly diagnostics: Array<Diagnostic> = []
  position = 0
  depth = 0
  conditions = 0
  /** Set when a limit was hit: nothing more is parsed. */
  stopped = false

  constructor(text: string) {
    this.text = text
  }

  report(span: Span, code: DiagnosticCode, message: string, fix?: Fix): void {
    this.diagnostics.push(diagnostic(span, code, message, fix))
  }

  stop(span: Span, code: DiagnosticCode, message: string): void {
    if (!this.stopped) this.report(span, code, message)
    this.stopped = true
    this.position = this.text.length
  }

  /** Counts one more condition; false beyond the limit. */
  countCondition(at: number): boolean {
    if (++this.conditions <= limits.conditions) return true
    this.stop(
      { from: at, to: this.text.length },
      "too_big",
      `the query has more than ${limits.conditions} conditions, search in parts`
    )
    return false
  }

  skipSpace(): void {
    while (this.position < this.text.length && isSpace(this.text.charCodeAt(this.position))) this.position++
  }

  atEnd(): boolean {
    this.skipSpace()
    return this.position >= this.text.length
  }

  peek(): string {
    return this.text[this.position] ?? ""
  }

  /** Takes a text that stands here; false when another does. */
  take(expected: string): boolean {
    if (!this.text.startsWith(expected, this.position)) return false
    this.position += expected.length
    return true
  }

  /** Takes a keyword as a whole word (upper case, or as `alsoLower` in lower case); false when another stands here. */
  takeWord(word: string, alsoLower: boolean): boolean {
    const found = this.text.slice(this.position, this.position + word.length)
    if (found !== word && !(alsoLower && found === word.toLowerCase())) return false
    if (isWordCharacter(this.text.charCodeAt(this.position + word.length))) return false
    this.position += word.length
    return true
  }

  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position
    return pattern.exec(this.text) ?? undefined
  }

  /** A field name at the position, without taking it. */
  fieldAt(): FieldAt | undefined {
    const quoted = this.match(quotedField)
    const name = quoted === undefined ? this.match(fieldName)?.[0] : quoted[1]?.replace(/\\(.)/gs, "$1")
    if (name === undefined) return undefined
    return { name, from: this.position, to: this.position + (quoted?.[0] ?? name).length }
  }

  /** The operator behind a field, or undefined when the word is no field. */
  operatorAt(field: FieldAt): OperatorAt | undefined {
    const before = this.position
    this.position = field.to
    const found = this.operatorHere()
    this.position = before
    return found
  }

  /** Whether a predicate begins at the position: decides what lower-case `and`, `or`, `not` mean. */
  predicateAhead(): boolean {
    const before = this.position
    this.skipSpace()
    if (this.text.startsWith("NOT ", this.position)) this.position += 4
    this.skipSpace()
    const field = this.fieldAt()
    const ahead = this.peek() === "(" || (field !== undefined && this.operatorAt(field) !== undefined)
    this.position = before
    return ahead
  }

  private operatorHere(): OperatorAt | undefined {
    const from = this.position
    if (this.peek() === ":" && !this.text.startsWith("://", from))
      return { operator: ":", negated: false, from, to: from + 1 }
    const sign = this.match(symbol)
    if (sign !== undefined) {
      const operator = sign[1] === "<>" ? "!=" : (sign[1] as Operator)
      return { operator, negated: false, from, to: from + sign[0].length }
    }
    const word = this.match(keyword) ?? this.match(lowercaseKeyword)
    if (word === undefined) return undefined
    const operator = word
      .slice(2)
      .find((group) => group !== undefined)
      ?.toUpperCase() as Operator
    return { operator, negated: word[1] !== undefined, from, to: from + word[0].length }
  }

  /** A quoted string at the position, taken; undefined when none begins here. */
  takeString(): Value | undefined {
    const quote = this.peek()
    if (quote !== '"' && quote !== "'") return undefined
    const from = this.position
    let text = ""
    let at = from + 1
    while (at < this.text.length && this.text[at] !== quote) {
      if (this.text[at] === "\\" && at + 1 < this.text.length) text += unescaped(this.text[++at] as string)
      else text += this.text[at]
      at++
    }
    this.position = Math.min(at + 1, this.text.length)
    if (at >= this.text.length) {
      const span = { from, to: this.text.length }
      this.report(span, "unclosed_string", `this ${quote} is never closed`, {
        from: span.to,
        to: span.to,
        insert: quote,
        label: `close it with ${quote}`
      })
      return { ...stringValue(quoteText(text), text, from), to: this.text.length }
    }
    return stringValue(this.text.slice(from, this.position), text, from)
  }

  /** A string or a word up to white space, a parenthesis or one of `stops`, taken; undefined when there is none. */
  takeValue(stops: string): Value | undefined {
    const quoted = this.takeString()
    if (quoted !== undefined) return quoted
    const from = this.position
    while (this.position < this.text.length) {
      const character = this.peek()
      if (isSpace(character.charCodeAt(0)) || character === "(" || character === ")" || stops.includes(character)) break
      this.position += character === "\\" && this.position + 1 < this.text.length ? 2 : 1
    }
    if (this.position === from) return undefined
    const raw = this.text.slice(from, this.position)
    const dangling = this.position === this.text.length && /(?:^|[^\\])(?:\\\\)*\\$/.test(raw)
    return dangling ? { ...wordValue(`${raw}\\`, from), to: this.position } : wordValue(raw, from)
  }
}

/** The inside of a quoted string with its escapes taken away, except those for which `keep` has another answer. */
export const unquoted = (inside: string, keep: (escaped: string) => string | undefined): string =>
  inside.replace(/\\(.)/gs, (_, escaped: string) => keep(escaped) ?? unescaped(escaped))

const unescaped = (character: string): string =>
  character === "n" ? "\n" : character === "t" ? "\t" : character === "r" ? "\r" : character

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13) || code === 0xa0

const isWordCharacter = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code > 127
