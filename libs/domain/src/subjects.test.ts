// Tests of subjects: names that travel as one token, and none that could reach elsewhere.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  inputSubject,
  isSubjectToken,
  originOf,
  parseInputSubject,
  partitionOf,
  subjectTokenProblem,
  toSubjectToken
} from "./subjects.ts"

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

describe("the origin of a message", () => {
  it("is the subject's, and its partition the one the broker put it to", () => {
    expect(originOf("logs.raw.3.t.s")).toEqual({ tenant: "t", source: "s" })
    expect(partitionOf("logs.raw.3.t.s")).toBe(3)
  })

  it.each([
    ["logs.in.t.*", "t", "unknown"],
    ["logs.in.*.s", "default", "s"],
    ["logs.in.t.>", "t", "unknown"],
    ["logs.raw.0.t.a*b", "t", "unknown"],
    ["logs.raw.0.té.s", "default", "s"],
    [`logs.raw.0.t.${"x".repeat(65)}`, "t", "unknown"],
    ["logs.raw.0..s", "default", "s"],
    ["logs.raw.0.t", "default", "unknown"],
    ["", "default", "unknown"]
  ])("is said to be none where a name is none: %s", (subject, tenant, source) => {
    const origin = originOf(subject)
    expect(origin).toMatchObject({ tenant, source })
    expect(origin.problem).toBeTruthy()
    expect(partitionOf(subject)).toBe(0)
  })
})
