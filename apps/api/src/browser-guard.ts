// Browser guard: keeps pages of other sites from using the api through the browser of somebody who can reach it.
import type { IncomingMessage } from "node:http"
import { isIP } from "node:net"
import type { ApiConfig } from "./config.ts"

type Allowed = Pick<ApiConfig, "host" | "origins">

/**
 * Why a request must not be answered, in words for its sender; undefined when it may. Checked are the origin that a
 * browser tells, its Sec-Fetch-Site where it tells no origin, and, when listening on this machine alone, the name it was
 * reached by, because a foreign name that resolves to this machine makes a foreign page look like one of our own.
 */
export const browserProblem = (headers: IncomingMessage["headers"], allowed: Allowed): string | undefined => {
  const host = headers.host ?? ""
  const { origin } = headers
  if (isLoopback(allowed.host) && !isNamedHere(host, allowed)) {
    return `the api listens on this machine alone and is not called ${JSON.stringify(host)}: list http://${host} under origins in its configuration`
  }
  if (origin !== undefined) {
    if (allowed.origins.includes(origin)) return undefined
    if (URL.canParse(origin) && new URL(origin).host === host) return undefined
    return "pages of this origin may not use the api: list it under origins in its configuration"
  }
  const site = headers["sec-fetch-site"]
  const foreign = site === "cross-site" || site === "same-site"
  if (foreign && headers["sec-fetch-mode"] !== "navigate") return "pages of other sites may not use the api"
  return undefined
}

const isLoopback = (name: string): boolean =>
  name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."))

const isNamedHere = (host: string, allowed: Allowed): boolean => {
  if (!URL.canParse(`http://${host}`)) return false
  const { hostname } = new URL(`http://${host}`)
  const name = hostname.replace(/^\[|\]$/g, "")
  if (isIP(name) !== 0 || name === "localhost" || name === allowed.host) return true
  return allowed.origins.some((origin) => URL.canParse(origin) && new URL(origin).hostname === hostname)
}
