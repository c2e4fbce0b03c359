// Statement: what the front must know of one SQL text to run it: its kind, its FORMAT, where an INSERT's data begins.
import { syntaxError } from "./errors.ts"
import { type Token, tokens } from "./lexer.ts"

/**
 * read: answers rows, so it can be streamed; insert: takes data that follows its head; command: everything else,
 * INSERT ... SELECT included.
 */
export type StatementKind = "read" | "insert" | "command"

export interface Statement {
  readonly kind: StatementKind
  /** The first word in upper case. */
  readonly keyword: string
  /** The text without FORMAT clause, end sign and data. */
  readonly head: string
  /** Format named in the text. */
  readonly format: string | undefined
  /** SETTINGS after FORMAT (read), or before it (insert), as written; empty when there are none. */
  readonly settings: string
  /** Where the data of an insert begins in the text; the text's length when it does not hold any. */
  readonly dataStart: number
  /** Whether the statement has reached its FORMAT or VALUES, so that all that follows is data. */
  readonly complete: boolean
  readonly tokens: ReadonlyArray<Token>
}

const reading = new Set(["SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK"])

/** Reads one statement. Throws SYNTAX_ERROR for an empty text and for several statements in one. */
export const readStatement = (sql: string): Statement => {
  const seen: Array<Token> = []
  let insert = false
  let selects = false
  for (const token of tokens(sql)) {
    seen.push(token)
    if (token.kind !== "word") continue
    if (token.text === "INSERT" && token.depth === 0 && (seen.length === 1 || seen[0]?.text === "WITH")) insert = true
    if (insert && (token.text === "SELECT" || token.text === "WATCH")) selects = true
    if (insert && !selects && token.depth === 0 && (token.text === "FORMAT" || token.text === "VALUES")) {
      // Not a table of that name, which follows INTO, TABLE or a dot.
      const before = seen.at(-2)?.text
      if (before !== "INTO" && before !== "TABLE" && before !== "." && before !== "INSERT") {
        return readInsert(sql, seen, token)
      }
    }
  }
  const ended = endAt(seen)
  const first = ended.tokens[0]
  if (first === undefined) throw syntaxError("Empty query")
  if (insert && !selects) return openInsert(sql, ended)
  const keyword = first.text === "(" ? "SELECT" : first.text
  const kind = !insert && reading.has(keyword) ? "read" : "command"
  return { kind, keyword, ...splitFormat(sql, ended), dataStart: sql.length, complete: false, tokens: ended.tokens }
}

interface Ended {
  readonly tokens: ReadonlyArray<Token>
  readonly end: number
}

/** Drops one closing semicolon; refuses anything after it, as servers do. */
const endAt = (seen: ReadonlyArray<Token>): Ended => {
  const close = seen.findIndex((token) => token.kind === "sign" && token.text === ";")
  const last = seen.at(-1)
  if (close < 0) return { tokens: seen, end: last?.end ?? 0 }
  if (seen.slice(close).some((token) => token.text !== ";")) {
    throw syntaxError(`Syntax error (Multi-statements are not allowed): failed at position ${seen[close]?.start}: ;`)
  }
  return { tokens: seen.slice(0, close), end: seen[close - 1]?.end ?? 0 }
}

const splitFormat = (sql: string, { tokens: seen, end }: Ended) => {
  for (let at = seen.length - 1; at > 0; at--) {
    const token = seen[at] as Token
    const name = seen[at + 1]
    const after = seen[at + 2]
    if (token.kind !== "word" || token.text !== "FORMAT" || token.depth !== 0 || name?.kind !== "word") continue
    if (after !== undefined && after.text !== "SETTINGS") continue
    return {
      head: sql.slice(0, token.start).trimEnd(),
      format: sql.slice(name.start, name.end),
      settings: after === undefined ? "" : sql.slice(after.start, end)
    }
  }
  return { head: sql.slice(0, end), format: undefined, settings: "" }
}

const settingsStart = (seen: ReadonlyArray<Token>): Token | undefined =>
  seen.find((token, at) => at > 2 && token.kind === "word" && token.text === "SETTINGS" && token.depth === 0)

const readInsert = (sql: string, seen: ReadonlyArray<Token>, mark: Token): Statement => {
  const settings = settingsStart(seen)
  const name = mark.text === "FORMAT" ? tokens(sql.slice(mark.end)).next().value : undefined
  if (mark.text === "FORMAT" && name?.kind !== "word") throw syntaxError("FORMAT of the INSERT has no name")
  const nameEnd = mark.end + (name?.end ?? 0)
  const gap = /^[ \t\f]*;?\r?\n?/.exec(sql.slice(nameEnd, nameEnd + 256))?.[0].length ?? 0
  return {
    kind: "insert",
    keyword: "INSERT",
    head: sql.slice(0, settings?.start ?? mark.start).trimEnd(),
    format: name === undefined ? "Values" : sql.slice(mark.end + name.start, nameEnd),
    settings: settings === undefined ? "" : sql.slice(settings.start, mark.start).trimEnd(),
    dataStart: mark.text === "FORMAT" ? nameEnd + gap : nameEnd,
    complete: true,
    tokens: seen
  }
}

/** An INSERT that names no format: the request's default format tells what the body is. */
const openInsert = (sql: string, { tokens: seen, end }: Ended): Statement => {
  const settings = settingsStart(seen)
  return {
    kind: "insert",
    keyword: "INSERT",
    head: sql.slice(0, settings?.start ?? end).trimEnd(),
    format: undefined,
    settings: settings === undefined ? "" : sql.slice(settings.start, end),
    dataStart: sql.length,
    complete: false,
    tokens: seen
  }
}

/** A text literal; the only way a foreign value enters SQL. */
export const quoteText = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`

/** A name in back quotes. */
export const quoteName = (name: string): string => `\`${name.replace(/[\\`]/g, "\\$&")}\``
