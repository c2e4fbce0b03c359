// Pictures: the rooms and arrows drawn in the architecture, and the places named to contributors, are those of the code.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, normalize, relative } from "node:path"
import { describe, expect, it } from "vitest"

const root = dirname(import.meta.dirname)
const read = (path: string): string => readFileSync(join(root, path), "utf8")

interface Picture {
  readonly rooms: ReadonlyArray<string>
  /** "from --> to" */
  readonly arrows: ReadonlyArray<string>
}

/** The picture below a heading. A dotted arrow is no import and says itself what it is. */
const drawn = (heading: string): Picture => {
  const page = read("docs/architecture.md")
  const block = page.slice(page.indexOf(`\n### ${heading}\n`)).match(/```mermaid\n([\s\S]*?)```/)?.[1] ?? ""
  return {
    rooms: [...block.matchAll(/^ {2}([\w-]+)\["/gm)].map((match) => match[1] as string).sort(),
    arrows: [...block.matchAll(/^ {2}([\w-]+) --> ([\w-]+)$/gm)].map(([, from, to]) => `${from} --> ${to}`).sort()
  }
}

const sourcesOf = (folder: string): Array<string> =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(({ name }) => name.endsWith(".ts") && !/\.(test|harness)\.ts$/.test(name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))

const importsOf = (file: string): Array<string> =>
  [...read(file).matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] as string)

/** Arrows of a graph, each as "from --> to". */
const arrowsOf = (graph: ReadonlyMap<string, ReadonlySet<string>>): Array<string> =>
  [...graph].flatMap(([from, to]) => [...to].map((one) => `${from} --> ${one}`)).sort()

const projects = ["apps", "libs"].flatMap((folder) =>
  readdirSync(join(root, folder)).flatMap((name) =>
    name !== "testing" && existsSync(join(root, folder, name, "src")) ? [{ name, folder: `${folder}/${name}/src` }] : []
  )
)

const projectGraph = new Map(
  projects.map(({ name, folder }) => {
    const imported = sourcesOf(folder).flatMap(importsOf)
    const others = imported.flatMap((path) => /^@tailrace\/([^/]+)/.exec(path)?.[1] ?? [])
    return [name, new Set(others.filter((other) => other !== name))]
  })
)

const reachable = (from: string, seen = new Set<string>()): Set<string> => {
  for (const to of projectGraph.get(from) ?? []) if (!seen.has(to)) reachable(to, seen.add(to))
  return seen
}

/** Without the arrows that a longer way has made superfluous. */
const shortGraph = new Map(
  [...projectGraph].map(([from, direct]) => {
    const longer = new Set([...direct].flatMap((to) => [...reachable(to)]))
    return [from, new Set([...direct].filter((to) => !longer.has(to)))]
  })
)

/** The folders of an app, and which of them import which. Files beside the folders put them together, or serve them all. */
const roomsOf = (app: string): Map<string, Set<string>> => {
  const folder = `apps/${app}/src`
  const rooms = new Map<string, Set<string>>()
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true }))
    if (entry.isDirectory()) rooms.set(entry.name, new Set())
  const roomOf = (file: string): string => relative(folder, file).split("/")[0] as string
  for (const file of sourcesOf(folder))
    for (const path of importsOf(file)) {
      if (!path.startsWith(".")) continue
      const [from, to] = [roomOf(file), roomOf(normalize(join(dirname(file), path)))]
      if (from !== to && rooms.has(to)) rooms.get(from)?.add(to)
    }
  return rooms
}

describe("the pictures of the architecture", () => {
  it("show every project, and every import that no longer way stands for", () => {
    const { arrows, rooms } = drawn("The whole")
    expect(rooms).toEqual([...projectGraph.keys()].sort())
    expect(arrows, "write the arrow as it is expected into docs/architecture.md").toEqual(arrowsOf(shortGraph))
  })

  it.each([
    ["The processor", "processor"],
    ["The collector", "collector"]
  ])("%s shows its rooms, and which of them import which", (heading, app) => {
    const { arrows, rooms } = drawn(heading)
    const graph = roomsOf(app)
    expect(rooms).toEqual([...graph.keys()].sort())
    expect(arrows, "write the arrow as it is expected into docs/architecture.md").toEqual(arrowsOf(graph))
  })
})

describe("where things are", () => {
  it("names thirty things or more, at places that exist", () => {
    const page = read("CONTRIBUTING.md")
    const table = page.slice(page.indexOf("\n## Where is"), page.indexOf("\n## Adding"))
    const rows = table.split("\n").filter((line) => /^\| .*`/.test(line))
    expect(rows.length).toBeGreaterThanOrEqual(30)
    const places = rows.flatMap((row) =>
      [...(row.split("|")[2] as string).matchAll(/`([\w./-]+)`/g)].map((match) => match[1] as string)
    )
    expect(places.filter((place) => !existsSync(join(root, place)))).toEqual([])
  })
})
