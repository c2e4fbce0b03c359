// Guard: refuses SQL that reaches outside of the store where the engine's own grants do not look.
import { denied, readOnlyError } from "./errors.ts"
import type { Token } from "./lexer.ts"
import type { Statement } from "./statement.ts"

/**
 * INFILE and OUTFILE are done by the engine's client half, which asks no grant; the scalar `file` function asks none
 * either; engines of databases are open in the embedded engine. Everything else is refused by grants (engine-config).
 */
export const guardStatement = (statement: Statement, outsideSources: boolean): void => {
  const all = statement.tokens
  let query = false
  for (let at = 0; at < all.length; at++) {
    const token = all[at] as Token
    if (token.kind === "word" && (token.text === "INFILE" || token.text === "OUTFILE") && isClause(all, at)) {
      throw denied(`${token.text} is not served over HTTP, send or read the data with the request`)
    }
    if (token.kind === "word" && token.text === "SELECT" && token.depth === 0) query = true
    if (outsideSources) continue
    if (all[at + 1]?.text === "(" && namesFile(token)) {
      throw denied("function file reaches outside of the store and is switched off")
    }
    if (token.kind === "word" && token.text === "ENGINE" && token.depth === 0 && !query) guardEngine(all, at)
  }
}

/** FROM INFILE 'path', INTO OUTFILE 'path'. A column of that name is followed by no text. */
const isClause = (all: ReadonlyArray<Token>, at: number): boolean =>
  all[at + 1]?.kind === "string" || all[at + 1]?.text === "{"

const namesFile = (token: Token): boolean => {
  if (token.kind === "word") return token.text === "FILE"
  // Escapes inside a quoted name could spell anything.
  return token.kind === "quoted" && (token.text.includes("\\") || token.text.slice(1, -1).toLowerCase() === "file")
}

const engines =
  /^(?:(?:Replicated)?(?:Replacing|Summing|Aggregating|Collapsing|VersionedCollapsing|Graphite|Coalescing)?MergeTree|Memory|Null|Log|TinyLog|StripeLog|Buffer|Set|Join|Merge|View|Distributed|Atomic|Replicated|GenerateRandom)$/i

/** `ENGINE = Name` and `ENGINE Name` in DDL; a column named engine is followed by neither. */
const guardEngine = (all: ReadonlyArray<Token>, at: number): void => {
  const keyword = all[0]?.text
  if (keyword !== "CREATE" && keyword !== "ATTACH" && keyword !== "REPLACE") return
  const name = all[at + 1]?.text === "=" ? all[at + 2] : all[at + 1]
  if (name === undefined || (name.kind !== "word" && name.kind !== "quoted")) return
  const text = name.kind === "quoted" ? name.text.slice(1, -1) : name.text
  if (!engines.test(text)) throw denied(`engine ${text} reaches outside of the store and is switched off`)
}

const readOnlyKeywords = new Set(["USE", "SET"])

/** GET must change nothing, as in ClickHouse; the engine's readonly setting is the second lock. */
export const guardReadOnly = (statement: Statement, who: string): void => {
  if (statement.kind === "read" || readOnlyKeywords.has(statement.keyword)) return
  throw readOnlyError(`${who}: Cannot execute query in readonly mode`)
}
