// Clash: what two sources cannot both have: a port of an address, a path on one listener, standard input.
import type { ListenerConfig } from "./http/listener-config.ts"
import type { Claim, Source } from "./source.ts"

export interface Clash {
  /** Key of the later entry to change. */
  readonly key: string
  /** Ends before "of <the earlier one>". */
  readonly message: string
}

/** Why the later source cannot run beside the earlier one; undefined when it can. */
export const clashOf = (earlier: Source, later: Source): Clash | undefined => {
  if (!("open" in earlier) && !("open" in later) && onePort(earlier.listener, later.listener))
    return clashOnListener(earlier, later)
  const taken = claimsOf(later).find((claim) => claimsOf(earlier).some((other) => areOne(claim, other)))
  if (taken === undefined) return undefined
  return taken.of === "stdin"
    ? { key: "type", message: "standard input has one reader, and is that" }
    : { key: "port", message: `${taken.of} port ${taken.port} is that` }
}

/** Whether two listen at one address: theirs is one listener. */
export const isOneListener = (one: ListenerConfig, other: ListenerConfig): boolean =>
  one.port !== 0 && one.host === other.host && one.port === other.port

const clashOnListener = (
  earlier: { readonly listener: ListenerConfig; readonly paths: ReadonlyArray<string> },
  later: { readonly listener: ListenerConfig; readonly paths: ReadonlyArray<string> }
): Clash | undefined => {
  const { port } = later.listener
  const path = later.paths.find((one) => earlier.paths.includes(one))
  if (path !== undefined) return { key: "port", message: `${path} on port ${port} is the path` }
  const keys = Object.keys(later.listener) as ReadonlyArray<keyof ListenerConfig>
  const key = keys.find((one) => JSON.stringify(earlier.listener[one]) !== JSON.stringify(later.listener[one]))
  return key === undefined
    ? undefined
    : { key, message: `sources on port ${port} share a listener, so ${key} has to be that` }
}

const claimsOf = (source: Source): ReadonlyArray<Claim> =>
  "open" in source ? source.claims : [{ of: "tcp", host: source.listener.host, port: source.listener.port }]

const areOne = (one: Claim, other: Claim): boolean => one.of === other.of && (one.of === "stdin" || onePort(one, other))

const onePort = (one: Omit<Claim, "of">, other: Omit<Claim, "of">): boolean =>
  one.port !== 0 && one.port === other.port && (one.host === other.host || isEvery(one.host) || isEvery(other.host))

const isEvery = (host: string | undefined): boolean => host === "0.0.0.0" || host === "::"
