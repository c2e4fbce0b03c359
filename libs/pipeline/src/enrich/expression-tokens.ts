// ExpressionTokens: the words of the language of derived fields.

export interface Token {
  /** name: a field or function; quoted: a field in back quotes; mark: a parenthesis or comma. */
  readonly kind: "number" | "text" | "name" | "quoted" | "operator" | "mark"
  readonly text: string
  /** Where it begins, from 0. */
  readonly at: number
}

const patterns: ReadonlyArray<readonly [Token["kind"] | "space", RegExp]> = [
  ["space", /\s+/y],
  ["number", /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y],
  ["name", /[A-Za-z_@][\w@]*(?:\.[\w@]+)*/y],
  ["operator", /\|\||[+\-*/%]/y],
  ["mark", /[(),]/y]
]

/** The tokens of a text, or what cannot be read. */
export const tokenize = (text: string): { readonly tokens: ReadonlyArray<Token> } | { readonly problem: string } => {
  const tokens: Array<Token> = []
  let at = 0
  while (at < text.length) {
    const quote = text[at]
    if (quote === "'" || quote === '"' || quote === "`") {
      const end = quotedEnd(text, at)
      if (end < 0) return { problem: `the ${quote} at character ${at + 1} is not closed` }
      const inner = text.slice(at + 1, end).replace(/\\(.)/gs, "$1")
      tokens.push({ kind: quote === "`" ? "quoted" : "text", text: inner, at })
      at = end + 1
      continue
    }
    const found = match(text, at)
    if (found === undefined) return { problem: `unexpected ${JSON.stringify(text[at])} at character ${at + 1}` }
    const [kind, word] = found
    if (kind !== "space") tokens.push({ kind, text: word, at })
    at += word.length
  }
  return { tokens }
}

const match = (text: string, at: number): readonly [Token["kind"] | "space", string] | undefined => {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found !== null) return [kind, found[0]]
  }
  return undefined
}

const quotedEnd = (text: string, start: number): number => {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++
    else if (text[i] === text[start]) return i
  }
  return -1
}
