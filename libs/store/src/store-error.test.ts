// Unit tests of StoreError: which failure has which consequence.
import { assert, describe, it } from "@effect/vitest"
import { consequenceOf, toStoreError } from "./store-error.ts"

const exception = (code: string, message: string, type?: string) => Object.assign(new Error(message), { code, type })

describe("a failed request", () => {
  it("without an answer is to be repeated, because its result is unknown", () => {
    for (const code of ["ECONNREFUSED", "ECONNRESET", "EPIPE"]) {
      const error = toStoreError("insert into logs", exception(code, "connect failed"))
      assert.strictEqual(error.consequence, "retry")
      assert.isUndefined(error.code)
    }
    assert.strictEqual(toStoreError("insert into logs", new Error("Timeout error.")).consequence, "retry")
  })

  it("for want of room, access or a right schema, or for a store that only reads, keeps its work", () => {
    for (const code of [241, 243, 252, 60, 516, 53, 164, 242]) assert.strictEqual(consequenceOf(code), "hold")
  })

  it("because of single values sets aside the records that hold them", () => {
    for (const code of [6, 395, 469]) assert.strictEqual(consequenceOf(code), "dead-letter")
  })

  it("for a reason nobody knows never sets a record aside", () => {
    for (const code of [49, 1001, 99_999]) assert.strictEqual(consequenceOf(code), "reject")
  })

  it("that can never succeed is rejected with ClickHouse's code, name and first line", () => {
    const error = toStoreError("search logs", exception("62", "Syntax error: failed\nat position 1", "SYNTAX_ERROR"))
    assert.strictEqual(error.consequence, "reject")
    assert.strictEqual(error.code, 62)
    assert.strictEqual(error.type, "SYNTAX_ERROR")
    assert.strictEqual(error.message, "search logs: Syntax error: failed")
  })
})
