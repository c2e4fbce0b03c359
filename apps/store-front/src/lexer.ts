// Tokens of ClickHouse's SQL, read one by one, as far as the front must know them: words, quotes, comments, nesting.

export interface Token {
  readonly kind: "word" | "quoted" | "string" | "sign"
  /** For words in upper case, else as written. */
  readonly text: string
  readonly start: number
  readonly end: number
  /** How many brackets are open around it. */
  readonly depth: number
}

const space = /(?:[\s\u00a0\u200b-\u200d\u2060\ufeff]+|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$))+/y
// Quotes escape by backslash and by doubling. The curly quotes are ClickHouse's too and escape nothing.
const quotedText = /'(?:[^'\\]+|\\(?:[\s\S]|$)|'')*(?:'|$)|‘[^’]*(?:’|$)/y
const quotedName = /"(?:[^"\\]+|\\(?:[\s\S]|$)|"")*(?:"|$)|`(?:[^`\\]+|\\(?:[\s\S]|$)|``)*(?:`|$)|“[^”]*(?:”|$)/y
const word = /[A-Za-z_][\w$]*/y
// Of a number only its digits; what else it may hold are signs and words.
const digits = /\d+/y
const heredoc = /\$\w*\$/y

const match = (pattern: RegExp, sql: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(sql) ? pattern.lastIndex : -1
}

const endOfHeredoc = (sql: string, at: number): number => {
  const open = match(heredoc, sql, at)
  if (open < 0) return -1
  const close = sql.indexOf(sql.slice(at, open), open)
  return close < 0 ? -1 : close + (open - at)
}

const readToken = (sql: string, at: number): { readonly kind: Token["kind"]; readonly end: number } => {
  const wordEnd = match(word, sql, at)
  if (wordEnd > 0) return { kind: "word", end: wordEnd }
  const textEnd = Math.max(match(quotedText, sql, at), endOfHeredoc(sql, at))
  if (textEnd > 0) return { kind: "string", end: textEnd }
  const nameEnd = match(quotedName, sql, at)
  if (nameEnd > 0) return { kind: "quoted", end: nameEnd }
  return { kind: "sign", end: Math.max(at + 1, match(digits, sql, at)) }
}

/**
 * Reads lazily, so the data behind an INSERT is never looked at. Never throws: what does not end ends with the text,
 * and the engine says what is wrong with it.
 */
export function* tokens(sql: string): Generator<Token, void> {
  let at = 0
  let depth = 0
  while (at < sql.length) {
    const gap = match(space, sql, at)
    if (gap > at) {
      at = gap
      continue
    }
    const start = at
    const { kind, end } = readToken(sql, start)
    const text = sql.slice(start, end)
    if (kind === "sign" && (text === ")" || text === "]" || text === "}")) depth -= 1
    yield { kind, text: kind === "word" ? text.toUpperCase() : text, start, end, depth }
    if (kind === "sign" && (text === "(" || text === "[" || text === "{")) depth += 1
    at = end
  }
}
