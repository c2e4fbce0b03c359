// Connections: where commands that look past the api find broker and store, and as whom, by flags, environment and data folder.
import { storeCredential } from "@tailrace/access/credentials"
import { readCredential } from "@tailrace/access/credentials-folder"
import { Secret } from "@tailrace/access/secret"
import type { StoreOptions } from "@tailrace/store/store"
import type { NatsOptions } from "@tailrace/streams/nats"
import { Config, Effect, Option, type Redacted, Schema } from "effect"
import { workFailure } from "./failure.ts"
import { type UpInput, upFlags } from "./up/flags.ts"

const { data, host, natsPort, natsUrl, storePort, storeUrl } = upFlags

export const brokerFlags = { data, host, natsPort, natsUrl }
export const connectionFlags = { ...brokerFlags, storePort, storeUrl }

type Input = Pick<UpInput, keyof typeof connectionFlags>

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

/** Options of the broker's client, its name apart. */
export const natsConnection = (
  input: Omit<Input, "storePort" | "storeUrl">
): Effect.Effect<Omit<NatsOptions, "name">, ReturnType<typeof failed>> =>
  Effect.gen(function* () {
    const user = Option.getOrUndefined(yield* name("TAILRACE_NATS_USER"))
    return {
      servers: input.natsUrl === "" ? `nats://${input.host}:${input.natsPort}` : input.natsUrl.split(","),
      ...given("token", yield* secret("TAILRACE_NATS_TOKEN")),
      ...given("user", user),
      ...given("password", yield* secret("TAILRACE_NATS_PASSWORD"))
    }
  }).pipe(Effect.mapError(failed))

/**
 * Options of the store's client: as the user of the environment, else, at the store of `up` and at no other address, as its
 * own user by the secret in the data folder.
 */
export const storeConnection = (input: Input): Effect.Effect<StoreOptions, ReturnType<typeof failed>> =>
  Effect.gen(function* () {
    const database = Option.getOrElse(yield* name("TAILRACE_STORE_DATABASE"), () => "tailrace")
    const url = input.storeUrl === "" ? `http://${input.host}:${input.storePort}` : input.storeUrl
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
