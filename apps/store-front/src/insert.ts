// Insert: hands spooled data to the engine as a file, the only way binary formats arrive unharmed.
import type { Connection, EngineResult } from "./engine.ts"
import { toException } from "./errors.ts"
import { type Answer, summary } from "./response.ts"
import type { SpoolFile } from "./spool.ts"
import { quoteText, type Statement } from "./statement.ts"

export interface Insert {
  readonly connection: Connection
  readonly statement: Statement
  readonly data: SpoolFile
  readonly format: string
  readonly answer: Answer
  /** Headers of the answer beside the usual ones. */
  readonly headers: Readonly<Record<string, string>>
}

/** `INSERT ... FROM INFILE`: one insert, whole or not at all as far as one block goes. No data is no insert. */
export const runInsert = async ({ connection, statement, data, format, answer, headers }: Insert): Promise<void> => {
  let result: EngineResult | undefined
  if (data.size > 0) {
    const source = `FROM INFILE ${quoteText(data.path)} COMPRESSION 'none'`
    const sql = [statement.head, source, statement.settings, `FORMAT ${format}`]
    // Lines, because a head may end in a comment.
    result = await connection.run(sql.filter((part) => part !== "").join("\n")).catch((error: unknown) => {
      throw toException(error)
    })
  }
  answer.start(200, {
    "Content-Type": "text/plain; charset=UTF-8",
    "X-ClickHouse-Summary": summary(result, true),
    ...headers
  })
  answer.end()
}
