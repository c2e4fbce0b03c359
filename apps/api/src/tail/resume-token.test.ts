// Tests of resume tokens.
import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { furthest, parseResumeToken, resumeToken } from "./resume-token.ts"

const position = fc
  .uniqueArray(fc.tuple(fc.nat(65_535), fc.nat(Number.MAX_SAFE_INTEGER)), {
    selector: ([partition]) => partition,
    maxLength: 256
  })
  .map((pairs) => new Map(pairs))

describe("a resume token", () => {
  it("gives back the position it was made of", () => {
    fc.assert(fc.property(position, (one) => assert.deepStrictEqual(parseResumeToken(resumeToken(one)), one)))
  })

  it("is refused when it is none", () => {
    for (const text of [
      "",
      "nonsense",
      "1;0:1",
      Buffer.from("2;0:1").toString("base64url"),
      Buffer.from("1;0:x").toString("base64url")
    ]) {
      assert.isUndefined(parseResumeToken(text))
    }
  })

  it("goes as far as the further of two in every partition", () => {
    assert.deepStrictEqual(
      furthest(
        new Map([
          [0, 5],
          [1, 2]
        ]),
        new Map([
          [1, 7],
          [2, 1]
        ])
      ),
      new Map([
        [0, 5],
        [1, 7],
        [2, 1]
      ])
    )
  })
})
