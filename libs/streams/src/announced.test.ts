// Tests of announcements: what an owner wrote comes back, and whatever else lies on the subject is named.
import { describe, expect, it } from "vitest"
import { decodeAnnounced } from "./announced.ts"

const cut = { first: 1, last: 9, attempt: 7, ingestedAt: 1_790_000_000_000 }
const announced = (cuts: unknown): string => JSON.stringify({ owner: "x", cuts })

describe("decodeAnnounced", () => {
  it("reads what an owner announced, with whatever a later release adds", () => {
    const one = { owner: "x", cuts: { rows: cut, ledger: { ...cut, within: true } }, later: 1 }
    expect(decodeAnnounced(JSON.stringify(one))).toEqual(one)
  })

  it.each([
    ["", "not json"],
    ["\u0000\u0001{", "not json"],
    ["null", "no owner"],
    ["7", "no owner"],
    ["[]", "no owner"],
    ["{}", "no owner"],
    ['{"owner":"x"}', "no batches"],
    ['{"owner":"x","cuts":[]}', "no batches"],
    [announced({ rows: null }), "no batch"],
    [announced({ rows: { ...cut, first: "1" } }), "no sequences"],
    [announced({ rows: { ...cut, last: 1e300 } }), "no sequences"],
    [announced({ rows: { ...cut, last: 0 } }), "ends at 0 before"],
    [announced({ rows: { ...cut, attempt: -1 } }), "no attempt"],
    [announced({ rows: { ...cut, attempt: 2 ** 40 } }), "no attempt"],
    [announced({ rows: { ...cut, ingestedAt: 9e15 } }), "no time"],
    [announced({ rows: { ...cut, within: "yes" } }), "a mark"]
  ])("names what %j lacks", (text, wanted) => {
    const read = decodeAnnounced(text)
    expect("unreadable" in read ? read.unreadable : "read").toContain(wanted)
  })
})
