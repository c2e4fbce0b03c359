// Tests of the identity of dead letters as text.
import { describe, expect, it } from "vitest"
import { deadLetterIdText, parseDeadLetterId } from "./dead-letter.ts"

describe("the identity of a dead letter", () => {
  it("reads back from its text", () => {
    const id = { tenant: "a_b-1", stage: "sink", partition: 3, sequence: 2 ** 40, row: 17 }
    expect(deadLetterIdText(id)).toBe("a_b-1/sink/3-1099511627776-17")
    expect(parseDeadLetterId(deadLetterIdText(id))).toEqual(id)
  })

  it("is nothing else", () => {
    for (const text of ["", "sink/1-2-3", "a/sink/1-2", "a/SINK/1-2-3", "a/sink/1-2-3 ", "a.b/sink/1-2-3"])
      expect(parseDeadLetterId(text)).toBeUndefined()
  })
})
