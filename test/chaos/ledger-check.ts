// Ledger check: what `tailrace ledger --check` finds in a stand, run as anybody would run it beside what it checks.
import { tailrace } from "../e2e/running-tailrace.harness.ts"
import type { Stand } from "./stand/stand.ts"

export interface LedgerCheck {
  readonly received: number
  readonly stored: number
  readonly dropped: number
  readonly deduplicated: number
  readonly rejected: number
  /** Rows in `logs`. */
  readonly rows: number
  /** Records in the bytes that the raw stream keeps; nothing is trimmed while a case runs. */
  readonly rawRecords: number
  /** One thing each that does not add up. */
  readonly differences: ReadonlyArray<object>
}

/** Counts raw stream, rows, rollup and dead letters anew and compares them with the ledger. Throws when it could not look. */
export const checkLedger = async ({ environment, natsUrl, storeUrl }: Stand): Promise<LedgerCheck> => {
  const { code, err, out } = await tailrace(
    ["ledger", "--check", "--nats-url", natsUrl, "--store-url", storeUrl],
    environment
  )
  if (out === "") throw new Error(`tailrace ledger --check ended with ${code}: ${err}`)
  const { deduplicated, differences, dropped, rawRecords, received, rejected, rows, stored } = JSON.parse(out)
  return { received, stored, dropped, deduplicated, rejected, rows, rawRecords, differences }
}
