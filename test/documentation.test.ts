// Documentation: every link leads somewhere, every chapter and decision is listed and whole.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..")
const read = (path: string): string => readFileSync(join(root, path), "utf8")

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
]

/** An anchor as it is made of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, "")
    .trim()
    .replaceAll(" ", "-")

const anchorsOf = (text: string): ReadonlyArray<string> =>
  [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] as string))

/** Links of a page that lead nowhere; addresses elsewhere are not looked at. */
const broken = (page: string, text: string): ReadonlyArray<string> =>
  [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] as string)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = "", anchor] = link.split("#")
      const target = path === "" ? page : join(dirname(page), path)
      if (!existsSync(join(root, target))) return true
      return anchor !== undefined && !anchorsOf(path === "" ? text : read(target)).includes(anchor)
    })

describe("the documentation", () => {
  it.each(pages)("has no dead link in %s", (page) => {
    expect(broken(page, read(page))).toEqual([])
  })

  it("would notice a dead link", () => {
    expect(broken("README.md", "[a](docs/none.md) [b](#nowhere) [c](docs/glossary.md#nothing) [d](LICENSE)")).toEqual([
      "docs/none.md",
      "#nowhere",
      "docs/glossary.md#nothing"
    ])
  })

  it("lists every chapter, numbered without a gap", () => {
    const chapters = readdirSync(join(root, "docs/chapters")).filter((name) => name.endsWith(".test.ts"))
    expect(chapters.map((name) => Number(name.slice(0, 2)))).toEqual(chapters.map((_, i) => i + 1))
    for (const chapter of chapters) {
      expect(read("docs/README.md")).toContain(`(chapters/${chapter})`)
      expect(read(`docs/chapters/${chapter}`)).toMatch(new RegExp(`^// Chapter ${Number(chapter.slice(0, 2))}: `))
    }
  })

  it("lists every decision, each with context, decision, consequences and status", () => {
    const decisions = readdirSync(join(root, "docs/decisions")).filter((name) => /^\d{4}-/.test(name))
    expect(decisions.map((name) => Number(name.slice(0, 4)))).toEqual(decisions.map((_, i) => i + 1))
    for (const decision of decisions) {
      expect(read("docs/decisions/README.md")).toContain(`(${decision})`)
      const text = read(`docs/decisions/${decision}`)
      expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual([
        "Context",
        "Decision",
        "Consequences"
      ])
      expect(text).toMatch(/^Status: (accepted|replaced by \[\d+\])/m)
    }
  })
})
