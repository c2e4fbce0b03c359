// Page: answers written anew leave the others as they are.
import { describe, expect, it } from "vitest"
import { withSections } from "./page.ts"

const page = "# Benchmarks\n\nhead\n\n## One?\n\n1\n\n## Two?\n\n2\n"

describe("a page", () => {
  it("takes a new answer in the place of the old one", () => {
    expect(withSections(page, ["## One?\n\n11\n\n"])).toBe(page.replace("\n1\n", "\n11\n"))
    expect(withSections(page, ["## Two?\n\n22\n"])).toBe(page.replace("\n2\n", "\n22\n"))
  })

  it("takes the first answer to a question at its end", () => {
    expect(withSections(page, ["## Three?\n\n3\n"])).toBe(`${page}\n## Three?\n\n3\n`)
  })
})
