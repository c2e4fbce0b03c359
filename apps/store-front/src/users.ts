// Users of the store front: who a request is, by header, Basic authentication or URL, and what limits hold for it.
import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"
import type { FrontOptions, FrontUser } from "@tailrace/store/front/options"
import { FrontException } from "./errors.ts"

interface Credentials {
  readonly name: string
  readonly password: string
}

/** Throws AUTHENTICATION_FAILED, with the same words for a wrong name and a wrong password. */
export const authenticate = (
  headers: IncomingHttpHeaders,
  params: URLSearchParams,
  users: ReadonlyArray<FrontUser>
): FrontUser => {
  const { name, password } = credentials(headers, params)
  let found: FrontUser | undefined
  for (const user of users) {
    // All are compared in full, so the time tells nothing.
    const known = sameText(user.name, name)
    if (sameText(user.password, password) && known) found = user
  }
  if (found !== undefined) return found
  throw new FrontException(
    516,
    "AUTHENTICATION_FAILED",
    `${name.slice(0, 64)}: Authentication failed: password is incorrect, or there is no user with such name.`
  )
}

const credentials = (headers: IncomingHttpHeaders, params: URLSearchParams): Credentials => {
  const basic = /^Basic\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1]
  if (basic !== undefined) {
    const text = Buffer.from(basic, "base64").toString()
    const colon = text.indexOf(":")
    if (colon >= 0) return { name: text.slice(0, colon), password: text.slice(colon + 1) }
  }
  return {
    name: first(headers["x-clickhouse-user"]) ?? params.get("user") ?? "default",
    password: first(headers["x-clickhouse-key"]) ?? params.get("password") ?? ""
  }
}

const first = (value: string | Array<string> | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()
const sameText = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

/** Read-only users may tighten these, never loosen; the engine's readonly=1 closes the way by SETTINGS in SQL. */
export const checkLimits = (settings: ReadonlyMap<string, string>, options: FrontOptions): void => {
  const limits: Readonly<Record<string, number>> = {
    max_execution_time: options.querySeconds,
    max_memory_usage: options.queryMemoryBytes,
    max_result_rows: options.resultRows
  }
  for (const [name, value] of settings) {
    const limit = limits[name]
    if (limit === undefined) {
      if (
        /^(?:readonly|allow_|max_query_size|max_memory_usage_for_user|timeout_overflow_mode|result_overflow_mode)/.test(
          name
        )
      ) {
        throw constraint(`Setting ${name} is not for read-only users`)
      }
      continue
    }
    const number = Number(value)
    if (!(number > 0 && number <= limit)) throw constraint(`Setting ${name} shouldn't be greater than ${limit}`)
  }
}

const constraint = (message: string): FrontException =>
  new FrontException(452, "SETTING_CONSTRAINT_VIOLATION", message, { status: 403 })
