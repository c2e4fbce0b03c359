// Another user of the same machine against what `tailrace up` runs by default: the data folder, the processes, ports, broker and store.
import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import { chmod } from "node:fs/promises"
import { join } from "node:path"
import { storeHeaders } from "@tailrace/testing/folder-credentials"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RunningTailrace } from "../e2e/running-tailrace.harness.ts"
import { listeningSockets, processTree } from "./listening-sockets.ts"
import { watchLoopDelay } from "./stand/loop-delay.harness.ts"
import { asStranger, noStranger } from "./stranger.ts"

let running: RunningTailrace

beforeAll(async () => {
  running = await RunningTailrace.start((folder) => {
    // A folder that its owner made by hand, as most umasks have it.
    mkdirSync(join(folder, "data"), { mode: 0o755 })
    mkdirSync(join(folder, "data", "collector"), { mode: 0o755 })
    return []
  })
  await chmod(running.folder, 0o755)
}, 90_000)
watchLoopDelay(() => running)
afterAll(() => running.remove())

it.skipIf(process.platform !== "linux")(
  "opens no port but those it tells of, and all on loopback (skipped unless on Linux)",
  () => {
    const { api, http, nats, store, syslog } = running.ports
    expect([...listeningSockets(processTree(running.mainPid() ?? 0))].sort()).toEqual(
      [...[api, http, nats, store, syslog].map((port) => `tcp 127.0.0.1:${port}`), `udp 127.0.0.1:${syslog}`].sort()
    )
  }
)

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

    it("sees no secret in what anybody may see of a process", async () => {
      const secrets = readdirSync(join(running.data, "credentials")).map((name) =>
        readFileSync(join(running.data, "credentials", name), "utf8").trim()
      )
      const pids = processTree(running.mainPid() ?? 0)
      const seen = await asStranger<{ arguments: string; environments: number }>(
        `const { readFileSync } = load("node:fs")
         const read = (path) => { try { return readFileSync(path, "utf8") } catch { return "" } }
         return {
           arguments: input.pids.map((pid) => read("/proc/" + pid + "/cmdline")).join(" "),
           environments: input.pids.filter((pid) => read("/proc/" + pid + "/environ") !== "").length
         }`,
        { pids }
      )
      expect(pids.length).toBeGreaterThanOrEqual(3)
      expect(seen.arguments).toContain("nats-server")
      expect(secrets.length).toBe(7)
      expect(secrets.filter((secret) => seen.arguments.includes(secret))).toEqual([])
      expect(seen.environments).toBe(0)
      // Nor do the children get one by their environment, which their own children would have.
      const environments = pids.map((pid) => readFileSync(`/proc/${pid}/environ`, "utf8")).join(" ")
      expect(secrets.filter((secret) => environments.includes(secret))).toEqual([])
    })

    it("may publish to the broker and do nothing else there, by its bare protocol", async () => {
      const answers = await asStranger<Record<string, string>>(
        `const { connect } = load("node:net")
         const talk = (lines) => new Promise((resolve) => {
           const socket = connect(input.port, "127.0.0.1")
           let text = ""
           socket.on("data", (chunk) => {
             text += chunk
             if (text.includes("PONG")) socket.destroy()
           })
           socket.on("error", () => undefined)
           socket.on("close", () => resolve(text.replace(/^INFO [^\\r]*/, "").trim()))
           socket.write("CONNECT " + JSON.stringify({ verbose: false, ...lines[0] }) + "\\r\\n" + lines.slice(1).join("") + "PING\\r\\n")
         })
         const publish = (subject) => "PUB " + subject + " 2\\r\\n{}\\r\\n"
         return {
           input: await talk([{}, publish("logs.in.default.bare")]),
           listen: await talk([{}, "SUB logs.> 1\\r\\n"]),
           queue: await talk([{}, "SUB logs.in.*.* q 1\\r\\n"]),
           delete: await talk([{}, publish("$JS.API.STREAM.DELETE.raw")]),
           state: await talk([{}, publish("$KV.state.window.default.0")]),
           live: await talk([{}, publish("logs.live.0")]),
           pedantic: await talk([{ pedantic: true }, publish("owners.cut.0")]),
           named: await talk([{ user: "operator", pass: "" }]),
           system: await talk([{}, "SUB $SYS.> 1\\r\\n"])
         }`,
        { port: running.ports.nats }
      )
      const { input, named, ...refused } = answers
      expect(input).toBe("PONG")
      expect(named).toContain("Authorization Violation")
      for (const [what, answer] of Object.entries(refused))
        expect([what, answer]).toEqual([what, expect.stringContaining("Permissions Violation")])
      await running.untilCount("source:bare", 1)
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
