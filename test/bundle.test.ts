// Bundle: what `npm run` starts is made of the present sources, always, and is the sources where no bundle can be made.
import { execFile } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const root = dirname(import.meta.dirname)
const run = promisify(execFile)
const names = ["tailrace", "collector", "processor", "api", "store-front"]

/** A checkout of five small programs that share a library, with the true bootstrap and packages. */
const checkout = realpathSync(mkdtempSync(join(tmpdir(), "tailrace-bundle-")))
const path = (name: string) => join(checkout, name)
const write = (name: string, text: string): void => {
  mkdirSync(dirname(path(name)), { recursive: true })
  writeFileSync(path(name), text)
}

/** Writes other words of the same length, and gives the file the times it had. */
const writeUnseen = (name: string, text: string): void => {
  const { atime, mtime, size } = statSync(path(name))
  write(name, text)
  utimesSync(path(name), atime, mtime)
  expect(statSync(path(name))).toMatchObject({ size, mtime })
}

const chosen = async (environment = {}): Promise<{ readonly file: string; readonly told: string }> => {
  const ask = `const { programFile } = await import(${JSON.stringify(path("scripts/bootstrap/programs.mjs"))})
    console.log(programFile("tailrace", process.execPath))`
  const { stderr, stdout } = await run(process.execPath, ["--input-type=module", "-e", ask], {
    cwd: checkout,
    env: { ...process.env, ...environment }
  })
  return { file: stdout.trim(), told: stderr }
}

const said = async (file: string): Promise<string> => (await run(process.execPath, [file], { cwd: checkout })).stdout

const isBundle = (file: string): boolean => file.startsWith(path(".cache/programs/"))

beforeAll(() => {
  cpSync(join(root, "scripts/bootstrap"), path("scripts/bootstrap"), { recursive: true })
  symlinkSync(join(root, "node_modules"), path("node_modules"))
  write("package.json", JSON.stringify({ type: "module" }))
  write("package-lock.json", "{}")
  write("libs/words/src/word.ts", `export const word: string = "old"\n`)
  write("libs/words/package.json", JSON.stringify({ type: "module" }))
  for (const name of names) {
    write(`apps/${name}/package.json`, JSON.stringify({ type: "module", version: "1" }))
    write(
      `apps/${name}/src/main.ts`,
      `import { word } from "../../../libs/words/src/word.ts"
import manifest from "../package.json" with { type: "json" }
console.log(word, manifest.version, import.meta.dirname)
`
    )
  }
})
afterAll(() => rmSync(checkout, { recursive: true, force: true }))

describe("what npm run starts", () => {
  it("is a bundle that says what the sources say, from where they lie", async () => {
    const { file } = await chosen()
    expect(isBundle(file)).toBe(true)
    expect(await said(file)).toBe(`old 1 ${path("apps/tailrace/src")}\n`)
    expect((await chosen()).file).toBe(file)
  })

  it("is never a bundle of sources that have changed, not even where size and times tell nothing", async () => {
    const before = (await chosen()).file
    writeUnseen("libs/words/src/word.ts", `export const word: string = "new"\n`)
    const after = (await chosen()).file
    expect(after).not.toBe(before)
    expect(await said(after)).toMatch(/^new 1 /)
    writeUnseen("apps/tailrace/package.json", JSON.stringify({ type: "module", version: "2" }))
    expect(await said((await chosen()).file)).toMatch(/^new 2 /)
    writeUnseen("package-lock.json", "[]")
    const locked = (await chosen()).file
    writeUnseen("package-lock.json", "{}")
    expect((await chosen()).file).not.toBe(locked)
    expect(isBundle(locked)).toBe(true)
  })

  it("is made once and whole by starts at the same time", async () => {
    writeUnseen("libs/words/src/word.ts", `export const word: string = "two"\n`)
    const both = await Promise.all([chosen(), chosen()])
    expect(both[0].file).toBe(both[1].file)
    expect(await said(both[0].file)).toMatch(/^two 2 /)
    expect(readdirSync(path(".cache/programs")).filter((name) => !/^([0-9a-f]{32}|sources\.json)$/.test(name))).toEqual(
      []
    )
  })

  it("is the source where a bundle is not wanted or cannot be made, and says why", async () => {
    expect(await chosen({ TAILRACE_BUNDLE: "0" })).toEqual({ file: "apps/tailrace/src/main.ts", told: "" })
    rmSync(path(".cache"), { recursive: true })
    rmSync(path("node_modules"))
    const { file, told } = await chosen()
    expect(file).toBe("apps/tailrace/src/main.ts")
    expect(told).toMatch(/^bootstrap: running from the sources, no bundle: .*rolldown/)
    expect(existsSync(path(".cache/programs/sources.json"))).toBe(false)
  })
})
