// JsonValidator against the JSON test suite, JSON.parse and made-up breakage.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { JsonValidator, skipSpace } from "./json-validator.ts"

const accepts = (bytes: Uint8Array, validator = new JsonValidator()): boolean => {
  const start = skipSpace(bytes, 0, bytes.length)
  const end = validator.value(bytes, start, bytes.length)
  return end >= 0 && skipSpace(bytes, end, bytes.length) === bytes.length
}

const parses = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const suite = join(import.meta.dirname, "../../../../../../shared/data/json/jsontestsuite.json")

describe("JsonValidator", () => {
  it.skipIf(!existsSync(suite))("agrees with the JSON test suite (skipped when its data is absent)", () => {
    const cases: ReadonlyArray<{ name: string; must: string; text?: string; b64?: string }> = JSON.parse(
      readFileSync(suite, "utf8")
    )
    assert.isAbove(cases.length, 300)
    for (const { b64, must, name, text } of cases) {
      const got = accepts(b64 === undefined ? Buffer.from(text ?? "") : Buffer.from(b64, "base64"))
      if (must !== "either") assert.strictEqual(got, must === "accept", name)
    }
  })

  it("accepts what JSON.parse accepts, whole and broken by any change of one character", () => {
    const characters = '{}[]",:\\ \n0123-+.eEtrufalsn\u0001é/b'
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.nat(characters.length - 1),
        fc.constantFrom("keep", "cut", "put", "swap"),
        (json, place, which, change) => {
          const at = json.length === 0 ? 0 : place % json.length
          const put = characters[which]
          const text =
            change === "keep"
              ? json
              : change === "cut"
                ? json.slice(0, at)
                : json.slice(0, at) + put + json.slice(change === "put" ? at : at + 1)
          assert.strictEqual(accepts(Buffer.from(text)), parses(text), JSON.stringify(text))
        }
      ),
      { numRuns: 3_000 }
    )
  })

  it("finds the same in a part of the bytes as in that part alone, whatever follows", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.nat(), (json, place) => {
        const bytes = Buffer.from(json)
        const end = place % (bytes.length + 1)
        const [within, alone] = [new JsonValidator(), new JsonValidator()]
        assert.strictEqual(within.value(bytes, 0, end), alone.value(Buffer.from(bytes.subarray(0, end)), 0, end))
        assert.deepStrictEqual([within.errorAt, within.problem], [alone.errorAt, alone.problem])
      }),
      { numRuns: 2_000 }
    )
  })

  it("says where a text breaks and what should stand there", () => {
    const broken = (text: string) => {
      const validator = new JsonValidator()
      assert.isFalse(accepts(Buffer.from(text), validator))
      return [validator.errorAt, validator.problem]
    }
    assert.deepStrictEqual(broken('{"a":1,}'), [7, 'expected a member name in double quotes, found "}"'])
    assert.deepStrictEqual(broken('{"a" 1}'), [5, 'expected ":", found "1"'])
    assert.deepStrictEqual(broken("[1 2]"), [3, 'expected "," or "]", found "2"'])
    assert.deepStrictEqual(broken('{"a":"b'), [7, "text ends inside a string"])
    assert.deepStrictEqual(broken("[01]"), [2, "a number must not begin with 0"])
    assert.deepStrictEqual(broken('["\u0000"]'), [2, "control character byte 0x00 in a string, escape it"])
  })

  it("refuses nesting beyond its limit without growing the stack", () => {
    const validator = new JsonValidator(64)
    assert.isTrue(accepts(Buffer.from("[".repeat(64) + "]".repeat(64)), validator))
    assert.isFalse(accepts(Buffer.from("[".repeat(1_000_000)), validator))
    assert.strictEqual(validator.problem, "nested deeper than 64 levels")
  })
})
