// Browser guard: keeps pages of other sites from using a listener through the browser of somebody who can reach it.
import type { IncomingHttpHeaders } from "node:http"
import { isIP } from "node:net"

/** By what a listener may be called from a browser. */
export interface Doors {
  /** What listens, for the refusal's words: "the api". */
  readonly listener: string
  /** Names it is reached by, besides localhost and any address: host names without port. */
  readonly names: ReadonlyArray<string>
  /** Origins of other sites whose pages may use it. */
  readonly origins: ReadonlyArray<string>
}

/**
 * Why a request must not be answered, in words for its sender; undefined when it may. Checked are the name it was reached
 * by (a foreign name that resolves to this machine makes a foreign page look like one of our own), the origin that a browser
 * tells, and Sec-Fetch-Site where it tells no origin. Holds for upgrades to WebSocket too.
 */
export const browserProblem = (headers: IncomingHttpHeaders, doors: Doors): string | undefined => {
  const host = headers.host ?? ""
  const { origin } = headers
  if (!isNamedHere(host, doors)) {
    return `${doors.listener} is not called ${JSON.stringify(host.slice(0, 128))}: list that name under names in its configuration`
  }
  if (origin !== undefined) {
    if (doors.origins.includes(origin)) return undefined
    if (URL.canParse(origin) && new URL(origin).host === new URL(`http://${host}`).host) return undefined
    return `pages of this origin may not use ${doors.listener}: list it under origins in its configuration`
  }
  const site = headers["sec-fetch-site"]
  const foreign = site === "cross-site" || site === "same-site"
  if (foreign && !isLink(headers)) return `pages of other sites may not use ${doors.listener}`
  return undefined
}

/** Somebody followed a link, which shows them the answer and shows it to no page. */
const isLink = (headers: IncomingHttpHeaders): boolean =>
  headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document"

const isNamedHere = (host: string, { names, origins }: Doors): boolean => {
  const name = hostnameOf(`http://${host}`)
  if (name === undefined) return false
  if (isIP(name.replace(/^\[|\]$/g, "")) !== 0 || name === "localhost") return true
  return names.some((known) => known.toLowerCase() === name) || origins.some((origin) => hostnameOf(origin) === name)
}

const hostnameOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).hostname : undefined)
