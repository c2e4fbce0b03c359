// The store front as curl, Grafana and an attacker see it: requests byte by byte.
import { readdirSync, statSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { type IncomingHttpHeaders, request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib"
import { rowsOf, startFront, type TestFront } from "@tailrace/store/front/front.harness"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, expect, test } from "vitest"

let front: TestFront
let spoolDir: string

beforeAll(async () => {
  spoolDir = await mkdtemp(join(tmpdir(), "tailrace-front-spool-"))
  front = await startFront({
    spoolDir,
    bodyBytes: 4 * 1024 * 1024,
    names: ["store.internal"],
    users: [{ name: "default" }, { name: "reader", password: "geheim", readOnly: true }],
    resultRows: 100_000
  })
  await post("CREATE TABLE t (a UInt32, s String) ENGINE = MergeTree ORDER BY a")
})
afterAll(async () => {
  await front.remove()
  await rm(spoolDir, { recursive: true, force: true })
})

interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  readonly code: string | undefined
}

const send = (
  method: string,
  path: string,
  body: string | Buffer = "",
  headers: Record<string, string> = {}
): Promise<Reply> =>
  new Promise((done, fail) => {
    const call = request({ host: "127.0.0.1", port: front.front.port, method, path, headers }, async (answer) => {
      const bytes = Buffer.concat(await answer.toArray())
      const code = answer.headers["x-clickhouse-exception-code"] as string | undefined
      done({ status: answer.statusCode ?? 0, headers: answer.headers, bytes, text: bytes.toString(), code })
    })
    call.on("error", fail)
    call.end(body)
  })
const get = (path: string, headers?: Record<string, string>) => send("GET", path, "", headers)
const post = (body: string | Buffer, path = "/", headers?: Record<string, string>) => send("POST", path, body, headers)
const bodies = () => readdirSync(spoolDir, { recursive: true }).filter((name) => String(name).includes("body-"))

test("ping, replica state and the bare address say Ok", async () => {
  for (const path of ["/ping", "/replicas_status", "/"]) {
    expect(await get(path)).toMatchObject({ status: 200, text: "Ok.\n" })
  }
  expect(await get("/nowhere")).toMatchObject({ status: 404 })
  expect(await send("PUT", "/?query=SELECT+1")).toMatchObject({ status: 405 })
})

test("a query stands in the URL, in the body, in both, or in a form", async () => {
  expect((await get("/?query=SELECT+1")).text).toBe("1\n")
  expect((await post("SELECT 2")).text).toBe("2\n")
  expect((await post("+ 1", "/?query=SELECT+2")).text).toBe("3\n")
  const form = { "content-type": "application/x-www-form-urlencoded" }
  expect((await post("SELECT 4", "/", form)).text).toBe("4\n")
  expect((await post("query=SELECT%20%7Bp%3AString%7D&param_p=5", "/", form)).text).toBe("5\n")
  const parts = ["query", "SELECT {p:String}", "param_p", "6"]
  const multipart = [0, 2].map(
    (at) => `--b\r\nContent-Disposition: form-data; name="${parts[at]}"\r\n\r\n${parts[at + 1]}\r\n`
  )
  const type = { "content-type": "multipart/form-data; boundary=b" }
  expect((await post(`${multipart.join("")}--b--\r\n`, "/", type)).text).toBe("6\n")
})

test("answers carry ClickHouse's headers", async () => {
  const { headers } = await get("/?query=SELECT+1+FORMAT+JSON&query_id=mine-1")
  expect(headers).toMatchObject({
    "x-clickhouse-query-id": "mine-1",
    "x-clickhouse-format": "JSON",
    "content-type": "application/json; charset=UTF-8",
    "x-clickhouse-server-display-name": "tailrace"
  })
  expect(headers["x-clickhouse-timezone"]).toBeTruthy()
  expect(JSON.parse(headers["x-clickhouse-summary"] as string)).toMatchObject({ read_rows: "1" })
  expect((await get("/?query=SELECT+1&default_format=CSVWithNames")).text).toBe('"1"\n1\n')
  expect((await get("/?query=SELECT+1", { "x-clickhouse-format": "JSONEachRow" })).text).toBe('{"1":1}\n')
})

test("data of an INSERT follows its head in the body, or stands alone behind a head in the URL", async () => {
  await post("INSERT INTO t VALUES (1, 'a;b'), (2, 'it''s')")
  await post('INSERT INTO t FORMAT JSONEachRow {"a": 3, "s": "ü"}\n{"a": 4}')
  await post("5\tx\n", "/?query=INSERT+INTO+t+FORMAT+TSV")
  await post("6,y\n", "/?query=INSERT+INTO+t+(a,s)+SETTINGS+async_insert=0+FORMAT+CSV")
  await post('{"a": 7}', "/?query=INSERT+INTO+t&default_format=JSONEachRow")
  await post("", "/?query=INSERT+INTO+t+VALUES+(8,'url')")
  const rows = (await post("SELECT a, s FROM t ORDER BY a FORMAT CSV")).text
  expect(rows).toBe(`1,"a;b"\n2,"it's"\n3,"ü"\n4,""\n5,"x"\n6,"y"\n7,""\n8,"url"\n`)
  await post("TRUNCATE TABLE t")
})

test("bodies come in gzip, deflate, br and zstd, and answers go out in gzip and zstd when asked", async () => {
  const encodings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync }
  for (const [name, encode] of Object.entries(encodings)) {
    const data = encode(Buffer.from("1\tpacked\n"))
    expect(await post(data, "/?query=INSERT+INTO+t+FORMAT+TSV", { "content-encoding": name })).toMatchObject({
      status: 200
    })
  }
  const path = "/?query=SELECT+s+FROM+t&enable_http_compression=1"
  const packed = await get(path, { "accept-encoding": "gzip" })
  expect(gunzipSync(packed.bytes).toString()).toBe("packed\n".repeat(4))
  const zstd = await get(path, { "accept-encoding": "zstd, gzip" })
  expect([zstd.headers["content-encoding"], zstdDecompressSync(zstd.bytes).toString()]).toEqual([
    "zstd",
    "packed\n".repeat(4)
  ])
  const plain = await get("/?query=SELECT+1", { "accept-encoding": "gzip" })
  expect(plain.headers["content-encoding"]).toBeUndefined()
  expect(await post("x", "/", { "content-encoding": "lzma" })).toMatchObject({ status: 415, code: "89" })
  for (const name of ["__proto__", "constructor", "toString"]) {
    expect(await post("x", "/", { "content-encoding": name }), name).toMatchObject({ status: 415, code: "89" })
    expect((await post("SELECT 1", `/?default_format=${name}`)).code, name).toBe("73")
  }
  expect(await post("not gzip", "/", { "content-encoding": "gzip" })).toMatchObject({ status: 400, code: "271" })
  expect(await get("/?query=SELECT+1&compress=1")).toMatchObject({ status: 501, code: "48" })
  await post("TRUNCATE TABLE t")
})

test("a body beyond the cap is answered with 413, packed or not, and nothing of it stays", async () => {
  const path = "/?query=INSERT+INTO+t+FORMAT+TSV"
  const large = Buffer.from("1\tx\n".repeat(2 * 1024 * 1024))
  expect(await post(large, path)).toMatchObject({ status: 413 })
  expect(await post(gzipSync(large), path, { "content-encoding": "gzip" })).toMatchObject({ status: 413 })
  expect(await post(gzipSync(large), "/", { "content-encoding": "gzip" })).toMatchObject({ status: 413 })
  expect((await post("SELECT count() FROM t")).text).toBe("0\n")
  expect(bodies()).toEqual([])
})

test("a client that leaves in the middle of a body inserts nothing, and its file goes", async () => {
  const call = request({
    host: "127.0.0.1",
    port: front.front.port,
    method: "POST",
    path: "/?query=INSERT+INTO+t+FORMAT+TSV"
  })
  call.on("error", () => undefined)
  call.write("1\thalf\n")
  const [file] = await waitFor(bodies, (names) => names.length === 1, { what: "the body in the spool" })
  expect(statSync(join(spoolDir, String(file))).mode & 0o777).toBe(0o600)
  call.destroy()
  await waitFor(bodies, (names) => names.length === 0, { what: "the spool empty" })
  expect((await post("SELECT count() FROM t")).text).toBe("0\n")
})

test("GET changes nothing, and cannot talk itself out of it", async () => {
  for (const query of ["CREATE TABLE z (a UInt8) ENGINE = Memory", "DROP TABLE t", "INSERT INTO t VALUES (1, '')"]) {
    expect(await get(`/?query=${encodeURIComponent(query)}`)).toMatchObject({ status: 403, code: "164" })
    expect(await get(`/?session_id=g&query=${encodeURIComponent(query)}`)).toMatchObject({ status: 403, code: "164" })
  }
  expect(await get("/?query=SELECT+1&readonly=0")).toMatchObject({ status: 200 })
  expect(await get("/?query=SET+readonly=0")).toMatchObject({ code: "164" })
})

test("a read-only user reads within limits it cannot raise", async () => {
  const key = { "x-clickhouse-user": "reader", "x-clickhouse-key": "geheim" }
  const basic = { authorization: `Basic ${Buffer.from("reader:geheim").toString("base64")}` }
  expect((await post("SELECT 1", "/", key)).text).toBe("1\n")
  expect((await post("SELECT 1", "/", basic)).text).toBe("1\n")
  expect((await post("SELECT 1", "/?user=reader&password=geheim")).text).toBe("1\n")
  expect(await post("SELECT 1", "/", { ...key, "x-clickhouse-key": "wrong" })).toMatchObject({
    status: 403,
    code: "516"
  })
  expect(await post("INSERT INTO t VALUES (1, '')", "/", key)).toMatchObject({ code: "164" })
  expect(await post("DROP TABLE t", "/", key)).toMatchObject({ code: "164" })
  expect(await post("SELECT 1", "/?max_execution_time=10&max_threads=1", key)).toMatchObject({ status: 200 })
  expect(await post("SELECT 1", "/?max_execution_time=0", key)).toMatchObject({ status: 403, code: "452" })
  expect(await post("SELECT 1 SETTINGS max_execution_time = 0", "/", key)).toMatchObject({ code: "164" })
  expect(await post("SELECT 1", "/?session_id=s", key)).toMatchObject({ code: "164" })
  expect(await post("SELECT 1", "/?readonly=0", key)).toMatchObject({ code: "452" })
})

test("limits end what goes too far, with their own codes", async () => {
  const long = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 3"
  expect(await post(long, "/?max_execution_time=1")).toMatchObject({ status: 408, code: "159" })
  const wide = "SELECT uniqExact(number) FROM numbers(10000000)"
  expect(await post(wide, "/?max_memory_usage=20000000")).toMatchObject({ status: 500, code: "241" })
  expect(await post("SELECT number FROM numbers(200000)", "/?wait_end_of_query=1")).toMatchObject({ code: "396" })
})

test("names of settings, databases, sessions and formats cannot carry SQL", async () => {
  const evil = encodeURIComponent("a'=1, readonly=0; DROP TABLE t --")
  expect(await post("SELECT 1", `/?${evil}=1`)).toMatchObject({ status: 404, code: "115" })
  expect(await post("SELECT getSetting('log_comment')", `/?log_comment=${evil}`)).toMatchObject({ status: 200 })
  expect(await post("SELECT 1", `/?database=${encodeURIComponent("x`; DROP TABLE t; --")}`)).toMatchObject({
    code: "81"
  })
  expect(await post("SELECT 1", `/?default_format=${evil}`)).toMatchObject({ code: "73" })
  expect(await post("{}", `/?query=INSERT+INTO+t&default_format=${evil}`)).toMatchObject({ status: 400 })
  expect(await post("SELECT 1", `/?session_id=${evil}&query_id=${evil}`)).toMatchObject({ status: 200, text: "1\n" })
  expect((await post("EXISTS TABLE t")).text).toBe("1\n")
})

test("SQL reaches no file, address or program of the machine", async () => {
  const ways = [
    "SELECT * FROM file('/etc/hostname', 'LineAsString')",
    "SELECT file('/etc/hostname')",
    "SELECT * FROM `/etc/hostname`",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM executable('id', 'TSV', 'a String')",
    "SELECT 1 INTO OUTFILE '/tmp/tailrace-out'",
    "INSERT INTO t FROM INFILE '/etc/hostname' FORMAT TSV",
    "INSERT INTO FUNCTION url('http://127.0.0.1:1/', 'TSV', 'a Int8') SELECT 1",
    "CREATE TABLE u (a Int8) ENGINE = URL('http://127.0.0.1:1/', 'TSV')",
    "CREATE DATABASE f ENGINE = Filesystem('/etc')",
    "CREATE DICTIONARY d (a UInt64) PRIMARY KEY a SOURCE(FILE(PATH '/etc/passwd' FORMAT 'TSV')) LAYOUT(FLAT()) LIFETIME(0)",
    "CREATE USER u",
    "SYSTEM SHUTDOWN"
  ]
  for (const sql of ways)
    expect(await post(sql), sql).toMatchObject({ status: expect.not.toSatisfy((s: number) => s < 400) })
  expect((await post("SELECT 1")).text).toBe("1\n")
})

test("no page of a browser reaches it, by whatever name, form or link, and not even ping tells it is there", async () => {
  const { port } = front.front
  const pages: ReadonlyArray<Record<string, string>> = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:1" },
    { origin: `http://127.0.0.1:${port}`, host: "evil.example:8123" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
    { host: "evil.example:8123" },
    { host: "localhost.evil.example" }
  ]
  for (const headers of pages) {
    const named = JSON.stringify(headers)
    expect(await post("SELECT 1", "/", headers), named).toMatchObject({ status: 403, code: "497" })
    expect(await get("/?query=SELECT+1", headers), named).toMatchObject({ status: 403, code: "497" })
    expect(await get("/ping", headers), named).toMatchObject({ status: 403, code: "497" })
    const simple = { ...headers, "content-type": "text/plain" }
    expect(await post("INSERT INTO t VALUES (66, 'by a page')", "/", simple), named).toMatchObject({ status: 403 })
  }
  expect((await post("SELECT count() FROM t WHERE a = 66")).text).toBe("0\n")
})

test("programs reach it by its addresses, by localhost and by the names it is told", async () => {
  const { port } = front.front
  for (const host of [`localhost:${port}`, "127.0.0.1", "[::1]:8123", "store.internal:8123", "STORE.internal"]) {
    expect(await post("SELECT 1", "/", { host }), host).toMatchObject({ status: 200 })
    expect(await post("SELECT 1", "/", { host, origin: `http://${host}` }), host).toMatchObject({ status: 200 })
  }
  expect(await get("/?query=SELECT+1", { "sec-fetch-site": "none" })).toMatchObject({ status: 200 })
})

test("Grafana's hello is answered in the revision it asks, and says that Native is plain from then on", async () => {
  const hello = "SELECT displayName(), version(), revision(), timezone()"
  const { status, bytes, headers } = await post(hello, "/?client_protocol_version=54485&default_format=Native")
  expect([status, headers["x-clickhouse-format"]]).toEqual([200, "Native"])
  expect([...bytes.subarray(0, 10)]).toEqual([1, 0, 2, 255, 255, 255, 255, 0, 4, 1])
  const revision = bytes.indexOf("revision()UInt32".replace("UInt32", "\u0006UInt32"))
  expect([...bytes.subarray(revision + 17, revision + 22)]).toEqual([0, 0, 0, 0, 0])
  expect(bytes.includes(front.front.version)).toBe(true)
  const rows = await post("SELECT toUInt8(7) AS a FORMAT Native", "/?client_protocol_version=54485")
  expect([...rows.bytes]).toEqual([1, 1, 1, 97, 5, ...Buffer.from("UInt8"), 7])
})

test("what stands before the first row is an answer with a status, what stands after is a block in the stream", async () => {
  expect(await post("SELECT throwIf(number = 10) FROM numbers(20)")).toMatchObject({ status: 500, code: "395" })
  const late = await post(
    "SELECT throwIf(number = 90000, 'late') FROM numbers(99999) SETTINGS max_block_size = 1000 FORMAT JSONEachRow"
  )
  const tag = late.headers["x-clickhouse-exception-tag"]
  if (late.status === 200) expect(late.text).toMatch(new RegExp(`\r\n__exception__\r\n${tag}\r\nCode: 395[^]*late`))
  else expect(late.code).toBe("395")
  expect(await rowsOf(front.client, "SELECT 1 AS a")).toEqual([{ a: 1 }])
})
