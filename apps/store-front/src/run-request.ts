// Run request: one request from its statement to the end of its answer, on a connection of its own, undone afterwards.
import { randomUUID } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { resolve } from "node:path"
import { type FrontOptions, type FrontUser, isLoopback } from "@tailrace/store/front/options"
import { folderHeader, givenHeader } from "@tailrace/store/write/given-body"
import type { Asker, Cage } from "./cage/cage.ts"
import type { Connection, Engine } from "./engine.ts"
import { type FrontException, toException, withoutFolders } from "./errors.ts"
import { runInsert } from "./insert.ts"
import type { Lane, Lanes } from "./lanes.ts"
import { helloBlock, isHello } from "./native-hello.ts"
import { type Asked, readAsked, readSession, readSettings } from "./request.ts"
import { type Answer, contentType, summary } from "./response.ts"
import type { ResultPipes } from "./result-pipe.ts"
import { checkFormat, runRead, usualHold } from "./run-read.ts"
import type { Lease, Sessions } from "./session.ts"
import type { Spool } from "./spool.ts"
import { quoteName, quoteText } from "./statement.ts"

/** Inserts have lanes of their own, so that no reader keeps the product from storing. */
export interface FrontLanes {
  readonly reads: Lanes
  readonly inserts: Lanes
}

export interface Front {
  readonly engine: Engine
  readonly options: FrontOptions
  readonly cage: Cage
  readonly spool: Spool
  readonly pipes: ResultPipes
  readonly lanes: FrontLanes
  readonly sessions: Sessions
}

/** Places of this machine that the engine names in errors. */
export const foldersOf = ({ options, spool }: Front): ReadonlyArray<string> => [spool.folder, resolve(options.dataDir)]

interface Run {
  readonly front: Front
  readonly request: IncomingMessage
  readonly params: URLSearchParams
  readonly user: FrontUser
  readonly answer: Answer
  /** In log_comment, by which the engine's list of processes knows the statement. */
  readonly tag: string
  readonly get: boolean
}

/** What waits for its answer under `wait_end_of_query` is held in memory up to this. */
const longHold = 16 * 1024 * 1024

export const runRequest = async (
  front: Front,
  request: IncomingMessage,
  params: URLSearchParams,
  user: FrontUser,
  answer: Answer
): Promise<void> => {
  const get = request.method === "GET" || request.method === "HEAD"
  const run: Run = { front, request, params, user, answer, tag: `front-${randomUUID()}`, get }
  const asked = await readAsked(request, params, front.spool, front.options)
  try {
    await runAsked(run, asked)
  } finally {
    await asked.data?.remove()
  }
}

const runAsked = async (run: Run, asked: Asked): Promise<void> => {
  const { front, params, user, answer } = run
  if (isHello(asked.statement.head, params)) {
    answer.start(200, { "Content-Type": "application/octet-stream", "X-ClickHouse-Format": "Native" })
    answer.end(helloBlock(front.engine.version, front.engine.timezone))
    return
  }
  const settings = readSettings(params, user, front.options)
  front.cage.checkSettings(settings.keys())
  const lanes = asked.data === undefined ? front.lanes.reads : front.lanes.inserts
  const lane = await lanes.enter(answer.left)
  const stopKilling = killWhenOver(run, lane)
  try {
    const lease = await front.sessions.lease(readSession(params, user))
    try {
      await prepare(run, lease, settings)
      await front.cage.check(lease.connection, asked.statement, askerOf(run, lease, settings))
      await dispatch(run, lease.connection, asked)
    } finally {
      if (lease.kept) await undo(lease, settings)
      await lease.release()
    }
  } catch (error) {
    throw lane.late.aborted ? lane.late.reason : error
  } finally {
    stopKilling()
    lane.leave()
  }
}

const askerOf = ({ user, get }: Run, { kept }: Lease, params: ReadonlyMap<string, string>): Asker => ({
  readOnly: user.readOnly,
  get,
  params,
  kept
})

const prepare = async (run: Run, lease: Lease, asked: ReadonlyMap<string, string>): Promise<void> => {
  const { params, request, user } = run
  const header = request.headers["x-clickhouse-database"]
  const database = params.get("database") ?? (typeof header === "string" ? header : "")
  run.front.cage.checkDatabase(database)
  const settings = new Map(asked)
  settings.set("log_comment", `${run.tag} ${asked.get("log_comment") ?? ""}`.trimEnd())
  if (user.readOnly) settings.set("readonly", "1")
  // In a session it could not be taken back; there the guard alone says no.
  else if (run.get && !lease.kept && asked.get("readonly") !== "1") settings.set("readonly", "2")
  const list = [...settings].map(([name, value]) => `${name} = ${quoteText(value)}`)
  try {
    if (database !== "" && (database !== "default" || lease.kept)) {
      await lease.connection.run(`USE ${quoteName(database)}`)
    }
    await lease.connection.run(`SET ${list.join(", ")}`)
  } catch (error) {
    throw toException(error)
  }
}

/** A URL's settings hold for its own request only, also in a session. */
const undo = async (lease: Lease, settings: ReadonlyMap<string, string>): Promise<void> => {
  const names = [...settings.keys()].filter((name) => !name.startsWith("param_"))
  if (names.length === 0) return
  await lease.connection.run(`SET ${names.map((name) => `${name} = DEFAULT`).join(", ")}`).catch(() => undefined)
}

const dispatch = async (run: Run, connection: Connection, { statement, data }: Asked): Promise<void> => {
  const { front, params, request, answer } = run
  const header = request.headers["x-clickhouse-format"]
  const asked = params.get("default_format") ?? (typeof header === "string" ? header : undefined)
  answer.left.throwIfAborted()
  if (data !== undefined) {
    const format = statement.format ?? /^\w+$/.exec(asked ?? "Values")?.[0] ?? "Values"
    front.cage.checkFormat(format, "input")
    const told = request.headers[givenHeader] !== undefined && isLoopback(front.options.host)
    const headers = told ? { [folderHeader]: front.spool.folder } : {}
    return runInsert({ connection, statement, data, format, answer, headers })
  }
  const format = checkFormat(front.engine, statement.format ?? asked ?? "TabSeparated")
  front.cage.checkFormat(format, "output")
  if (statement.kind !== "read") {
    const result = await connection.run(`${statement.head} ${statement.settings}`, format).catch((error: unknown) => {
      throw toException(error)
    })
    answer.start(200, {
      "Content-Type": contentType(format),
      "X-ClickHouse-Format": format,
      "X-ClickHouse-Summary": summary(result, statement.keyword === "INSERT")
    })
    return answer.end(result.bytes)
  }
  const held = params.get("wait_end_of_query") === "1" ? longHold : usualHold
  const pipe = front.pipes.take()
  try {
    const explain = (exception: FrontException): FrontException =>
      run.user.readOnly ? withoutFolders(exception, foldersOf(front)) : exception
    await runRead({ engine: front.engine, explain, connection, pipe, statement, format, held, answer })
  } finally {
    pipe.release()
  }
}

/** Milliseconds that a statement may take to end once it is late, before its client is told by the end of the connection. */
const cutMillis = 5_000

/**
 * Kills the statement when its client leaves or its time is over. An abort does not stop the engine, and the statement may
 * not have begun when the client leaves, so this repeats.
 */
const killWhenOver = ({ front, answer, tag }: Run, lane: Lane): (() => void) => {
  let done = false
  let timer: NodeJS.Timeout | undefined
  let cut: NodeJS.Timeout | undefined
  const kill = async () => {
    await killTagged(front.engine, tag)
    if (!done) timer = setTimeout(kill, 100)
  }
  const begin = () => {
    if (timer === undefined) timer = setTimeout(kill, 0)
    if (!lane.late.aborted) return
    // A client that reads slowly holds the statement, and what it has been sent cannot be taken back.
    cut = setTimeout(() => answer.destroy(), answer.started ? 0 : cutMillis)
  }
  const signals = [answer.left, lane.late]
  for (const signal of signals) signal.addEventListener("abort", begin, { once: true })
  if (answer.left.aborted) begin()
  return () => {
    done = true
    clearTimeout(timer)
    clearTimeout(cut)
    for (const signal of signals) signal.removeEventListener("abort", begin)
  }
}

/** Kills what runs under a tag that begins so. ASYNC, because SYNC hangs in the embedded engine. */
export const killTagged = async (engine: Engine, tag: string): Promise<void> => {
  const sql = `KILL QUERY WHERE startsWith(Settings['log_comment'], ${quoteText(tag)}) ASYNC`
  await engine.root.run(sql).catch(() => undefined)
}
