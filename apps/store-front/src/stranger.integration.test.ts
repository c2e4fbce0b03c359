// The store front and those who have no password: it answers them nothing, and reads next to nothing of them.
import { mkdtemp } from "node:fs/promises"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startFront, type TestFront } from "@tailrace/store/front/front.harness"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

let front: TestFront
let dataDir: string

beforeAll(async () => {
  // A name that is not like that of the front's own folders, which nobody is told.
  dataDir = await mkdtemp(join(tmpdir(), "tailrace-strangers-"))
  front = await startFront({
    dataDir,
    open: false,
    users: [
      { name: "default", password: "full" },
      { name: "reader", password: "reads", readOnly: true }
    ]
  })
})
afterAll(() => front.remove())

const ask = async (path: string, headers: Readonly<Record<string, string>> = {}, body?: string) => {
  const answer = await fetch(`${front.front.url}${path}`, {
    headers,
    ...(body === undefined ? {} : { method: "POST", body })
  })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}
const key = (user: string, password: string) => ({ "x-clickhouse-user": user, "x-clickhouse-key": password })

describe("without a password", () => {
  test("ping says that it is there, and nothing else is told: no version, no zone, no name", async () => {
    expect(await ask("/ping")).toMatchObject({ status: 200, text: "Ok.\n" })
    const tries = [
      await ask("/?query=SELECT+1"),
      await ask("/", {}, "SELECT 1"),
      await ask("/", key("default", ""), "SELECT 1"),
      await ask("/", key("default", "wrong"), "SELECT 1"),
      await ask("/", key("nobody", "full"), "SELECT 1"),
      await ask("/?user=reader&password=full", {}, "SELECT 1"),
      await ask("/", { authorization: `Basic ${Buffer.from("default:").toString("base64")}` }, "SELECT 1"),
      await ask("/", { authorization: "Bearer full" }, "SELECT 1"),
      await ask("/", {}),
      await ask("/play"),
      await ask("/", {}, "SELECT displayName(), version(), revision()")
    ]
    for (const { status, headers, text } of tries) {
      expect([status, text.includes(front.front.version)]).toEqual([403, false])
      const named = [...headers.keys()].filter((name) => name.startsWith("x-clickhouse"))
      expect(named).toEqual(["x-clickhouse-exception-code"])
    }
  })

  test("a body is read no further than a little, however much is sent", async () => {
    const sent = await new Promise<number>((done) => {
      let written = 0
      const call = request({ port: front.front.port, method: "POST", path: "/?query=INSERT+INTO+t+FORMAT+TSV" })
      const chunk = Buffer.alloc(64 * 1024, "1\n")
      const more = (): void => {
        while (written < 256 * 1024 * 1024) {
          written += chunk.length
          if (!call.write(chunk)) return void call.once("drain", more)
        }
        call.end()
      }
      call.on("error", () => undefined)
      call.once("close", () => done(written))
      more()
    })
    expect(sent).toBeLessThan(32 * 1024 * 1024)
    expect((await ask("/", key("default", "full"), "SELECT 1")).text).toBe("1\n")
  })
})

test("those who only read are told no place of this machine", async () => {
  const failing = "SELECT throwIf(1, 'in {0}')".replace("{0}", dataDir)
  expect((await ask("/", key("default", "full"), failing)).text).toContain(dataDir)
  const answer = await ask("/", key("reader", "reads"), failing)
  expect([answer.text.includes(dataDir), answer.text.includes("in DATA")]).toEqual([false, true])
})
