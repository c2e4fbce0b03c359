// Statements that would hang the store front: what its lanes, its watch and its parent do about each.
import { request } from "node:http"
import { startFront, type TestFront } from "@tailrace/store/front/front.harness"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterEach, expect, test } from "vitest"

let front: TestFront | undefined
afterEach(() => front?.remove())

const post = (query: string, path = "") => fetch(`${front?.front.url}/${path}`, { method: "POST", body: query })

/** A statement of which one row takes the engine seconds, and one block hours, in which it heeds neither limit nor KILL. */
const endless = "SELECT editDistance(materialize(repeat('a', 60000)), repeat('b', 60000)) FROM numbers(1000)"

test("formats that fail behind their first byte give their lanes back", async () => {
  front = await startFront({ running: 2, waiting: 1 })
  const bad = [
    ["SELECT 1 FORMAT Template", ""],
    ["SELECT 1 FORMAT Protobuf", ""],
    ["SELECT 1 FORMAT Avro", "?output_format_avro_string_column_pattern=("],
    ["SELECT 1 FORMAT CustomSeparated", "?format_custom_escaping_rule=None"]
  ] as const
  for (let round = 0; round < 3; round++) {
    for (const [query, path] of bad) expect((await post(query, path)).status, query).toBeGreaterThanOrEqual(400)
  }
  expect(await (await post("SELECT 1")).text()).toBe("1\n")
})

test("a client that leaves before the engine has opened its pipe leaves no lane behind", async () => {
  front = await startFront({ running: 1, waiting: 128 })
  for (let round = 0; round < 20; round++) {
    const leaving = new AbortController()
    const gone = fetch(front.front.url, { method: "POST", body: "SELECT 1", signal: leaving.signal }).catch(
      () => "gone"
    )
    setTimeout(() => leaving.abort(), round)
    await gone
  }
  expect(await (await post("SELECT 1")).text()).toBe("1\n")
})

test("a statement that has had its time is ended and told so, whatever its settings say", async () => {
  front = await startFront({ running: 1, statementSeconds: 1 })
  const long = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1 SETTINGS max_execution_time = 0"
  const answer = await post(long)
  expect([answer.status, answer.headers.get("x-clickhouse-exception-code")]).toEqual([408, "159"])
  expect(await answer.text()).toContain("ended after 1 seconds")
  expect((await post("SELECT 1")).status).toBe(200)
})

test("a client that reads a little now and then is cut off in the end", async () => {
  front = await startFront({ running: 1, statementSeconds: 1 })
  const { port } = front.front
  const query = encodeURIComponent("SELECT repeat('slow', 100) FROM numbers(1000000000)")
  const ended = new Promise<string>((done) => {
    const call = request({ port, path: `/?query=${query}` }, (answer) => {
      const sip = setInterval(() => answer.resume(), 10)
      answer.on("data", () => answer.pause())
      answer.once("close", () => {
        clearInterval(sip)
        done(answer.complete ? "whole" : "cut")
      })
      answer.on("error", () => undefined)
    })
    call.once("error", () => done("cut"))
    call.end()
  })
  expect(await ended).toBe("cut")
  expect((await post("SELECT 1")).status).toBe(200)
})

test("reads that take all lanes keep no insert waiting", async () => {
  front = await startFront({ running: 1, waiting: 1 })
  await post("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
  const leaving = new AbortController()
  const long = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 2"
  const read = () => fetch(front?.front.url ?? "", { method: "POST", body: long, signal: leaving.signal })
  const reading = Promise.allSettled([read(), read()])
  await waitFor(
    () => post("SELECT 1", "?max_execution_time=1"),
    (answer) => answer.status === 503,
    { what: "one read running and one waiting" }
  )
  expect((await post("INSERT INTO t VALUES (1), (2)")).status).toBe(200)
  leaving.abort()
  await reading
})

test("when nothing can end what has all lanes, the process is started again", async () => {
  front = await startFront({ running: 1, waiting: 1, statementSeconds: 1, stuckSeconds: 1, backOffMillis: 10 })
  await post(endless).catch(() => undefined)
  await waitFor(front.front.restarts, (n) => n === 1, { what: "the restart", timeoutMillis: 30_000 })
  expect(await (await post("SELECT 1")).text()).toBe("1\n")
})
