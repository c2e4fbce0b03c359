// Credentials: the users of store and broker on one machine, and the secret that each of them has in the data folder.
import { randomBytes } from "node:crypto"

/** Users of the store: `tailrace` may do everything, `reader` may read, for people and for Grafana. */
const storeUsers = ["tailrace", "reader"] as const
export type StoreUser = (typeof storeUsers)[number]

/** A file of the folder of credentials, one a user, named by what it opens and for whom. */
export type CredentialName = `store-${StoreUser}`

export const storeCredential = (user: StoreUser): CredentialName => `store-${user}`

export const credentialNames: ReadonlyArray<CredentialName> = storeUsers.map(storeCredential)

/** 256 random bits in characters that need no quoting in shells, URLs and configuration files. */
export const newSecret = (): string => randomBytes(32).toString("base64url")

/** Fewest characters of a secret: 190 bits in base64url. */
const fewestCharacters = 32

/** Why a text is no secret of ours, in words that do not hold it; undefined when it is one. */
export const secretProblem = (text: string): string | undefined => {
  if (text.length < fewestCharacters) return `it holds ${text.length} characters, fewer than ${fewestCharacters}`
  return /^[A-Za-z0-9_-]+$/.test(text) ? undefined : "it holds other characters than A-Z, a-z, 0-9, _ and -"
}

/** What of a file's or folder's mode lets other users in, such as "readable by others (mode 644)"; undefined when nothing. */
export const openToOthers = (mode: number): string | undefined => {
  const others = mode & 0o077
  if (others === 0) return undefined
  const how = (others & 0o022) !== 0 ? "writable" : "readable"
  return `${how} by others (mode ${(mode & 0o777).toString(8)})`
}
