// The command ledger: what became of every record received, and whether it adds up.
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { connectionFlags } from "../connections.ts"
import { apiUrl, json } from "../endpoints.ts"
import { workFailure } from "../failure.ts"
import { graphqlRequest } from "../graphql-request.ts"
import { Output } from "../terminal/output.ts"
import { runLedgerCheck } from "./ledger-check.ts"

const document = `query ($from: DateTime, $to: DateTime) {
  ledger(from: $from, to: $to) {
    received stored deduplicated dropped rejected unaccounted balanced
    entries { minute tenant source received stored deduplicated dropped rejected }
  }
}`

interface Counts {
  readonly received: number
  readonly stored: number
  readonly deduplicated: number
  readonly dropped: number
  readonly rejected: number
}
interface Answer {
  readonly ledger: Counts & {
    readonly unaccounted: number
    readonly balanced: boolean
    readonly entries: ReadonlyArray<
      Counts & { readonly minute: string; readonly tenant: string; readonly source: string }
    >
  }
}

const columns = ["received", "stored", "deduplicated", "dropped", "rejected"] as const

export const ledgerCommand = Command.make(
  "ledger",
  {
    from: Flag.String("from").pipe(Flag.withDescription("Earliest minute, ISO 8601"), Flag.optional),
    to: Flag.String("to").pipe(Flag.withDescription("Minute before which, ISO 8601"), Flag.optional),
    check: Flag.Boolean("check").pipe(
      Flag.withDescription("Count anew from raw stream, rows and rollup, without the api, and name every difference"),
      Flag.withDefault(false)
    ),
    json,
    api: apiUrl,
    ...connectionFlags
  },
  Effect.fnUntraced(function* (input) {
    if (input.check) return yield* runLedgerCheck(input)
    const output = yield* Output
    const { ledger } = yield* graphqlRequest<Answer>({
      url: input.api,
      document,
      variables: { from: Option.getOrNull(input.from), to: Option.getOrNull(input.to) },
      style: output.style
    })
    if (input.json || !output.isTerminal) yield* output.line(JSON.stringify(ledger))
    else {
      const row = (minute: string, name: string, counts: Counts): string =>
        `${minute.padEnd(20)} ${name.padEnd(28)} ${columns.map((column) => String(counts[column]).padStart(12)).join(" ")}`
      yield* output.line(
        output.style(
          "bold",
          `${"minute".padEnd(20)} ${"tenant/source".padEnd(28)} ${columns.map((column) => column.padStart(12)).join(" ")}`
        )
      )
      for (const entry of ledger.entries)
        yield* output.line(row(entry.minute.slice(0, 16), `${entry.tenant}/${entry.source}`, entry))
      yield* output.line(row("total", "", ledger))
      yield* output.line(
        ledger.balanced
          ? output.style("green", "every record received is accounted for")
          : output.style("red", `${ledger.unaccounted} records are unaccounted for`)
      )
    }
    if (!ledger.balanced)
      return yield* workFailure(`the ledger does not add up: ${ledger.unaccounted} records unaccounted for`)
  })
).pipe(Command.withDescription("Show what became of every record received; fails when it does not add up"))
