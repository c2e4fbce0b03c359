// Ledger: prints the accounts as the api tells them, or has them counted anew.
import { Effect, Option } from "effect"
import { workFailure } from "../failure.ts"
import { graphqlRequest } from "../graphql-request.ts"
import { type LedgerCheckInput, runLedgerCheck } from "../ledger-check/report.ts"
import { type Ledger, ledgerLines } from "../terminal/ledger-table.ts"
import { Output } from "../terminal/output.ts"

const document = `query ($from: DateTime, $to: DateTime) {
  ledger(from: $from, to: $to) {
    received stored deduplicated dropped rejected unaccounted balanced
    entries { minute tenant source received stored deduplicated dropped rejected unaccounted droppedBy rejectedBy }
  }
}`

interface LedgerInput extends LedgerCheckInput {
  readonly check: boolean
  readonly api: string
}

export const run = Effect.fnUntraced(function* (input: LedgerInput) {
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
