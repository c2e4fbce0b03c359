// Request: what one HTTP request asks, taken apart into statement, data, settings, parameters, database and session.
import type { IncomingMessage } from "node:http"
import type { FrontOptions, FrontUser } from "@tailrace/store/front/options"
import { askForFolder, givenHeader } from "@tailrace/store/write/given-body"
import { FrontException, syntaxError } from "./errors.ts"
import type { SessionAsked } from "./session.ts"
import { readBody, type Spool, type SpoolFile, tooLarge } from "./spool.ts"
import { readStatement, type Statement } from "./statement.ts"
import { checkLimits } from "./users.ts"

export interface Asked {
  readonly statement: Statement
  /** The data of an insert; the caller removes it. */
  readonly data: SpoolFile | undefined
}

/** Names of URL parameters that are the interface's own; every other one is a setting. */
const reserved = new Set(
  `query database default_format query_id session_id session_timeout session_check compress decompress user password
  quota_key role client_protocol_version wait_end_of_query buffer_size stacktrace enable_http_compression
  http_zlib_compression_level http_response_buffer_size send_progress_in_http_headers close_session
  http_headers_progress_interval_ms add_http_cors_header cancel_http_readonly_queries_on_client_close
  http_native_compression_disable_checksumming_on_decompress`.split(/\s+/)
)

const headBytes = 64 * 1024
const statementBytes = 16 * 1024 * 1024

/** Reads query and body. An insert's data goes to the spool and never through memory as a whole. */
export const readAsked = async (
  request: IncomingMessage,
  params: URLSearchParams,
  spool: Spool,
  options: FrontOptions
): Promise<Asked> => {
  refuseFraming(params)
  const sql = params.get("query") ?? ""
  const body = readBody(request, options.bodyBytes)
  if (sql.trim() !== "") {
    const statement = readStatement(sql)
    if (statement.kind === "insert") {
      const given = request.headers[givenHeader] ?? askForFolder
      if (given !== askForFolder) return { statement, data: await spool.adopt(String(given), options.bodyBytes) }
      const inline = Buffer.from(sql.slice(statement.dataStart))
      return { statement, data: await spoolData(spool, inline.length === 0 ? [] : [inline, Buffer.from("\n")], body) }
    }
  }
  const type = request.headers["content-type"] ?? ""
  if (/^multipart\/form-data/i.test(type)) {
    await readForm(await gather([], body), type, params)
    return { statement: readStatement(`${sql}${params.get("query") ?? ""}`), data: undefined }
  }
  const { head, done } = await readHead(body)
  const joined = sql === "" ? head : Buffer.concat([Buffer.from(`${sql}\n`), head])
  // Latin 1 keeps one character a byte, so that the offset of the data counts bytes.
  const probe = readHeadStatement(joined, done)
  if (probe?.kind === "insert" && probe.complete) {
    const statement = readStatement(joined.toString("utf8", 0, probe.dataStart))
    return { statement, data: await spoolData(spool, [joined.subarray(probe.dataStart)], body) }
  }
  const text = (await gather([joined], body)).toString("utf8")
  if (sql === "" && /^application\/x-www-form-urlencoded/i.test(type) && /^\w+=/.test(text)) {
    const form = new URLSearchParams(text)
    if (form.has("query")) {
      for (const [name, value] of form) params.append(name, value)
      return { statement: readStatement(form.get("query") ?? ""), data: undefined }
    }
  }
  return { statement: readStatement(text), data: undefined }
}

/** Compressed blocks with checksums are another protocol (`compress=1` of JDBC); content encodings do the same. */
const refuseFraming = (params: URLSearchParams): void => {
  for (const name of ["compress", "decompress"]) {
    if (params.get(name) === "1") {
      throw new FrontException(
        48,
        "NOT_IMPLEMENTED",
        `${name}=1 is not served, use Content-Encoding and Accept-Encoding`
      )
    }
  }
}

const readHead = async (body: AsyncGenerator<Buffer, void>): Promise<{ head: Buffer; done: boolean }> => {
  const chunks: Array<Buffer> = []
  let size = 0
  while (size < headBytes) {
    const next = await body.next()
    if (next.done === true) return { head: Buffer.concat(chunks), done: true }
    chunks.push(next.value)
    size += next.value.length
  }
  return { head: Buffer.concat(chunks), done: false }
}

const readHeadStatement = (head: Buffer, done: boolean): Statement | undefined => {
  if (!/\bINSERT\b/i.test(head.toString("latin1", 0, 4_096))) return undefined
  try {
    return readStatement(head.toString("latin1"))
  } catch (error) {
    if (done) throw error
    return undefined
  }
}

const gather = async (chunks: Array<Buffer>, body: AsyncGenerator<Buffer, void>): Promise<Buffer> => {
  let size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  for await (const chunk of body) {
    size += chunk.length
    if (size > statementBytes) throw tooLarge(statementBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const spoolData = async (
  spool: Spool,
  first: ReadonlyArray<Buffer>,
  body: AsyncGenerator<Buffer, void>
): Promise<SpoolFile> => {
  const file = await spool.create()
  try {
    for (const chunk of first) if (chunk.length > 0) await file.write(chunk)
    for await (const chunk of body) await file.write(chunk)
    await file.finish()
    return file
  } catch (error) {
    await file.remove()
    throw error
  }
}

const readForm = async (body: Buffer, type: string, params: URLSearchParams): Promise<void> => {
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData().catch(() => {
    throw syntaxError("body is not a multipart form")
  })
  const merged: Array<[string, string]> = []
  for (const [name, value] of form) {
    if (typeof value !== "string") {
      throw new FrontException(48, "NOT_IMPLEMENTED", `external data ${name} is not served, insert it first`)
    }
    merged.push([name, value])
  }
  for (const [name, value] of merged) params.append(name, value)
}

/** Settings and query parameters of the request, as SET takes them. Throws for what cannot be a setting's name. */
export const readSettings = (params: URLSearchParams, user: FrontUser, options: FrontOptions): Map<string, string> => {
  const settings = new Map<string, string>()
  for (const [name, value] of params) {
    if (reserved.has(name)) continue
    if (!/^[A-Za-z_]\w{0,127}$/.test(name)) {
      throw new FrontException(
        115,
        "UNKNOWN_SETTING",
        `Setting ${name.slice(0, 128)} is neither a builtin setting nor a parameter`
      )
    }
    settings.set(name, value)
  }
  if (user.readOnly) checkLimits(settings, options)
  return settings
}

export const readSession = (params: URLSearchParams, user: FrontUser): SessionAsked | undefined => {
  const id = params.get("session_id") ?? ""
  if (id === "") return undefined
  if (user.readOnly) throw new FrontException(164, "READONLY", "sessions are not open to read-only users")
  const timeout = Number(params.get("session_timeout") ?? 60)
  if (!(timeout >= 0)) throw new FrontException(36, "BAD_ARGUMENTS", "session_timeout is not a number of seconds")
  return { user: user.name, id, timeout, check: params.get("session_check") === "1" }
}
