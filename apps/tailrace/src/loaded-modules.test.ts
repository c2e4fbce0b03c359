// Loaded modules: what a command makes Node read before it does its work.
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"

const main = join(import.meta.dirname, "main.ts")
const run = promisify(execFile)

/** Prints the URL of every module as the last line of standard error. */
const recorder = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from "node:module"
import { writeSync } from "node:fs"
const urls = []
registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context) } })
process.on("exit", () => writeSync(2, "\\n" + JSON.stringify(urls)))
`)}`

const loadedBy = async (...command: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const { stderr } = await run(process.execPath, ["--import", recorder, main, ...command]).catch(
    (error: { readonly stderr: string }) => error
  )
  const urls = JSON.parse(stderr.slice(stderr.lastIndexOf("\n["))) as ReadonlyArray<string>
  return urls.filter((url) => url.startsWith("file:"))
}

const packageOf = (url: string): string =>
  /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? /\/((?:apps|libs)\/[^/]+)/.exec(url)?.[1] ?? url

const packagesOf = (urls: ReadonlyArray<string>) => [...new Set(urls.map(packageOf))].sort()

/** What reading arguments takes; of the libraries what flags and messages need. */
const always = [
  ...["@effect/platform-node", "@effect/platform-node-shared", "apps/tailrace", "effect"],
  ...["libs/domain", "libs/streams", "libs/telemetry"]
]
/** Of them almost all are of effect, whose index every file of ours imports. */
const few = 360

describe("a command", () => {
  it.each([["--version"], ["--help"], ["up", "--help"], ["dead-letters", "replay", "--help"]])(
    "that only tells about itself loads the work of none: %s %s %s",
    async (...command) => {
      const loaded = await loadedBy(...command)
      expect(packagesOf(loaded)).toEqual(always)
      expect(loaded.length).toBeLessThan(few)
      expect(loaded.filter((url) => url.includes("/src/work/"))).toEqual([])
    }
  )

  it("loads its own work, and nothing of broker, store and pipelines for a question to the api", async () => {
    const loaded = await loadedBy("query", "level:error", "--api", "http://127.0.0.1:1")
    expect(packagesOf(loaded)).toEqual(always)
    expect(loaded.length).toBeLessThan(few)
    expect(loaded.flatMap((url) => /\/src\/work\/(.*)$/.exec(url)?.[1] ?? [])).toEqual(["query.ts"])
  })
})
