// Publish answers: acknowledgements, refusals by reason, and what is worth another attempt.
import { describe, expect, it } from "vitest"
import { readAnswer } from "./publish-error.ts"

const refusal = (code: number, err_code: number) =>
  readAnswer("s.a", JSON.stringify({ error: { code, err_code, description: "why" }, stream: "S", seq: 0 }))

describe("readAnswer", () => {
  it("reads an acknowledgement", () => {
    expect(readAnswer("s.a", '{"stream":"S","seq":7}')).toEqual({
      kind: "ack",
      ack: { stream: "S", sequence: 7, duplicate: false }
    })
    expect(readAnswer("s.a", '{"stream":"S","seq":7,"duplicate":true}')).toMatchObject({ ack: { duplicate: true } })
  })

  it.each([
    [400, 10071, "wrong-last-sequence"],
    [400, 10164, "wrong-last-sequence"],
    [400, 10054, "too-large"],
    [503, 10077, "full"],
    [500, 10047, "full"],
    [404, 10059, "no-stream"],
    [400, 10060, "unavailable"]
  ])("classes code %i, %i as %s", (code, errCode, reason) => {
    expect(refusal(code, errCode)).toMatchObject({ kind: "error", error: { reason } })
  })

  it("asks for another attempt when the broker is busy or answers nonsense", () => {
    expect(refusal(503, 10008).kind).toBe("again")
    expect(readAnswer("s.a", "nonsense").kind).toBe("again")
    expect(readAnswer("s.a", "{}").kind).toBe("again")
  })
})
