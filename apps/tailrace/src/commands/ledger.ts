// The command ledger: what became of every record received, and whether it adds up.
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { connectionFlags } from "../connections.ts"
import { apiUrl, json } from "../endpoints.ts"
import { workFailure } from "../failure.ts"
import { graphqlRequest } from "../graphql-request.ts"
import { type Ledger, ledgerLines } from "../terminal/ledger-table.ts"
import { Output } from "../terminal/output.ts"
import { runLedgerCheck } from "./ledger-check.ts"

const document = `query ($from: DateTime, $to: DateTime) {
  ledger(from: $from, to: $to) {
    received stored deduplicated dropped rejected unaccounted balanced
    entries { minute tenant source received stored deduplicated dropped rejected unaccounted droppedBy rejectedBy }
  }
}`

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
    const { ledger } = yield* graphqlRequest<{ readonly ledger: Ledger }>({
      url: input.api,
      document,
      variables: { from: Option.getOrNull(input.from), to: Option.getOrNull(input.to) },
      style: output.style
    })
    if (input.json || !output.isTerminal) yield* output.line(JSON.stringify(ledger))
    else for (const line of ledgerLines(ledger, output.style)) yield* output.line(line)
    if (!ledger.balanced)
      return yield* workFailure(`the ledger does not add up: ${ledger.unaccounted} records unaccounted for`)
  })
).pipe(Command.withDescription("Show what became of every record received; fails when it does not add up"))
