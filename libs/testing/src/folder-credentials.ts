// Folder credentials: how a test enters store and broker of an instance, by the secrets in its data folder.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { nkeyAuthenticator } from "@nats-io/nats-core"
import { type BrokerUser, brokerCredential, type StoreUser, storeCredential } from "@tailrace/access/credentials"
import { credentialsFolder } from "@tailrace/access/credentials-folder"
import { inboxPrefixOf } from "@tailrace/streams/broker-roles"

const secretOf = (dataFolder: string, name: string): string =>
  readFileSync(join(credentialsFolder(dataFolder), name), "utf8").trim()

/** Headers that make a request of the store that user's. */
export const storeHeaders = (dataFolder: string, user: StoreUser = "tailrace"): Readonly<Record<string, string>> => ({
  "x-clickhouse-user": user,
  "x-clickhouse-key": secretOf(dataFolder, storeCredential(user))
})

/** Options of the broker's client that make a connection that user's. */
export const brokerUser = (dataFolder: string, user: BrokerUser) => ({
  authenticator: nkeyAuthenticator(new TextEncoder().encode(secretOf(dataFolder, brokerCredential(user)))),
  inboxPrefix: inboxPrefixOf(user)
})

/** Variables by which commands enter store and broker of an instance that are named by their URLs. */
export const connectionEnvironment = (dataFolder: string): Readonly<Record<string, string>> => ({
  TAILRACE_STORE_USERNAME: "tailrace",
  TAILRACE_STORE_PASSWORD: secretOf(dataFolder, storeCredential("tailrace")),
  TAILRACE_NATS_SEED: secretOf(dataFolder, brokerCredential("operator")),
  TAILRACE_NATS_INBOX: inboxPrefixOf("operator")
})
