// Cage: has every statement judged before it runs, once for each text, on the connection that it will run on.
import type { Connection, EngineResult } from "../engine.ts"
import { denied, FrontException, readOnlyError, toException } from "../errors.ts"
import { type Token, tokens } from "../lexer.ts"
import { quoteText, type Statement } from "../statement.ts"
import { allowedInputFormats, allowedOutputFormats, ownTables, readerTables } from "./names.ts"
import {
  type EngineNames,
  type Judgement,
  judge,
  type Objection,
  objectToSetting,
  objectToSettings,
  systemDatabases
} from "./rules.ts"
import { readSyntaxTree } from "./syntax-tree.ts"

export interface Asker {
  readonly readOnly: boolean
  /** Whether the request may change nothing, as a GET. */
  readonly get: boolean
  /** Query parameters of the request by name. */
  readonly params: ReadonlyMap<string, string>
  /** Whether the connection has a past, so that a text may mean something else on it. */
  readonly kept: boolean
}

/** Texts remembered at most, and characters of one of them. */
const mostTexts = 2_000
const longestText = 16 * 1024
const exceptions: Readonly<Record<Objection["kind"], readonly [code: number, type: string, status: number]>> = {
  denied: [497, "ACCESS_DENIED", 403],
  setting: [452, "SETTING_CONSTRAINT_VIOLATION", 403],
  "unknown-function": [46, "UNKNOWN_FUNCTION", 404],
  "unknown-setting": [115, "UNKNOWN_SETTING", 404]
}

const refuse = ({ kind, words }: Objection): FrontException => {
  const [code, type, status] = exceptions[kind]
  return new FrontException(code, type, words, { status })
}

export class Cage {
  readonly #known: EngineNames
  readonly #open: boolean
  /** In order of use, the latest last. */
  readonly #judged = new Map<string, Judgement>()

  /** An open one lets statements out, and keeps no more than the difference between reading and writing. */
  constructor(known: EngineNames, open: boolean) {
    this.#known = known
    this.#open = open
  }

  /** Throws for a statement that may not run. What the engine cannot parse throws as it would when it ran. */
  async check(connection: Connection, statement: Statement, asker: Asker): Promise<void> {
    const text = textOf(statement)
    const { objection, reads, systemTables } = await this.#judge(connection, text, asker)
    if (objection !== undefined && !this.#open) throw refuse(objection)
    if (!reads && (asker.get || asker.readOnly)) {
      throw readOnlyError("Cannot execute query in readonly mode")
    }
    if (this.#open) return
    const tables = asker.readOnly ? readerTables : ownTables
    for (const table of systemTables) {
      if (!tables.has(table))
        throw denied(`table system.${table.slice(0, 64)} is not open ${asker.readOnly ? "to read-only users" : "here"}`)
    }
  }

  /** Throws for a setting of a request's address or headers. */
  checkSettings(settings: Iterable<string>): void {
    for (const name of settings) {
      if (this.#open || name.startsWith("param_")) continue
      const objection = objectToSetting(name, this.#known)
      if (objection !== undefined) throw refuse(objection)
    }
  }

  /** Throws for a database whose tables would be named without it. */
  checkDatabase(name: string): void {
    if (this.#open || !systemDatabases.has(name.toLowerCase())) return
    throw denied(`database ${name} is not to be used, name its tables in full: system.tables`)
  }

  /** Throws for a format that reads or asks for more than what it is given. */
  checkFormat(format: string, way: "input" | "output"): void {
    const allowed = way === "input" ? allowedInputFormats : allowedOutputFormats
    if (this.#open || allowed.has(format.toLowerCase())) return
    throw denied(`format ${format.slice(0, 64)} is not allowed here, take JSONEachRow, CSV or Native`)
  }

  async #judge(connection: Connection, text: string, asker: Asker): Promise<Judgement> {
    const key = keyOf(text, asker)
    const before = key === undefined ? undefined : this.#judged.get(key)
    if (key !== undefined && before !== undefined) {
      this.#judged.delete(key)
      this.#judged.set(key, before)
      return before
    }
    const judgement = await this.#examine(connection, text)
    if (key !== undefined) {
      this.#judged.set(key, judgement)
      const [oldest] = this.#judged.keys()
      if (this.#judged.size > mostTexts && oldest !== undefined) this.#judged.delete(oldest)
    }
    return judgement
  }

  async #examine(connection: Connection, text: string): Promise<Judgement> {
    // As a text first, so that nothing of it can act on what judges it.
    const printed = await ask(connection, `SELECT formatQuery(${quoteText(text)})`)
    const all = [...tokens(printed)]
    if (all.some((token, at) => isFileClause(token, all[at + 1]))) throw denied(noFiles)
    const objection = this.#open ? undefined : objectToSettings(all, this.#known)
    if (objection !== undefined) throw refuse(objection)
    const root = readSyntaxTree(await ask(connection, `EXPLAIN AST ${text}`))
    if (printed === "" || root === undefined) throw denied("the statement cannot be judged, write it in a simpler way")
    return judge(root, printed, this.#known)
  }
}

const noFiles = "INTO OUTFILE and FROM INFILE are not served over HTTP, send or read the data with the request"

/** A column of that name is followed by no text. */
const isFileClause = ({ kind, text }: Token, next: Token | undefined): boolean =>
  kind === "word" && (text === "OUTFILE" || text === "INFILE") && next?.kind === "string"

/** What decides over a text: itself, and the names that stand in parameters. Undefined where a session may decide too. */
const keyOf = (text: string, { params, kept }: Asker): string | undefined => {
  if (text.length > longestText) return undefined
  if (!/identifier/i.test(text)) return text
  return kept ? undefined : JSON.stringify([text, [...params]])
}

/** An insert's format is judged by its name, and its data is none of the text. */
const textOf = ({ kind, head, settings }: Statement): string =>
  [head, settings, kind === "insert" ? "FORMAT Native" : ""].filter((part) => part !== "").join("\n")

const ask = async (connection: Connection, sql: string): Promise<string> => {
  const result: EngineResult = await connection.run(sql, "TSVRaw").catch((error: unknown) => {
    throw toException(error)
  })
  return Buffer.from(result.bytes).toString().replace(/\n+$/, "")
}
