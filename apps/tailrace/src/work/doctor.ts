// Doctor: looks at this machine and the system on it, prints what it found, fails when anything is wrong.
import { durabilityLevels } from "@tailrace/streams/durability"
import { Effect } from "effect"
import { brokerAs, natsConnection, storeConnection } from "../connections.ts"
import { type DoctorInput, examine } from "../doctor/examine.ts"
import { repair } from "../doctor/repair.ts"
import { reportLines } from "../doctor/report.ts"
import { usageFailure, workFailure } from "../failure.ts"
import { Output } from "../terminal/output.ts"

interface DoctorFlags extends Omit<DoctorInput, "nats" | "store" | "system"> {
  readonly repair: boolean
  readonly yes: boolean
  readonly json: boolean
}

export const run = Effect.fnUntraced(function* (input: DoctorFlags) {
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
