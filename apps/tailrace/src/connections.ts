// Connections: where commands that look past the api find broker and store, by the flags of `up` and the environment.
import type { StoreOptions } from "@tailrace/store/store"
import type { NatsOptions } from "@tailrace/streams/nats"
import { Config, Effect } from "effect"
import { workFailure } from "./failure.ts"
import { type UpInput, upFlags } from "./up/flags.ts"

const { host, natsPort, natsUrl, storePort, storeUrl } = upFlags

export const connectionFlags = { host, natsPort, natsUrl, storePort, storeUrl }

/** What has no flag: names, and secrets, which stay off the command line. */
const environment = Config.all({
  token: Config.String("TAILRACE_NATS_TOKEN").pipe(Config.withDefault("")),
  user: Config.String("TAILRACE_NATS_USER").pipe(Config.withDefault("")),
  password: Config.String("TAILRACE_NATS_PASSWORD").pipe(Config.withDefault("")),
  database: Config.String("TAILRACE_STORE_DATABASE").pipe(Config.withDefault("tailrace")),
  storeUser: Config.String("TAILRACE_STORE_USERNAME").pipe(Config.withDefault("")),
  storePassword: Config.String("TAILRACE_STORE_PASSWORD").pipe(Config.withDefault(""))
}).pipe(Effect.catchTag("ConfigError", (error) => Effect.fail(workFailure(error.message))))

const given = <Name extends string>(name: Name, value: string): { readonly [N in Name]?: string } =>
  value === "" ? {} : ({ [name]: value } as { readonly [N in Name]: string })

/** Options of both clients. */
export const connectionsOf = (input: Pick<UpInput, keyof typeof connectionFlags>) =>
  Effect.map(environment, (known) => {
    const nats: Omit<NatsOptions, "name"> = {
      servers: input.natsUrl === "" ? `nats://${input.host}:${input.natsPort}` : input.natsUrl.split(","),
      ...given("token", known.token),
      ...given("user", known.user),
      ...given("password", known.password)
    }
    const store: StoreOptions = {
      url: input.storeUrl === "" ? `http://${input.host}:${input.storePort}` : input.storeUrl,
      database: known.database,
      ...given("username", known.storeUser),
      ...given("password", known.storePassword)
    }
    return { nats, store }
  })
