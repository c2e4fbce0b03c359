// StoreConfig: where a process finds the store, as it stands in the configuration of every app.
import { asSecretFile, Secret } from "@tailrace/access/secret"
import { asText, type EnvironmentKeys } from "@tailrace/config/config-file"
import { field, optional } from "@tailrace/domain/field"
import { Schema } from "effect"

/** Whether a text is an address that the store's client takes. */
export const isStoreUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? "")

/** Says nothing of the text, which may hold a password. */
export const storeUrlProblem = "must be an address with its scheme, such as http://127.0.0.1:8123"

export const StoreConfig = Schema.Struct({
  url: field(
    Schema.String.check(Schema.makeFilter((text) => isStoreUrl(text) || storeUrlProblem)),
    "http://127.0.0.1:8123",
    "ClickHouse's HTTP interface, a server's or the store front's."
  ),
  database: field(Schema.NonEmptyString, "tailrace", "Database that holds the tables."),
  username: optional(Schema.String, "User to authenticate as."),
  password: optional(Secret, "Password of the user, or `{ file }` that holds it.")
})

/** Variables that set the store under the key `store`. */
export const storeKeys: EnvironmentKeys = [
  ["TAILRACE_STORE_URL", ["store", "url"], asText],
  ["TAILRACE_STORE_DATABASE", ["store", "database"], asText],
  ["TAILRACE_STORE_USERNAME", ["store", "username"], asText],
  ["TAILRACE_STORE_PASSWORD", ["store", "password"], asText],
  ["TAILRACE_STORE_PASSWORD_FILE", ["store", "password"], asSecretFile]
]
