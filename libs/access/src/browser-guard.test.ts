// Tests of the browser guard: which requests of a browser a listener answers, by name, origin and Sec-Fetch headers.
import type { IncomingHttpHeaders } from "node:http"
import { describe, expect, it } from "vitest"
import { browserProblem } from "./browser-guard.ts"

const doors = { listener: "the api", names: ["logs.internal"], origins: ["https://shop.example"] }
const problem = (headers: IncomingHttpHeaders) => browserProblem({ host: "127.0.0.1:4000", ...headers }, doors)

describe("the browser guard", () => {
  it("lets programs and pages of the listener itself pass", () => {
    for (const host of [
      "127.0.0.1:4000",
      "localhost:4000",
      "[::1]:4000",
      "10.1.2.3",
      "logs.internal:4000",
      "LOGS.internal"
    ]) {
      expect(problem({ host }), host).toBeUndefined()
      expect(problem({ host, origin: `http://${host}` }), host).toBeUndefined()
      expect(problem({ host, "sec-fetch-site": "same-origin" }), host).toBeUndefined()
    }
    expect(problem({ "sec-fetch-site": "none" })).toBeUndefined()
    expect(problem({ origin: "https://shop.example", "sec-fetch-site": "cross-site" })).toBeUndefined()
  })

  it("refuses names that somebody else may have pointed here", () => {
    for (const host of [
      "evil.example",
      "localhost.evil.example:4000",
      "",
      "a b",
      "logs.internal.evil.example",
      "user@"
    ]) {
      expect(problem({ host }), host).toContain("is not called")
    }
  })

  it("refuses pages of every other origin, nameless ones and other ports of this machine too", () => {
    for (const origin of [
      "https://evil.example",
      "null",
      "",
      "http://127.0.0.1:1",
      "https://shop.example.evil.example"
    ]) {
      expect(problem({ origin }), origin).toContain("pages of this origin")
    }
    for (const site of ["cross-site", "same-site"]) {
      expect(problem({ "sec-fetch-site": site }), site).toContain("pages of other sites")
      expect(problem({ "sec-fetch-site": site, "sec-fetch-mode": "no-cors" }), site).toContain("pages of other sites")
    }
  })

  it("lets a link be followed and no page be framed or loaded as something else", () => {
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }
    expect(problem({ ...link, "sec-fetch-dest": "document" })).toBeUndefined()
    for (const dest of ["iframe", "object", "embed", "frame", ""]) {
      expect(problem({ ...link, "sec-fetch-dest": dest }), dest).toContain("pages of other sites")
    }
  })
})
