// What the system keeps the store front's process from, also when no rule of the front's own stands before it.
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startFront, type TestFront } from "@tailrace/store/front/front.harness"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

const folder = mkdtempSync(join(tmpdir(), "tailrace-confine-"))
const file = join(folder, "of-the-user.txt")
let heard = 0
const listener = createServer((socket) => {
  heard += 1
  socket.destroy()
})
let listening: number
let front: TestFront
let holds: boolean

beforeAll(async () => {
  writeFileSync(file, "of the user\n")
  await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done))
  listening = (listener.address() as { port: number }).port
  // The cage is open, so whatever is refused is refused by the system.
  front = await startFront({ outsideSources: true })
  holds = "holds" in front.front.confinement
})
afterAll(async () => {
  await front.remove()
  listener.close()
  rmSync(folder, { recursive: true, force: true })
})

const ask = async (sql: string): Promise<string> =>
  (await fetch(`${front.front.url}/?http_max_tries=1&max_execution_time=5`, { method: "POST", body: sql })).text()

/** Tries things as a process that has confined itself, and tells what each came to. */
const tries = `
  import { spawnSync } from "node:child_process"
  import { readdirSync, readFileSync, writeFileSync } from "node:fs"
  import { connect, createServer } from "node:net"
  import { confineThread } from ${JSON.stringify(join(import.meta.dirname, "landlock.ts"))}
  const [folder, port, file] = process.argv.slice(1)
  const room = { run: [process.execPath, "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"], read: [], write: [folder + "/inside"], tidy: [], port: 0 }
  const confinement = confineThread(room, [])
  const told = {}
  const attempt = (name, work) => {
    try {
      work()
      told[name] = "done"
    } catch (error) {
      told[name] = error.code
    }
  }
  attempt("write inside", () => writeFileSync(folder + "/inside/a", "a"))
  attempt("read inside", () => readFileSync(folder + "/inside/a"))
  attempt("write outside", () => writeFileSync(folder + "/made.txt", "a"))
  attempt("read a file of the user", () => readFileSync(file))
  attempt("read passwd", () => readFileSync("/etc/passwd"))
  attempt("list the home folder", () => readdirSync(process.env.HOME))
  attempt("read the parent's environment", () => readFileSync("/proc/" + process.ppid + "/environ"))
  attempt("signal the parent", () => process.kill(process.ppid, "SIGCONT"))
  told["run a program"] = spawnSync("/bin/true").error?.code ?? "done"
  const outcome = (socket) => new Promise((tell) => {
    socket.once("error", (error) => tell(error.code))
    socket.once("connect", () => tell("done"))
    socket.once("listening", () => tell("done"))
  })
  told["connect"] = await outcome(connect(Number(port), "127.0.0.1"))
  told["listen"] = await outcome(createServer().listen(0, "127.0.0.1"))
  console.log(JSON.stringify({ confinement, told }))
  process.exit(0)`

describe("a process that confines itself", () => {
  test("keeps its own folder and port, and nothing else of the machine, or says why not", () => {
    execFileSync("mkdir", [join(folder, "inside")])
    const run = execFileSync(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", tries, folder, String(listening), file],
      { encoding: "utf8" }
    )
    const { confinement, told } = JSON.parse(run) as { confinement: object; told: Record<string, string> }
    expect("holds" in confinement).toBe(holds)
    if (!holds) return expect(confinement).toMatchObject({ reason: expect.stringMatching(/\w/) })
    expect(told).toEqual({
      "write inside": "done",
      "read inside": "done",
      "write outside": "EACCES",
      "read a file of the user": "EACCES",
      "read passwd": "EACCES",
      "list the home folder": "EACCES",
      "read the parent's environment": "EACCES",
      "signal the parent": "EPERM",
      "run a program": "EACCES",
      connect: "EACCES",
      listen: "done"
    })
    expect(readdirSync(folder).sort()).toEqual(["inside", "of-the-user.txt"])
  })
})

describe("the store front", () => {
  test("tells what holds", () => {
    const expected = { holds: expect.stringContaining("Landlock") }
    expect(front.front.confinement).toMatchObject(holds ? expected : { reason: expect.stringMatching(/\w/) })
  })

  test("has no thread that is free", ({ skip }) => {
    if (!holds) skip()
    const tasks = `/proc/${front.front.pid()}/task`
    for (const thread of readdirSync(tasks)) {
      expect(readFileSync(join(tasks, thread, "status"), "utf8"), thread).toMatch(/^NoNewPrivs:\s1$/m)
    }
  })

  test("reads and writes no file of the user and connects nowhere, whatever SQL it runs", async ({ skip }) => {
    if (!holds) skip()
    expect(await ask(`SELECT file('${file}')`)).toContain("Permission denied")
    expect(await ask("SELECT * FROM file('/etc/passwd', 'LineAsString')")).toMatch(/Permission denied|doesn't exist/)
    expect(await ask(`INSERT INTO FUNCTION file('${folder}/made.tsv', 'TSV', 'a String') SELECT 'x'`)).toMatch(/denied/)
    expect(await ask(`SELECT * FROM url('http://127.0.0.1:${listening}/', 'LineAsString')`)).toMatch(
      /denied|I\/O error/
    )
    expect([readdirSync(folder).includes("made.tsv"), heard]).toEqual([false, 0])
  })

  test("keeps its data over a restart, and makes tables as before", async () => {
    expect(await ask("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")).toBe("")
    expect(await ask("INSERT INTO t SELECT number FROM numbers(100)")).toBe("")
    expect(await ask("OPTIMIZE TABLE t FINAL")).toBe("")
    expect(await ask("SELECT count() FROM t")).toBe("100\n")
  })
})
