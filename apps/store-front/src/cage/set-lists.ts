// Lists of settings in a statement, in the form the engine prints it, because its syntax tree does not tell their names.
import type { Token } from "../lexer.ts"

/** A name in quotes as it is meant; the engine prints no escapes but these two. */
export const unquoted = (token: Token): string =>
  token.kind === "quoted" ? token.text.slice(1, -1).replace(/\\(.)/g, "$1") : token.text

const isName = (token: Token | undefined): token is Token => token?.kind === "word" || token?.kind === "quoted"

/** `SETTINGS a = 1, b = 2`, `SETTINGS (a = 1)`, `MODIFY SETTING a = 1`, `SET a = 1`; names in lower case, one array a list. */
export const setLists = (all: ReadonlyArray<Token>): Array<Array<string>> => {
  const lists: Array<Array<string>> = []
  all.forEach((token, at) => {
    const first = token.kind === "word" && at === 0 && token.text === "SET"
    const clause = token.kind === "word" && (token.text === "SETTINGS" || token.text === "SETTING")
    if (!first && !clause) return
    const begin = all[at + 1]?.text === "(" ? at + 2 : at + 1
    if (isName(all[begin]) && all[begin + 1]?.text === "=") lists.push(namesFrom(all, begin))
  })
  return lists
}

const namesFrom = (all: ReadonlyArray<Token>, begin: number): Array<string> => {
  const depth = all[begin]?.depth ?? 0
  const names: Array<string> = []
  for (let at = begin; at < all.length; at++) {
    const token = all[at] as Token
    if (token.depth < depth) break
    const starts = at === begin || (all[at - 1]?.text === "," && all[at - 1]?.depth === depth)
    if (starts && token.depth === depth && isName(token) && all[at + 1]?.text === "=")
      names.push(unquoted(token).toLowerCase())
  }
  return names
}
