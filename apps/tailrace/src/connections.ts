// Connections: where commands that look past the api find broker and store, and as whom, by flags, environment and data folder.
import { type BrokerUser, brokerCredential, storeCredential } from "@tailrace/access/credentials"
import { readCredential } from "@tailrace/access/credentials-folder"
import { Secret } from "@tailrace/access/secret"
import type { StoreOptions } from "@tailrace/store/store"
import { isStoreUrl, storeUrlProblem } from "@tailrace/store/store-config"
import { inboxPrefixOf } from "@tailrace/streams/broker-roles"
import type { NatsOptions } from "@tailrace/streams/nats"
import { Config, Effect, Option, type Redacted, Schema } from "effect"
import { workFailure } from "./failure.ts"
import type { BrokerInput, ConnectionInput } from "./up/flags.ts"

/** What has no flag: names, and secrets, which stay off the command line; those by a file too, as `NAME_FILE`. */
const name = (variable: string) => Config.option(Config.NonEmptyString(variable))
const secret = (variable: string) =>
  Effect.gen(function* () {
    const text = yield* name(variable)
    const file = yield* name(`${variable}_FILE`)
    if (Option.isSome(text)) return yield* decodeSecret(text.value)
    return Option.isSome(file) ? yield* decodeSecret({ file: file.value }) : undefined
  })

const decodeSecret = Schema.decodeUnknownEffect(Secret)

const failed = (error: { readonly message: string }) => workFailure(error.message)

const given = <Name extends string, Value>(key: Name, value: Value | undefined): { readonly [N in Name]?: Value } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [N in Name]: Value })

/** Options of the broker's client, its name apart: as who the environment says. */
const givenBroker = (servers: NatsOptions["servers"]) =>
  Effect.gen(function* () {
    return {
      servers,
      ...given("token", yield* secret("TAILRACE_NATS_TOKEN")),
      ...given("user", Option.getOrUndefined(yield* name("TAILRACE_NATS_USER"))),
      ...given("password", yield* secret("TAILRACE_NATS_PASSWORD")),
      ...given("seed", yield* secret("TAILRACE_NATS_SEED")),
      ...given("inbox", Option.getOrUndefined(yield* name("TAILRACE_NATS_INBOX")))
    } satisfies Omit<NatsOptions, "name">
  }).pipe(Effect.mapError(failed))

/** Options of a client of a broker that was named by its URLs. */
export const namedBroker = (natsUrl: string) => givenBroker(natsUrl.split(",").map((url) => url.trim()))

/** Options of a client of the broker of `up`. */
export const ownBroker = (url: string, user: BrokerUser, seed: Redacted.Redacted<string>) => ({
  servers: url,
  seed,
  inbox: inboxPrefixOf(user)
})

/**
 * Options of the broker's client, its name apart: as the user of the environment, else, at the broker of `up` and at no other
 * address, as `operator` by the secret in the data folder.
 */
export const natsConnection = Effect.fnUntraced(function* (input: BrokerInput) {
  if (input.natsUrl !== "") return yield* namedBroker(input.natsUrl)
  const url = `nats://${input.natsHost}:${input.natsPort}`
  const told = yield* givenBroker(url)
  if (Object.keys(told).length > 1) return told
  return (yield* brokerAs(input, "operator")) ?? told
})

/** Options of a client that enters the broker of `up` as a user; undefined at another broker, and before the first start. */
export const brokerAs = Effect.fnUntraced(function* (input: BrokerInput, user: BrokerUser) {
  if (input.natsUrl !== "") return undefined
  const seed = yield* Effect.mapError(readCredential(input.data, brokerCredential(user)), failed)
  return seed === undefined ? undefined : ownBroker(`nats://${input.natsHost}:${input.natsPort}`, user, seed)
})

/**
 * Options of the store's client: as the user of the environment, else, at the store of `up` and at no other address, as its
 * own user by the secret in the data folder.
 */
export const storeConnection = (input: ConnectionInput): Effect.Effect<StoreOptions, ReturnType<typeof failed>> =>
  Effect.gen(function* () {
    const database = Option.getOrElse(yield* name("TAILRACE_STORE_DATABASE"), () => "tailrace")
    const url = input.storeUrl === "" ? `http://${input.storeHost}:${input.storePort}` : input.storeUrl
    if (!isStoreUrl(url)) return yield* Effect.fail({ message: `--store-url: ${storeUrlProblem}` })
    const username = Option.getOrUndefined(yield* name("TAILRACE_STORE_USERNAME"))
    const password = yield* secret("TAILRACE_STORE_PASSWORD")
    if (username !== undefined || password !== undefined)
      return { url, database, ...given("username", username), ...given("password", password) }
    return { url, database, ...(input.storeUrl === "" ? yield* ownUser(input.data) : {}) }
  }).pipe(Effect.mapError(failed))

const storeUser = "tailrace"

const ownUser = Effect.fnUntraced(function* (dataFolder: string) {
  const password = yield* readCredential(dataFolder, storeCredential(storeUser))
  return password === undefined ? {} : asStoreUser(password)
})

/** The product's own user of the store. */
export const asStoreUser = (password: Redacted.Redacted<string>) => ({ username: storeUser, password })
