// The cage before a real engine: what is let through, what is refused, to whom, and in which words.

import { startFront, type TestFront } from "@tailrace/store/front/front.harness"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

let front: TestFront

beforeAll(async () => {
  front = await startFront({
    users: [
      { name: "default", password: "full" },
      { name: "reader", password: "reads", readOnly: true }
    ]
  })
  await ask("CREATE DATABASE d")
  await ask("CREATE TABLE d.t (a UInt32, s String, file String) ENGINE = MergeTree ORDER BY a")
})
afterAll(() => front.remove())

const keys = { default: "full", reader: "reads" }
const ask = async (
  query: string,
  params: Readonly<Record<string, string>> = {},
  user: keyof typeof keys = "default",
  method = "POST"
) => {
  const all = new URLSearchParams({ ...params, ...(method === "GET" ? { query } : {}) })
  const answer = await fetch(`${front.front.url}/?${all}`, {
    method,
    headers: { "x-clickhouse-user": user, "x-clickhouse-key": keys[user] },
    ...(method === "GET" ? {} : { body: query })
  })
  const text = await answer.text()
  return { status: answer.status, code: answer.headers.get("x-clickhouse-exception-code") ?? "", text }
}

describe("what stays inside is let through", () => {
  test.each([
    "SELECT quantileTDigestIf(0.5)(a, a > 1), countIf(a = 1), uniqExactMerge(x) FROM (SELECT a, uniqExactState(s) AS x FROM d.t GROUP BY a) GROUP BY a",
    "SELECT * EXCEPT(s) REPLACE(a + 1 AS a) APPLY(toString) FROM d.t",
    "SELECT arrayMap(x -> lower(x), [s]), t.file, `t`.`file` FROM d.t AS t",
    "WITH x AS (SELECT 1 AS a) SELECT sum(a) OVER w FROM x WINDOW w AS (ORDER BY a) UNION ALL SELECT 2 SETTINGS max_threads = 1",
    "SELECT CAST(a AS Nullable(String)), a::Int8, INTERVAL 1 DAY, CASE a WHEN 1 THEN 2 END, map('k', 1)['k'], s ILIKE '%x%' FROM d.t",
    "SELECT a FROM d.t ORDER BY a WITH FILL FROM 1 TO 3 INTERPOLATE (s AS lower(s)) LIMIT 1 BY a LIMIT 3 OFFSET 1",
    "SELECT name, type FROM system.columns WHERE database = 'd'",
    "SELECT name FROM system.tables WHERE database = 'd' /* url('http://x') */ AND name != 'file(''x'')'",
    "EXPLAIN indexes = 1 SELECT a FROM d.t",
    "SHOW CREATE TABLE d.t",
    "SHOW TABLES FROM d LIKE 't%'",
    "DESCRIBE TABLE d.t SETTINGS describe_compact_output = 1",
    "SELECT getSetting('max_threads'), version(), timezone(), currentDatabase()"
  ])("%s", async (sql) => {
    for (const user of ["default", "reader"] as const) {
      expect(await ask(sql.replace(/ SETTINGS .*/, user === "reader" ? "" : "$&"), {}, user), user).toMatchObject({
        status: 200
      })
    }
  })

  test("and so are tables with all they may have", async () => {
    const made = [
      `CREATE TABLE d.all (a DateTime CODEC(Delta, ZSTD(1)), u String TTL a + INTERVAL 1 DAY, b Nested(x UInt8), m Map(String, UInt8) DEFAULT map(),
        e Enum8('a' = 1), INDEX i lowerUTF8(toString(a)) TYPE tokenbf_v1(256, 2, 0), PROJECTION p (SELECT a ORDER BY a), CONSTRAINT c CHECK a > 0)
        ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(a) ORDER BY a TTL a + INTERVAL 2 DAY
        SETTINGS index_granularity = 1024, deduplicate_merge_projection_mode = 'drop'`,
      "CREATE MATERIALIZED VIEW d.v TO d.t AS SELECT toUInt32(a) AS a, '' AS s, '' AS file FROM d.all",
      "ALTER TABLE d.all ADD COLUMN z String DEFAULT lower('X') AFTER a, MODIFY SETTING max_parts_in_total = 5000",
      "ALTER TABLE d.all UPDATE z = upper(z) WHERE a > now() SETTINGS mutations_sync = 2",
      "OPTIMIZE TABLE d.all FINAL",
      "SYSTEM STOP MERGES d.all",
      "INSERT INTO d.t SELECT number, '', '' FROM numbers(3)",
      'INSERT INTO d.t (a, s) -- a comment\n FORMAT JSONEachRow {"a": 1, "s": "file(\'/etc/passwd\')"}',
      "KILL QUERY WHERE query_id = 'none' ASYNC",
      "DROP VIEW d.v SYNC",
      "DROP TABLE d.all SYNC"
    ]
    for (const sql of made) expect(await ask(sql), sql).toMatchObject({ status: 200 })
  })
})

describe("what leads out is refused, and named", () => {
  test.each([
    ["SELECT arrayMap(file, ['/etc/passwd'])", "497", "file is the name of a function that is not allowed here"],
    ["SELECT * APPLY file FROM (SELECT '/etc/passwd')", "497", "APPLY is served with the name of an allowed function"],
    ["SELECT * APPLY(x -> file(x)) FROM (SELECT '/etc/passwd')", "497", "function file is not allowed here"],
    ["SELECT `fi\\x6ce`('/etc/passwd')", "497", "function file is not allowed here"],
    ["SELECT no_such_function(1)", "46", "Unknown function no_such_function"],
    ["SELECT fileIf('/etc/passwd', 1)", "497", "function fileif is not allowed here"],
    ["SELECT * FROM url('http://127.0.0.1:1/')", "497", "table function url is not allowed here"],
    ["CREATE TABLE d.x (a UInt8) ENGINE = URL('http://127.0.0.1:1/')", "497", "engine url is not allowed here"],
    ["CREATE MATERIALIZED VIEW d.x ENGINE = File(TSV) AS SELECT 1 AS a", "497", "file is not allowed here"],
    [
      "CREATE TABLE d.x (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = 'web', endpoint = 'http://127.0.0.1:1/')",
      "452",
      "Setting disk is not allowed here"
    ],
    ["CREATE TABLE d.x (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS storage_policy = 'x'", "452", "storage_policy"],
    ["SELECT 1 SETTINGS max_threads = 1, `format_schema` = '/etc/passwd'", "452", "Setting format_schema is not"],
    ["SELECT 1 SETTINGS additional_table_filters = {'d.t': 'file(1)'}", "452", "additional_table_filters"],
    ["SELECT 1 FORMAT Protobuf", "497", "format Protobuf is not allowed here"],
    ["INSERT INTO d.t FORMAT Template x", "497", "format Template is not allowed here"],
    ["INSERT INTO d.t (a, s) VALUES (1, file('/etc/passwd'))", "344", "Interpreting expressions is disabled"],
    ["SELECT * FROM system.certificates", "497", "table system.certificates is not open here"],
    ["SELECT 1 IN system.users", "497", "table system.users is not open"],
    ["USE system", "497", "name its tables in full"],
    ["ATTACH TABLE d.x FROM '/etc' (a UInt8) ENGINE = MergeTree ORDER BY a", "497", "not served"],
    ["ALTER TABLE d.t FETCH PARTITION 1 FROM '/x'", "497", "ALTER TABLE ... FETCH PARTITION is not served"],
    ["SYSTEM SHUTDOWN", "497", "of SYSTEM only"],
    ["BACKUP TABLE d.t TO File('/tmp/x')", "497", "not served"],
    ["CREATE FUNCTION f AS (x) -> x", "497", "not served"],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", "497", "not served over HTTP"],
    ["INSERT INTO d.t FROM INFILE '/etc/passwd' FORMAT TSV", "497", "not served over HTTP"]
  ])("%s", async (sql, code, words) => {
    const answer = await ask(sql)
    expect({ ...answer, text: answer.text.slice(0, 400) }).toMatchObject({ code, text: expect.stringContaining(words) })
  })

  test("by a parameter, a setting of the address, a session or a default database as well", async () => {
    const by: ReadonlyArray<readonly [string, Record<string, string>, string]> = [
      ["SELECT arrayMap({f:Identifier}, ['/etc/passwd'])", { param_f: "file" }, "497"],
      ["SELECT * FROM {t:Identifier}", { param_t: "system.certificates" }, "497"],
      ["SELECT 1", { format_schema: "/etc/passwd" }, "452"],
      ["SELECT 1", { send_logs_level: "trace" }, "452"],
      ["SET format_schema = 'x'", { session_id: "s" }, "452"],
      ["SELECT * FROM certificates", { database: "system" }, "497"]
    ]
    for (const [sql, params, code] of by) expect(await ask(sql, params), sql).toMatchObject({ code })
    // A session remembers its parameters, so the same text is judged anew.
    await ask("SELECT {t:Identifier} FROM d.t", { session_id: "p", param_t: "a" })
    expect(await ask("SELECT * FROM {t:Identifier}", { session_id: "p" })).toMatchObject({ status: 404 })
    await ask("SET param_t = 'system.certificates'", { session_id: "p" })
    expect(await ask("SELECT * FROM {t:Identifier}", { session_id: "p" })).toMatchObject({ code: "497" })
  })
})

describe("who only reads", () => {
  test.each([
    ["SELECT query FROM system.processes", "497"],
    ["SELECT path FROM system.parts", "497"],
    ["INSERT INTO d.t (a) VALUES (1)", "164"],
    ["INSERT INTO d.t SELECT 1, '', ''", "164"],
    ["CREATE TABLE d.x (a UInt8) ENGINE = Memory", "164"],
    ["OPTIMIZE TABLE d.t", "164"],
    ["KILL QUERY WHERE 1", "164"],
    ["SELECT 1 SETTINGS max_memory_usage = 0", "164"]
  ])("may not %s", async (sql, code) => {
    expect(await ask(sql, {}, "reader")).toMatchObject({ code })
  })

  test("may not have longer statements read than others", async () => {
    expect(await ask("SELECT 1", { max_query_size: "100000000" }, "reader")).toMatchObject({ code: "452" })
  })

  test("and a GET changes nothing, whoever sends it", async () => {
    for (const sql of [
      "INSERT INTO d.t SELECT 1, '', ''",
      "WITH 1 AS x INSERT INTO d.t SELECT x, '', ''",
      "DROP TABLE d.t"
    ]) {
      expect(await ask(sql, {}, "default", "GET"), sql).toMatchObject({ code: "164" })
      expect(await ask(sql, { session_id: "g" }, "default", "GET"), sql).toMatchObject({ code: "164" })
    }
  })
})

test("a long statement is judged too, as far as its own settings let it be read", async () => {
  const long = `SELECT count() FROM d.t WHERE a IN (${Array.from({ length: 200_000 }, (_, at) => at).join(", ")})`
  expect(await ask(long)).toMatchObject({ code: "62" })
  expect(await ask(long, { max_query_size: "67108864" })).toMatchObject({ status: 200 })
  expect(await ask(`${long} AND file('/etc/passwd') = ''`, { max_query_size: "67108864" })).toMatchObject({
    code: "497"
  })
})

test("a text is judged once, so asking again costs what it cost before", async () => {
  const asked = async () => {
    const { text } = await ask("SELECT sum(value) FROM system.events WHERE event = 'Query'")
    return Number(text)
  }
  await asked()
  const [first, second] = [await asked(), await asked()]
  // USE, SET and the statement itself, and nothing that judges.
  expect(second - first).toBeLessThanOrEqual(3)
})
