// The check that every case ends with: it is silent when nothing happened, and sees what sums do not show.
import { storeHeaders } from "@tailrace/testing/folder-credentials"
import { waitFor } from "@tailrace/testing/wait-until"
import { expect, it } from "vitest"
import { readCounts } from "./counts.ts"
import { checkLedger } from "./ledger-check.ts"
import { oneMachine } from "./stand/one-machine.ts"

/** A record less in one minute and one more in another; counts of a rollup are modulo 2^64. */
const moved = `INSERT INTO logs_per_minute (ingested_on, tenant, minute, service, severity, records, bytes)
  SELECT ingested_on, tenant, minute - 60 * back, service, severity, if(back = 0, 18446744073709551615, 1), 0
  FROM (SELECT * FROM logs_per_minute LIMIT 1) ARRAY JOIN [0, 1] AS back`

it("names what stands in a wrong minute though every sum is right", { retry: 0, timeout: 120_000 }, async () => {
  const stand = await oneMachine()
  try {
    const body = Array.from({ length: 10 }, (_, n) => JSON.stringify({ msg: `record ${n}`, n })).join("\n")
    await fetch(`${stand.collector}/ingest/numbered`, { method: "POST", body })
    const counts = await waitFor(
      () => readCounts(stand),
      ({ accounted }) => accounted === 10,
      { what: "ten records accounted for" }
    )
    expect(await checkLedger(stand)).toMatchObject({ received: 10, stored: 10, rawRecords: 10, differences: [] })
    const planted = await fetch(`${stand.storeUrl}/?database=tailrace`, {
      method: "POST",
      headers: storeHeaders(stand.instance.data),
      body: moved
    })
    expect(await planted.text()).toBe("")
    expect(await readCounts(stand)).toEqual(counts)
    expect((await checkLedger(stand)).differences).toMatchObject([
      { between: "rollup and rows", words: expect.stringContaining("1 too many") },
      { between: "rollup and rows", words: expect.stringContaining("1 missing") }
    ])
  } finally {
    await stand.remove()
  }
})
