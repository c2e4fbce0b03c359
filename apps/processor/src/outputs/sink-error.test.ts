// Tests of the errors of outputs: what a failure of the store becomes.
import { assert, describe, it } from "@effect/vitest"
import { toStoreError } from "@tailrace/store/store-error"
import { ofStore } from "./sink-error.ts"

const thrown = (code: string, type?: string) => toStoreError("insert", Object.assign(new Error("no"), { code, type }))

describe("a failure of the store", () => {
  it("keeps its consequence and its words", () => {
    const { consequence, message, refusedAs } = ofStore(thrown("243", "NOT_ENOUGH_SPACE"))
    assert.deepStrictEqual([consequence, message, refusedAs], ["hold", "insert: no", undefined])
    assert.strictEqual(ofStore(thrown("ECONNREFUSED")).consequence, "retry")
  })

  it("says what data was refused for, by its name or by its number", () => {
    assert.strictEqual(ofStore(thrown("469", "VIOLATED_CONSTRAINT")).refusedAs, "VIOLATED_CONSTRAINT")
    assert.strictEqual(ofStore(thrown("469")).refusedAs, "code 469")
  })
})
