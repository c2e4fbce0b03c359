// Exceptions of the store front: ClickHouse's codes, their HTTP status and text as @clickhouse/client and Grafana parse them.

/** An answer other than success. `status` overrides the status that follows from the code. */
export class FrontException extends Error {
  readonly code: number
  readonly type: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  constructor(
    code: number,
    type: string,
    message: string,
    options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {}
  ) {
    super(message)
    this.code = code
    this.type = type
    this.status = options.status ?? statusOf(code)
    this.headers = options.headers ?? {}
  }
}

const statuses: ReadonlyArray<readonly [status: number, codes: ReadonlyArray<number>]> = [
  [400, [6, 10, 26, 27, 36, 38, 41, 43, 44, 53, 62, 69, 70, 72, 117, 130, 131, 302, 456, 457]],
  [401, [194]],
  [403, [164, 192, 193, 452, 497, 516]],
  [404, [46, 47, 50, 56, 60, 63, 73, 81, 115, 336, 372]],
  [408, [159]],
  [413, [307]],
  [501, [48]],
  [503, [76, 202, 209, 439]]
]

/** The HTTP status ClickHouse gives an exception code; 500 for all that are not listed. */
const statusOf = (code: number): number => statuses.find(([, codes]) => codes.includes(code))?.[0] ?? 500

/** Reads what the engine throws: `Code: 47. DB::Exception: words (UNKNOWN_IDENTIFIER)`, at times wrapped twice. */
export const toException = (cause: unknown): FrontException => {
  if (cause instanceof FrontException) return cause
  const text = withoutPaths((cause instanceof Error ? cause.message : String(cause)).trim())
  const code = /Code: (\d+)/.exec(text)?.[1]
  if (code === undefined) return new FrontException(1002, "UNKNOWN_EXCEPTION", text)
  const body = text.replace(/^(?:Code: \d+\. DB::(?:\w+)?Exception: )+/, "")
  const tail = /(?:\s*\((?:version [^)]*(?:\([^)]*\))?|[A-Z][A-Z0-9_]+)\)\.?)+\s*$/.exec(body.slice(-tailLength))
  const type = /\(([A-Z][A-Z0-9_]+)\)/.exec(tail?.[0] ?? "")?.[1] ?? "UNKNOWN_EXCEPTION"
  return new FrontException(
    Number(code),
    type,
    tail === null ? body : body.slice(0, Math.max(body.length - tailLength, 0) + tail.index)
  )
}

/** Of a message, where its name and version stand. */
const tailLength = 300

/** Takes out what the front itself added to the statement. */
const withoutPaths = (text: string): string =>
  text
    .replace(/\s*(?:INTO OUTFILE|FROM INFILE) '[^']*tailrace-front-[^']*' (?:TRUNCATE|COMPRESSION 'none')/g, "")
    .replace(/\s*\(in file\/uri [^)]*tailrace-front-[^)]*\)/g, "")
    .replace(/[^\s'"]*tailrace-front-[^\s'":)]*/g, "body")

/** The body of an error answer, with the version as servers give it; strangers are told none. */
export const exceptionText = (exception: FrontException, version: string | undefined): string => {
  const told = version === undefined ? "" : ` (version ${version} (official build))`
  return `Code: ${exception.code}. DB::Exception: ${exception.message} (${exception.type})${told}\n`
}

/** The same without places of this machine, for those who have no business with them. */
export const withoutFolders = (exception: FrontException, folders: ReadonlyArray<string>): FrontException => {
  const message = folders.reduce((text, folder) => text.replaceAll(folder, "DATA"), exception.message)
  return new FrontException(exception.code, exception.type, message, {
    status: exception.status,
    headers: exception.headers
  })
}

/**
 * What follows the rows when a result breaks after its head was sent: ClickHouse's framed block, which clients
 * find from the end by its length and tag (docs: HTTP interface, "exceptions while streaming").
 */
export const exceptionBlock = (exception: FrontException, version: string, tag: string): string => {
  const text = exceptionText(exception, version)
  return `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`
}

export const syntaxError = (message: string): FrontException => new FrontException(62, "SYNTAX_ERROR", message)
export const denied = (message: string): FrontException => new FrontException(497, "ACCESS_DENIED", message)
export const readOnlyError = (message: string): FrontException => new FrontException(164, "READONLY", message)
export const busy = (message: string): FrontException =>
  new FrontException(202, "TOO_MANY_SIMULTANEOUS_QUERIES", message, { status: 503, headers: { "Retry-After": "1" } })
