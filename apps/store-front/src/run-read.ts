// Run read: streams a statement's rows from the engine's pipe to the client, with an error before, within, or none.
import { randomBytes } from "node:crypto"
import type { Connection, Engine, EngineResult } from "./engine.ts"
import { exceptionBlock, FrontException, toException } from "./errors.ts"
import { type Answer, contentType, summary } from "./response.ts"
import type { ResultPipe } from "./result-pipe.ts"
import type { Statement } from "./statement.ts"

type Outcome = { readonly result: EngineResult } | { readonly error: unknown }

export interface Read {
  readonly engine: Engine
  readonly connection: Connection
  readonly pipe: ResultPipe
  readonly statement: Statement
  readonly format: string
  /** Bytes held back before the head is sent; an error until then gets its own status. */
  readonly held: number
  readonly answer: Answer
  /** Makes of an exception what its reader may know of it. */
  readonly explain: (exception: FrontException) => FrontException
}

/** Bytes after which a result is worth sending: less than this and the summary carries the statement's figures. */
export const usualHold = 64 * 1024

export const runRead = async (read: Read): Promise<void> => {
  const { statement, pipe, answer, format } = read
  const tail = statement.settings === "" ? "" : `\n${statement.settings}`
  const outcome: Promise<Outcome> = read.connection
    .run(`${statement.head}${pipe.clause}\nFORMAT ${format}${tail}`, format)
    .then((result) => ({ result }))
    .catch((error: unknown) => ({ error }))
  void outcome.then(pipe.finish)
  try {
    await forward(read, outcome)
  } catch (error) {
    if (!answer.left.aborted) throw error
  } finally {
    // A statement whose client has left writes on until it is killed; without a reader its thread would wait for one.
    pipe.reader.resume()
    await outcome
    pipe.reader.destroy()
  }
}

const forward = async ({ pipe, answer, format, held: most, engine, explain }: Read, outcome: Promise<Outcome>) => {
  const tag = randomBytes(8).toString("hex")
  const start = (result: EngineResult | undefined) =>
    answer.start(200, {
      "Content-Type": contentType(format),
      "X-ClickHouse-Format": format,
      "X-ClickHouse-Exception-Tag": tag,
      "X-ClickHouse-Summary": summary(result, false)
    })
  const held: Array<Buffer> = []
  let size = 0
  for await (const chunk of pipe.reader.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (answer.started) {
      await answer.write(chunk)
      continue
    }
    held.push(chunk)
    size += chunk.length
    if (size < most) continue
    start(undefined)
    await answer.write(Buffer.concat(held.splice(0)))
  }
  const ended = await outcome
  if ("error" in ended) {
    const exception = toException(ended.error)
    if (!answer.started) throw exception
    answer.end(exceptionBlock(explain(exception), engine.version, tag))
    return
  }
  if (!answer.started) start(ended.result)
  answer.end(Buffer.concat(held))
}

/** The format a result is written in. Throws UNKNOWN_FORMAT before the engine could trip over it. */
export const checkFormat = (engine: Engine, format: string): string => {
  if (engine.formats.has(format.toLowerCase())) return format
  throw new FrontException(73, "UNKNOWN_FORMAT", `Unknown format ${format.slice(0, 64)}`)
}
