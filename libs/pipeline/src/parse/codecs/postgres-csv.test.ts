// Tests of the codec postgres-csv.
import { describe, expect, it } from "vitest"
import { isoOf, recordOf } from "../records-of.ts"

const row =
  '2026-11-20 14:22:01.345 UTC,"app","shop",2211,"10.0.0.9:51002",6abc0123.8a3,3,"INSERT",2026-11-20 14:20:00 UTC,4/122,0,ERROR,23505,"duplicate key value violates unique constraint ""orders_pkey""",,,,,,,,,"psql"'

describe("postgres-csv", () => {
  it("reads the columns of a row, and keeps the row", () => {
    const record = recordOf(row)
    expect(record).toMatchObject({
      severityNumber: 17,
      body: 'duplicate key value violates unique constraint "orders_pkey"'
    })
    expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:01.345000000")
    expect(record.attributes).toMatchObject({
      "db.user": "app",
      "db.namespace": "shop",
      pid: "2211",
      "db.response.status_code": "23505",
      application_name: "psql",
      "log.original": row
    })
  })

  it("takes no row of another kind", () => {
    expect(recordOf("2026-11-20 14:22:01 UTC,a,b,c", { codec: "postgres-csv" }).parsed).toBe(false)
  })
})
