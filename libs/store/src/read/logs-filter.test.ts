// Unit tests of the logs filter: the condition it builds and when the rollup may answer.
import { assert, describe, it } from "@effect/vitest"
import { histogramSource } from "./histogram.ts"
import { holdsInRollup, whereLogs } from "./logs-filter.ts"

describe("a logs filter", () => {
  it("of nothing is true", () => {
    assert.deepStrictEqual(whereLogs({ tenant: undefined }), { where: "1", params: {} })
  })

  it("holds tenant, range and condition together, values only as parameters", () => {
    const condition = { condition: "service = {p0:String} OR 1", params: { p0: "x' OR 1" } }
    const { where, params } = whereLogs({ tenant: "a'b", from: 1n, to: 2n, condition })
    assert.strictEqual(
      where,
      "tenant = {f_tenant:String} AND timestamp >= fromUnixTimestamp64Nano({f_from:Int64}) " +
        "AND timestamp < fromUnixTimestamp64Nano({f_to:Int64}) AND (service = {p0:String} OR 1)"
    )
    assert.deepStrictEqual(params, { p0: "x' OR 1", f_tenant: "a'b", f_from: "1", f_to: "2" })
  })
})

describe("the rollup", () => {
  const about = (condition: string) => holdsInRollup({ condition, params: {} })

  it("answers conditions on service, severity and tenant only", () => {
    assert.isTrue(holdsInRollup(undefined))
    assert.isTrue(about("lowerUTF8(service) = lowerUTF8({p0:String}) AND severity IN {p1:Array(String)}"))
    assert.isFalse(about("service = {p0:String} AND body = {p1:String}"))
    assert.isFalse(about("attributes[{p0:String}] = {p1:String}"))
    assert.isFalse(about("severity_number >= {p0:Int64}"))
  })

  it("is taken for whole minutes and never for shorter steps", () => {
    const request = { tenant: undefined, from: 0n, to: 3_600_000_000_000n }
    assert.strictEqual(histogramSource({ ...request, stepMillis: 300_000 }), "minutes")
    assert.strictEqual(histogramSource({ ...request, stepMillis: 90_000 }), "rows")
    assert.strictEqual(histogramSource({ ...request, to: 59_999_999_999n, stepMillis: 60_000 }), "rows")
  })
})
