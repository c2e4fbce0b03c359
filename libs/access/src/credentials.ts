// Credentials: the users of store and broker on one machine, and the secret that each of them has in the data folder.
import { randomBytes } from "node:crypto"
import { createUser, fromSeed } from "@nats-io/nkeys"

/** Users of the store: `tailrace` may do everything, `reader` may read, for people and for Grafana. */
const storeUsers = ["tailrace", "reader"] as const
export type StoreUser = (typeof storeUsers)[number]

/** Users of the broker: the product's processes, `operator` for commands that look past the api, `health` for the server itself. */
const brokerUsers = ["collector", "processor", "api", "operator", "health"] as const
export type BrokerUser = (typeof brokerUsers)[number]

/** A file of the folder of credentials, one a user, named by what it opens and for whom. */
export type CredentialName = `store-${StoreUser}` | `broker-${BrokerUser}`

export const storeCredential = (user: StoreUser): CredentialName => `store-${user}`

export const brokerCredential = (user: BrokerUser): CredentialName => `broker-${user}`

export const credentialNames: ReadonlyArray<CredentialName> = [
  ...storeUsers.map(storeCredential),
  ...brokerUsers.map(brokerCredential)
]

/**
 * For the store a password of 256 random bits in characters that need no quoting; for the broker the seed of a key of 256
 * bits, with which a client signs what the server asks: a server that is not ours learns nothing by it.
 */
export const newSecret = (name: CredentialName): string =>
  isSeed(name) ? utf8.decode(createUser().getSeed()) : newPassword()

export const newPassword = (): string => randomBytes(32).toString("base64url")

const isSeed = (name: CredentialName): boolean => name.startsWith("broker-")
const utf8 = new TextDecoder()

/** By which the broker knows the user of a seed; no secret. */
export const publicKeyOf = (seed: string): string => fromSeed(new TextEncoder().encode(seed)).getPublicKey()

/** Fewest characters of a secret: 190 bits in base64url. */
const fewestCharacters = 32

/** Why a text is no secret of ours, in words that do not hold it; undefined when it is one. */
export const secretProblem = (name: CredentialName, text: string): string | undefined => {
  if (isSeed(name)) return isSeedText(text) ? undefined : "no seed of a user's key"
  if (text.length < fewestCharacters) return `too short: ${text.length} characters, fewer than ${fewestCharacters}`
  return /^[A-Za-z0-9_-]+$/.test(text) ? undefined : "of other characters than A-Z, a-z, 0-9, _ and -"
}

const isSeedText = (text: string): boolean => {
  try {
    return publicKeyOf(text).startsWith("U")
  } catch {
    return false
  }
}

/** What of a file's or folder's mode lets other users in, such as "readable by others (mode 644)"; undefined when nothing. */
export const openToOthers = (mode: number): string | undefined => {
  const others = mode & 0o077
  if (others === 0) return undefined
  const how = (others & 0o022) !== 0 ? "writable" : "readable"
  return `${how} by others (mode ${(mode & 0o777).toString(8)})`
}
