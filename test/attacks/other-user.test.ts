// Another user of the same machine against what `tailrace up` runs by default: what lies in the data folder, and the store.
import { mkdirSync } from "node:fs"
import { chmod } from "node:fs/promises"
import { join } from "node:path"
import { storeHeaders } from "@tailrace/testing/folder-credentials"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RunningTailrace } from "../e2e/running-tailrace.ts"
import { asStranger, noStranger } from "./stranger.ts"

let running: RunningTailrace

beforeAll(async () => {
  running = await RunningTailrace.start((folder) => {
    // A folder that its owner made by hand, as most umasks have it.
    mkdirSync(join(folder, "data"), { mode: 0o755 })
    return []
  })
  await chmod(running.folder, 0o755)
}, 90_000)
afterAll(() => running.remove())

describe.skipIf(noStranger !== undefined)(
  `another user${noStranger === undefined ? "" : ` (skipped: ${noStranger})`}`,
  () => {
    it("reads no file and enters no folder of the data folder, even when that itself is open", async () => {
      const seen = await asStranger<{ read: Array<string>; looked: number }>(
        `const { readdirSync, readFileSync, statSync } = load("node:fs")
         const read = []
         let looked = 0
         const look = (path) => {
           looked++
           try {
             if (statSync(path).isDirectory()) for (const name of readdirSync(path)) look(path + "/" + name)
             else { readFileSync(path); read.push(path) }
             if (path !== input.data && statSync(path).isDirectory()) read.push(path)
           } catch {}
         }
         look(input.data)
         return { read, looked }`,
        { data: running.data }
      )
      expect(seen.looked).toBeGreaterThan(4)
      expect(seen.read).toEqual([])
    })

    it("gets nothing from the store without a password, with an empty or a wrong one, by whatever way it is given", async () => {
      const url = `http://127.0.0.1:${running.ports.store}`
      const own = await fetch(`${url}/?query=SELECT+1`, { headers: storeHeaders(running.data, "reader") })
      expect([own.status, await own.text()]).toEqual([200, "1\n"])
      const answers = await asStranger<ReadonlyArray<readonly [string, number, string]>>(
        `const users = ["", "default", "tailrace", "reader", "root"]
         const basic = (text) => ({ authorization: "Basic " + Buffer.from(text).toString("base64") })
         const tries = [["no name", "", {}], ...users.flatMap((user) => [
           ["header " + user, "", { "x-clickhouse-user": user }],
           ["header and key " + user, "", { "x-clickhouse-user": user, "x-clickhouse-key": "x" }],
           ["basic " + user, "", basic(user + ":")],
           ["url " + user, "&user=" + user, {}],
           ["url and password " + user, "&user=" + user + "&password=x", {}]
         ])]
         const answers = []
         for (const [name, more, headers] of tries)
           for (const method of ["GET", "POST"]) {
             const answer = await fetch(input.url + "/?query=SELECT+42" + more, { method, headers })
             answers.push([method + " " + name, answer.status, (await answer.text()).slice(0, 200)])
           }
         return answers`,
        { url }
      )
      expect(answers.length).toBe(52)
      expect(answers.filter(([, status, text]) => ![401, 403].includes(status) || text.startsWith("42"))).toEqual([])
    })
  }
)
