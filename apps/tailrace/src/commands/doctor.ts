// The command doctor: whether this machine and the system on it are well, what is not, and what durability costs here.
import { durabilityLevels } from "@tailrace/streams/durability"
import { Config, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { type DoctorInput, examine } from "../doctor/examine.ts"
import { reportLines } from "../doctor/report.ts"
import { workFailure } from "../failure.ts"
import { Output } from "../terminal/output.ts"
import { upFlags } from "../up/flags.ts"

const {
  apiPort,
  data,
  durability,
  host,
  httpPort,
  natsMonitorPort,
  natsPort,
  natsUrl,
  storePort,
  storeUrl,
  syslogPort
} = upFlags

const flags = {
  data,
  host,
  durability: durability.pipe(Flag.withDescription("The durability that is wished for (TAILRACE_DURABILITY)")),
  apiPort,
  httpPort,
  syslogPort,
  natsPort,
  natsMonitorPort,
  storePort,
  natsUrl,
  storeUrl,
  probe: Flag.Boolean("probe").pipe(
    Flag.withDescription("Measure an fsync and an acknowledged publish; --no-probe writes nothing at all"),
    Flag.withDefault(true)
  ),
  json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false))
}

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

export const doctorCommand = Command.make(
  "doctor",
  flags,
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const known = yield* environment
    output.progress("looking around")
    const request: DoctorInput = {
      ...input,
      nats: {
        servers: input.natsUrl === "" ? `nats://${input.host}:${input.natsPort}` : input.natsUrl.split(","),
        ...given("token", known.token),
        ...given("user", known.user),
        ...given("password", known.password)
      },
      store: {
        url: input.storeUrl === "" ? `http://${input.host}:${input.storePort}` : input.storeUrl,
        database: known.database,
        ...given("username", known.storeUser),
        ...given("password", known.storePassword)
      }
    }
    const { durability, findings, prices } = yield* examine(request)
    const wrong = findings.filter(({ status }) => status === "fail")
    if (input.json) {
      const levels = Object.entries(durabilityLevels).map(([name, { loses, meaning, price }]) => ({
        name,
        meaning,
        loses,
        price
      }))
      yield* output.line(
        JSON.stringify({ ok: wrong.length === 0, durability: durability ?? null, levels, prices, findings })
      )
    } else yield* output.line(reportLines(findings, durability, output.style).join("\n"))
    if (wrong.length > 0)
      return yield* workFailure(`${wrong.length} wrong: ${wrong.map(({ area, name }) => `${area} ${name}`).join(", ")}`)
  })
).pipe(Command.withDescription("Look at this machine and the system on it: what is well, what is not, and what to do"))
