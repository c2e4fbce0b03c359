// The store front as @clickhouse/client sees it: what works against a server works here.
import { readFileSync } from "node:fs"
import { Readable } from "node:stream"
import { ClickHouseError } from "@clickhouse/client"
import { rowsOf, startFront, type TestFront, testClient } from "@tailrace/store/front/front.harness"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, expect, test } from "vitest"

let front: TestFront
const c = () => front.client

beforeAll(async () => {
  front = await startFront()
  await c().command({ query: "CREATE DATABASE x" })
  await c().command({
    query: `CREATE TABLE x.t (id UInt32, s String, m Map(LowCardinality(String), String), ts DateTime64(3))
      ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100`
  })
})
afterAll(() => front.remove())

const row = (id: number, s: string) => ({ id, s, m: { a: s }, ts: "2026-01-01 00:00:00.123" })
const count = async (where: string) =>
  Number((await rowsOf<{ n: number }>(c(), `SELECT count() AS n FROM x.t WHERE ${where}`))[0]?.n)
const failure = async (work: Promise<unknown>): Promise<ClickHouseError> => {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause
  )
  expect(error).toBeInstanceOf(ClickHouseError)
  return error as ClickHouseError
}

test("it answers ping, with and without a SELECT", async () => {
  expect(await c().ping()).toMatchObject({ success: true })
  expect(await c().ping({ select: true })).toMatchObject({ success: true })
})

test("rows go in as JSON and come out byte for byte", async () => {
  const texts = ["it's", 'ü\n\\ "', "日本 \u0000 \u{1f600}", "'; DROP TABLE x.t; --", "\t\r\n"]
  const values = texts.map((text, at) => row(at + 1, text))
  const { summary } = await c().insert({ table: "x.t", values, format: "JSONEachRow" })
  expect(summary).toMatchObject({ written_rows: "5" })
  expect(await rowsOf(c(), "SELECT * FROM x.t WHERE id <= 5 ORDER BY id")).toEqual(values)
})

test("format JSON carries meta, rows and statistics", async () => {
  const answer = await (await c().query({ query: "SELECT 1 AS a, 'x' AS b", format: "JSON" })).json()
  expect(answer).toMatchObject({
    rows: 1,
    data: [{ a: 1, b: "x" }],
    meta: [{ name: "a", type: "UInt8" }, { name: "b" }]
  })
})

test("200,000 rows stream in and are one insert", async () => {
  const generate = function* () {
    for (let id = 1_000; id < 201_000; id++) yield row(id, "many")
  }
  const { summary } = await c().insert({ table: "x.t", values: Readable.from(generate()), format: "JSONEachRow" })
  expect(summary?.written_rows).toBe("200000")
  expect(await count("s = 'many'")).toBe(200_000)
})

test("parameters keep quotes, newlines, backslashes, unicode and lists", async () => {
  const texts = ["it's", "a\nb\tc\\d", "ü😀", "\\N", "{x:String}", "');--"]
  for (const text of texts) {
    const [got] = await rowsOf<{ s: string }>(c(), "SELECT {text:String} AS s", { query_params: { text } })
    expect(got?.s).toBe(text)
  }
  const [list] = await rowsOf(
    c(),
    "SELECT {a:Array(String)} AS a, {n:Array(UInt32)} AS n, {m:Map(String, UInt8)} AS m",
    {
      query_params: { a: texts, n: [1, 2], m: { k: 1 } }
    }
  )
  expect(list).toEqual({ a: texts, n: [1, 2], m: { k: 1 } })
  const [date] = await rowsOf<{ d: string }>(c(), "SELECT {d:DateTime64(3)} AS d", {
    query_params: { d: new Date(1_767_225_600_123) }
  })
  expect(date?.d).toContain(".123")
})

test("settings hold for their request and no longer", async () => {
  const query = "SELECT getSetting('max_threads') AS t, getSetting('log_comment') AS c"
  const [set] = await rowsOf<{ t: string; c: string }>(c(), query, {
    clickhouse_settings: { max_threads: 1, log_comment: "mine" }
  })
  expect([Number(set?.t), set?.c.endsWith(" mine")]).toEqual([1, true])
  const [after] = await rowsOf<{ t: string; c: string }>(c(), query)
  expect(after?.c.endsWith("mine")).toBe(false)
  await c()
    .query({ query: "SELECT 1", clickhouse_settings: { readonly: "2" } })
    .then((answer) => answer.text())
  await c().insert({ table: "x.t", values: [row(500, "after readonly")], format: "JSONEachRow" })
})

test.each([
  ["SELECT nope FROM x.t", "47", "UNKNOWN_IDENTIFIER"],
  ["SELECT 1 FROM x.nope", "60", "UNKNOWN_TABLE"],
  ["SELECT 1 FROM nope.t", "81", "UNKNOWN_DATABASE"],
  ["SELEC 1", "62", "SYNTAX_ERROR"],
  ["SELECT throwIf(1)", "395", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"]
])("%s fails with %s %s", async (query, code, type) => {
  expect(await failure(c().query({ query, format: "JSONEachRow" }))).toMatchObject({ code, type })
})

test("a wrong password, an unknown setting and rows that do not parse have their codes", async () => {
  const other = testClient(front.front, { username: "u", password: "p" })
  expect(await failure(other.query({ query: "SELECT 1" }))).toMatchObject({
    code: "516",
    type: "AUTHENTICATION_FAILED"
  })
  await other.close()
  const setting = c().query({ query: "SELECT 1", clickhouse_settings: { nope: "1" } as never })
  expect(await failure(setting)).toMatchObject({ code: "115", type: "UNKNOWN_SETTING" })
  const broken = c().insert({ table: "x.t", values: [{ id: "x" }], format: "JSONEachRow" })
  expect(Number((await failure(broken)).code)).toBeGreaterThan(0)
})

const rss = (pid: number | undefined) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024

test.skipIf(process.platform !== "linux")("a million rows stream through with flat memory", async () => {
  const child = front.front.pid()
  const stream = async () => {
    const query = "SELECT number, repeat('x', 100) AS s FROM numbers(1000000)"
    const answer = await c().query({ query, format: "JSONEachRow" })
    const peak = { rows: 0, child: 0, client: 0 }
    for await (const rows of answer.stream()) {
      peak.rows += rows.length
      if (peak.rows % 64 === 0) continue
      peak.child = Math.max(peak.child, rss(child))
      peak.client = Math.max(peak.client, rss(process.pid))
    }
    return peak
  }
  // The first pass warms caches and arenas; what the second adds is the cost of a result: 123 MB of text.
  const warm = await stream()
  const peak = await stream()
  expect([warm.rows, peak.rows]).toEqual([1_000_000, 1_000_000])
  const grown = { child: peak.child - warm.child, client: peak.client - warm.client }
  console.log(`a million rows grew the front by ${grown.child >> 20} MiB, the client by ${grown.client >> 20} MiB`)
  expect(grown.child).toBeLessThan(64 << 20)
  expect(grown.client).toBeLessThan(96 << 20)
})

test("an exception in the middle of a stream reaches the client after the rows before it", async () => {
  const query = "SELECT throwIf(number = 900000) AS x FROM numbers(1000000) SETTINGS max_block_size = 10000"
  const answer = await c().query({ query, format: "JSONEachRow" })
  let rows = 0
  const read = async () => {
    for await (const some of answer.stream()) rows += some.length
  }
  expect(await failure(read())).toMatchObject({ code: "395" })
  expect(rows).toBeGreaterThan(100_000)
})

test("the same rows under the same token are stored once", async () => {
  const insert = {
    table: "x.t",
    values: [row(900_001, "token")],
    format: "JSONEachRow",
    clickhouse_settings: { insert_deduplication_token: "t1" }
  } as const
  await c().insert(insert)
  await c().insert(insert)
  expect(await count("s = 'token'")).toBe(1)
  await c().insert({ ...insert, clickhouse_settings: { insert_deduplication_token: "t2" } })
  expect(await count("s = 'token'")).toBe(2)
})

test("Native blocks pass out and in unharmed", async () => {
  await c().command({ query: "CREATE TABLE x.copy AS x.t" })
  const out = await c().exec({ query: "SELECT * FROM x.t WHERE s = 'many' ORDER BY id LIMIT 70000 FORMAT Native" })
  const bytes = Buffer.concat(await out.stream.toArray())
  const back = await c().exec({ query: "INSERT INTO x.copy FORMAT Native", values: Readable.from([bytes]) })
  await back.stream.toArray()
  const [sum] = await rowsOf(
    c(),
    "SELECT count() AS n, sum(cityHash64(id, s, ts)) = (SELECT sum(cityHash64(id, s, ts)) FROM x.t WHERE s = 'many' AND id < 71000) AS same FROM x.copy"
  )
  expect(sum).toEqual({ n: 70_000, same: 1 })
})

test("a session keeps its temporary tables, one request at a time, and not a URL's settings", async () => {
  const session = testClient(front.front, { session_id: "s1" })
  await session.command({ query: "CREATE TEMPORARY TABLE tt (a UInt8)" })
  await session.insert({ table: "tt", values: [{ a: 1 }], format: "JSONEachRow" })
  expect(await rowsOf(session, "SELECT * FROM tt", { clickhouse_settings: { max_threads: 1 } })).toEqual([{ a: 1 }])
  const [threads] = await rowsOf<{ t: number }>(session, "SELECT getSetting('max_block_size') AS t")
  const [fresh] = await rowsOf<{ t: number }>(c(), "SELECT getSetting('max_block_size') AS t")
  expect(threads).toEqual(fresh)
  const both = await Promise.allSettled([rowsOf(session, "SELECT sleep(0.5)"), rowsOf(session, "SELECT sleep(0.5)")])
  const refused = both.find((one) => one.status === "rejected")
  expect(refused?.reason).toMatchObject({ code: "373", type: "SESSION_IS_LOCKED" })
  await session.close()
  expect(await failure(rowsOf(c(), "SELECT * FROM tt"))).toMatchObject({ code: "60" })
})

test("the client's database is where names without one are looked up", async () => {
  const inside = testClient(front.front, { database: "x" })
  expect(await rowsOf(inside, "SELECT currentDatabase() AS d, count() > 0 AS some FROM t")).toEqual([
    { d: "x", some: 1 }
  ])
  await inside.close()
})

test("an aborted query leaves the engine", async () => {
  const marks =
    "SELECT count() AS n FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'"
  const running = async () => Number((await rowsOf<{ n: number }>(c(), marks))[0]?.n)
  const abort = new AbortController()
  const query = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1"
  const long = c().query({ query, abort_signal: abort.signal })
  await waitFor(running, (n) => n === 1, { what: "the query running" })
  abort.abort()
  await expect(long).rejects.toThrow()
  await waitFor(running, (n) => n === 0, { what: "the query gone" })
})

test("a scalar subquery that takes long does not keep others waiting", async () => {
  const abort = new AbortController()
  const query =
    "SELECT number + (SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 2) FROM numbers(3)"
  const long = c().query({ query, format: "JSONEachRow", abort_signal: abort.signal })
  await waitFor(
    () => rowsOf<{ n: number }>(c(), "SELECT count() AS n FROM system.processes WHERE query LIKE '%= 2)%'"),
    (rows) => Number(rows[0]?.n) > 1,
    { what: "the subquery running beside the one that asks" }
  )
  abort.abort()
  await expect(long).rejects.toThrow()
})

test("32 parameterised queries at once each get their own answer", async () => {
  const numbers = Array.from({ length: 32 }, (_, at) => at)
  const answers = await Promise.all(
    numbers.map((v) => rowsOf<{ v: number }>(c(), "SELECT {v:UInt32} + 0 * sleep(0.02) AS v", { query_params: { v } }))
  )
  expect(answers.map((rows) => Number(rows[0]?.v))).toEqual(numbers)
})

test("compression both ways changes nothing but the bytes on the wire", async () => {
  const packed = testClient(front.front, { compression: { request: true, response: true } })
  await packed.insert({ table: "x.t", values: [row(950_000, "packed")], format: "JSONEachRow" })
  const rows = await rowsOf<{ s: string }>(packed, "SELECT repeat('y', 1000) AS s FROM numbers(5000)")
  expect([rows.length, rows[0]?.s.length, await count("s = 'packed'")]).toEqual([5_000, 1_000, 1])
  await packed.close()
})
