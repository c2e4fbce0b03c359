// The command doctor: whether this machine and the system on it are well, what is not, and what durability costs here.
import { durabilityLevels } from "@tailrace/streams/durability"
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { brokerAs, connectionFlags, natsConnection, storeConnection } from "../connections.ts"
import { type DoctorInput, examine } from "../doctor/examine.ts"
import { repair } from "../doctor/repair.ts"
import { reportLines } from "../doctor/report.ts"
import { usageFailure, workFailure } from "../failure.ts"
import { Output } from "../terminal/output.ts"
import { upFlags } from "../up/flags.ts"

const { apiPort, durability, host, httpPort, insecureOpen, natsMonitorPort, syslogPort } = upFlags

const flags = {
  durability: durability.pipe(Flag.withDescription("The durability that is wished for (TAILRACE_DURABILITY)")),
  ...connectionFlags,
  host,
  insecureOpen,
  natsMonitorPort,
  apiPort,
  httpPort,
  syslogPort,
  probe: Flag.Boolean("probe").pipe(
    Flag.withDescription("Measure an fsync and an acknowledged publish; --no-probe writes nothing at all"),
    Flag.withDefault(true)
  ),
  repair: Flag.Boolean("repair").pipe(
    Flag.withDescription(
      "Look only for what the store holds more than once and where its rollup is wrong, and say what would be done"
    ),
    Flag.withDefault(false)
  ),
  yes: Flag.Boolean("yes").pipe(Flag.withDescription("With --repair: do it"), Flag.withDefault(false)),
  json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false))
}

export const doctorCommand = Command.make(
  "doctor",
  flags,
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    if (input.yes && !input.repair) return yield* usageFailure("--yes says nothing without --repair")
    if (input.repair) return yield* repair({ ...input, store: yield* storeConnection(input) })
    output.progress("looking around")
    const request: DoctorInput = {
      ...input,
      system: yield* brokerAs(input, "health"),
      nats: yield* natsConnection(input),
      store: yield* storeConnection(input)
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
