// Same site: whether a browser's request comes from a page that may use the api.
import type { ApiConfig } from "./config.ts"

type Site = Pick<ApiConfig, "host" | "origins">

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)

/** The name in a Host header, without its port. */
const nameOf = (host: string): string => host.replace(/:\d+$/, "")

/**
 * Why a request for this Host is refused; undefined when it is not. An api on loopback answers to loopback names only: a
 * page elsewhere can point a name of its own at 127.0.0.1 (DNS rebinding) and would then be of the api's own origin.
 */
export const hostProblem = (host: string | undefined, site: Site): string | undefined => {
  if (host === undefined || !isLoopback(site.host) || isLoopback(nameOf(host))) return undefined
  if (site.origins.some((origin) => URL.canParse(origin) && new URL(origin).host === host)) return undefined
  return `the api listens on ${site.host} and does not answer to this name: use localhost or list the origin under origins`
}

/** Why a WebSocket is refused. Browsers send the page's origin and do not keep other sites' pages from WebSockets themselves. */
export const originProblem = (
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
  site: Site
): string | undefined => {
  const { host, origin } = headers
  if (origin === undefined || site.origins.includes(origin)) return undefined
  if (URL.canParse(origin) && new URL(origin).host === host) return undefined
  return "pages of this origin may not connect: list it under origins in the api's configuration"
}
