// Tests of subjects: names that travel as one token, and none that could reach elsewhere.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { inputSubject, isSubjectToken, parseInputSubject, subjectTokenProblem, toSubjectToken } from "./subjects.ts"

describe("subject tokens", () => {
  it("refuse whatever a subject gives a meaning, and say so", () => {
    for (const bad of ["", "a.b", "*", ">", "a b", "a\n", "ü", "x".repeat(65)]) {
      expect(isSubjectToken(bad)).toBe(false)
      expect(subjectTokenProblem(bad)).toContain('letters, digits, "_" or "-"')
    }
    expect(subjectTokenProblem("web-1_A")).toBeUndefined()
  })

  it("can be made of any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => isSubjectToken(toSubjectToken(text, "file"))))
    expect(toSubjectToken("/var/log/app.log", "file")).toBe("var-log-app-log")
  })

  it("are found again in input and raw subjects", () => {
    expect(parseInputSubject(inputSubject("t", "s"))).toEqual({ tenant: "t", source: "s" })
    expect(parseInputSubject("logs.raw.3.t.s")).toEqual({ tenant: "t", source: "s" })
    expect(parseInputSubject("logs.in.t")).toBeUndefined()
  })
})
