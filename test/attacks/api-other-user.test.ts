// Another user of the same machine against the api that `tailrace up` runs by default: no log is read, by no path or protocol.
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RunningTailrace } from "../e2e/running-tailrace.harness.ts"
import { watchLoopDelay } from "./stand/loop-delay.harness.ts"
import { asStranger, noStranger } from "./stranger.ts"

let running: RunningTailrace

beforeAll(async () => {
  running = await RunningTailrace.start()
  const body = '{"level":"error","service":"shop","msg":"only its own user reads this"}'
  await fetch(`${running.collector}/ingest`, { method: "POST", body })
  await running.untilCount("service:shop", 1)
}, 90_000)
watchLoopDelay(() => running)
afterAll(() => running.remove())

type Answer = readonly [what: string, status: number, body: string]

/** Every path by every method, and GraphQL in each of its forms. */
const askAll = `
  const { connect } = load("node:net")
  const query = "{ logs(first: 10) { totalCount nodes { body } } }"
  const json = { "content-type": "application/json" }
  const answers = []
  const ask = async (what, path, options = {}) => {
    const answer = await fetch(input.api + path, options)
    answers.push([what, answer.status, (await answer.text()).slice(0, 500)])
  }
  for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
    for (const path of ["/", "/metrics", "/health/ready", "/graphql", "/nothing"]) await ask(method + " " + path, path, { method })
  await ask("query", "/graphql", { method: "POST", headers: json, body: JSON.stringify({ query }) })
  await ask("query in the URL", "/graphql?query=" + encodeURIComponent(query))
  await ask("events", "/graphql", { method: "POST", headers: { ...json, accept: "text/event-stream" },
    body: JSON.stringify({ query: "subscription { tail { rows { body } } }" }) })
  const spoken = (bytes) => new Promise((resolve) => {
    const socket = connect(Number(new URL(input.api).port), "127.0.0.1", () => socket.write(bytes))
    let said = ""
    socket.on("data", (chunk) => { said += chunk })
    socket.on("error", () => undefined)
    socket.on("close", () => resolve(said))
    setTimeout(() => socket.destroy(), 5_000).unref()
  })
  const upgrade = (name) => "GET /graphql HTTP/1.1\\r\\nHost: " + name + "\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n" +
    "Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Protocol: graphql-transport-ws\\r\\n\\r\\n"
  const socket = await spoken(upgrade("localhost"))
  answers.push(["WebSocket", Number(socket.split(" ")[1]), socket.slice(0, 500)])
  const live = await fetch(input.api + "/health/live")
  return { answers, live: [live.status, await live.text()] }`

describe.skipIf(noStranger !== undefined)(
  `another user at the api${noStranger === undefined ? "" : ` (skipped: ${noStranger})`}`,
  () => {
    it("is refused whatever it asks, and told what to do; that the process lives it may know", async () => {
      const seen = await asStranger<{ answers: ReadonlyArray<Answer>; live: readonly [number, string] }>(askAll, {
        api: running.api
      })
      expect(seen.answers.length).toBe(34)
      expect(seen.answers.filter(([, status]) => status !== 403)).toEqual([])
      expect(JSON.stringify(seen)).not.toContain("only its own user reads this")
      const [, , words] = seen.answers.find(([what]) => what === "query") as Answer
      expect(words).toContain("user 0 of this machine alone and this connection is user 65534's")
      expect(words).toContain("--open-to-local-users")
      expect(seen.live).toEqual([200, '{"live":true}'])
    })

    it("is refused on many connections at once, while the api's own user is answered", async () => {
      const refused = asStranger<ReadonlyArray<number>>(
        `const { request } = load("node:http")
         const once = () => new Promise((resolve) =>
           request(input.api + "/metrics", { agent: false }, (answer) => answer.resume().on("end", () => resolve(answer.statusCode))).end())
         const all = []
         for (let round = 0; round < 5; round++) all.push(...(await Promise.all(Array.from({ length: 100 }, once))))
         return all`,
        { api: running.api }
      )
      const own: Array<number> = []
      let over = false
      void refused.finally(() => {
        over = true
      })
      do own.push((await fetch(`${running.api}/metrics`, { headers: { connection: "close" } })).status)
      while (!over)
      expect(new Set(await refused)).toEqual(new Set([403]))
      expect(new Set(own)).toEqual(new Set([200]))
    })

    it("is told of by health and doctor, as whom the api answers", async () => {
      const report = (await (await fetch(`${running.api}/health/ready`)).json()) as {
        readonly components: ReadonlyArray<{ readonly component: string; readonly reason: string }>
      }
      const peers = report.components.find(({ component }) => component === "api.peers")
      expect(peers?.reason).toBe("the api answers user 0 of this machine and root")
    })
  }
)
