// Architecture: who may import whom, over the Nx project graph; and the rules that no linter carries.
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Each project and the projects it may depend on. */
const allowed: Readonly<Record<string, ReadonlyArray<string>>> = {
  domain: [],
  config: ["domain"],
  access: ["domain"],
  query: ["domain"],
  telemetry: ["domain"],
  redact: ["access", "domain"],
  pipeline: ["config", "domain", "query", "redact"],
  streams: ["access", "config", "domain", "telemetry"],
  store: ["access", "config", "domain", "query"],
  testing: ["access", "config", "domain", "query", "streams", "store", "telemetry"],
  "store-front": ["access", "domain", "store"],
  collector: ["access", "config", "domain", "redact", "streams", "telemetry"],
  processor: ["access", "config", "domain", "pipeline", "query", "streams", "store", "telemetry"],
  api: ["access", "config", "domain", "query", "streams", "store", "telemetry"],
  tailrace: [
    ...["access", "config", "domain", "pipeline", "query", "redact", "streams", "store", "telemetry"],
    ...["collector", "processor", "api"]
  ]
}
/** Every project's tests may use the testing library, which itself stands on the others. */
const testing = "testing"

/** When the length of subjects became a rule. */
const subjectsSince = "2026-12-01T03:50:00Z"

const files = (folder: string): Array<string> =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name) && !entry.parentPath.includes("node_modules"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))

const importsOf = (file: string): Array<string> =>
  [...readFileSync(join(root, file), "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
    (match) => match[1] as string
  )

const sources = ["apps", "libs"].flatMap(files)

/** A file of each circle that the rooms of the collector still hold. */
const beingRemoved = ["apps/collector/src/frames/submission.ts", "apps/collector/src/sources/file.ts"]

/** The file an import leads to, where it is one of ours. */
const importedFile = (from: string, path: string): string | undefined => {
  if (path.startsWith(".")) return join(dirname(from), path)
  const [, project, file] = /^@tailrace\/([^/]+)\/(.+)$/.exec(path) ?? []
  return ["libs", "apps"].map((folder) => `${folder}/${project}/src/${file}.ts`).find((own) => own in importsByFile)
}

const importsByFile: Readonly<Record<string, ReadonlyArray<string>>> = Object.fromEntries(
  sources.map((file) => [file, importsOf(file)])
)

/** Files that reach each other by imports: each circle once, as the way round that was found first. */
const circlesOf = (files: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
  const done = new Set<string>()
  const circles: Array<ReadonlyArray<string>> = []
  const visit = (file: string, way: ReadonlyArray<string>): void => {
    const met = way.indexOf(file)
    if (met >= 0) circles.push(way.slice(met))
    if (met >= 0 || done.has(file)) return
    for (const path of importsByFile[file] ?? []) {
      const next = importedFile(file, path)
      if (next !== undefined && next in importsByFile) visit(next, [...way, file])
    }
    done.add(file)
  }
  for (const file of files) visit(file, [])
  return circles
}

describe("the architecture", () => {
  it("lets a project depend only on the layers below it", () => {
    const graph = JSON.parse(
      execFileSync("nx", ["graph", "--print"], {
        cwd: root,
        encoding: "utf8",
        env: { ...process.env, NX_DAEMON: "false", NX_NO_CLOUD: "true" }
      })
    ).graph.dependencies as Record<string, ReadonlyArray<{ readonly target: string }>>
    const wrong = Object.entries(graph).flatMap(([project, dependencies]) =>
      dependencies
        .map(({ target }) => ({ from: project.replace("@tailrace/", ""), to: target.replace("@tailrace/", "") }))
        .filter(({ from, to }) => allowed[to] !== undefined && to !== testing && !allowed[from]?.includes(to))
        .map(({ from, to }) => `${from} -> ${to}`)
    )
    expect(wrong).toEqual([])
    expect(Object.keys(graph).length).toBeGreaterThanOrEqual(Object.keys(allowed).length)
  })

  it("lets only tests import the testing library", () => {
    const wrong = sources.filter(
      (file) =>
        !file.endsWith(".test.ts") &&
        !file.startsWith("libs/testing/") &&
        !file.endsWith(".harness.ts") &&
        importsOf(file).some((path) => path.startsWith("@tailrace/testing"))
    )
    expect(wrong).toEqual([])
  })

  it("calls what helps tests and is no test a harness, and nothing else", () => {
    const isHarness = (file: string) => file.endsWith(".harness.ts")
    // The libraries for tests are helpers as a whole, and so is the stand of the chaos suite; the bench is a program.
    const others = /^libs\/testing\/|^test\/chaos\/|^test\/simulation\//
    const all = [...sources, ...files("test"), ...files("docs/chapters")].filter((file) => !others.test(file))
    const helps = (file: string) =>
      importsOf(file).some((path) => /^(vitest|@effect\/vitest|@tailrace\/testing)/.test(path))
    const unnamed = all.filter((file) => helps(file) && !file.endsWith(".test.ts") && !isHarness(file))
    expect(unnamed).toEqual([])
    const importers = all.flatMap((file) =>
      file.endsWith(".test.ts") || isHarness(file)
        ? []
        : importsOf(file)
            .filter((path) => path.endsWith(".harness.ts"))
            .map((path) => `${file} imports ${path}`)
    )
    expect(importers).toEqual([])
  })

  it.skipIf(!existsSync(join(root, ".git")))("tells each change in a subject of at most 72 characters", () => {
    const log = ["log", "-50", `--since=${subjectsSince}`, "--no-merges", "--format=%s"]
    const subjects = execFileSync("git", log, { cwd: root, encoding: "utf8" }).split("\n")
    expect(subjects.filter((subject) => subject.length > 72)).toEqual([])
  })

  it("keeps the folders of stages apart", () => {
    const stages = ["parse", "filter", "enrich", "deduplicate", "window", "detect"]
    const wrong = sources.flatMap((file) => {
      const stage = /^libs\/pipeline\/src\/(\w+)\//.exec(file)?.[1]
      if (stage === undefined || !stages.includes(stage) || file.endsWith(".test.ts")) return []
      return importsOf(file)
        .filter((path) => stages.some((other) => other !== stage && path.startsWith(`../${other}/`)))
        .map((path) => `${file} imports ${path}`)
    })
    expect(wrong).toEqual([])
  })

  it("has no circle of imports, types included", () => {
    expect(circlesOf(sources).filter((circle) => !beingRemoved.some((file) => circle.includes(file)))).toEqual([])
  })

  it("keeps the processor's root to what puts its rooms together", () => {
    const beside = sources.filter(
      (file) => /^apps\/processor\/src\/[^/]+\.ts$/.test(file) && !file.endsWith(".test.ts")
    )
    expect(beside.length).toBeLessThanOrEqual(12)
  })

  it("begins every file with a line that says what it is", () => {
    const silent = [...sources, ...files("scripts"), ...files("bench"), ...files("test")].filter(
      (file) => !/^(#!.*\n)?\/\/ \S.{10,}/.test(readFileSync(join(root, file), "utf8"))
    )
    expect(silent).toEqual([])
  })

  it("has no folder or file of things that belong nowhere", () => {
    const names = /(^|\/)(utils?|common|shared|core|helpers?|types|misc)(\.ts|\/)/
    const allowedNames = /^apps\/api\/src\/graphql\/types\//
    expect(sources.filter((file) => names.test(file) && !allowedNames.test(file))).toEqual([])
  })
})
