// Bodies given in a file, against a real store front: what it takes, what it refuses, and what a client falls back to.
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { ClickHouseClient } from "@clickhouse/client"
import { afterAll, beforeAll, expect, test } from "vitest"
import { rowsOf, startFront, type TestFront } from "../front/front.harness.ts"
import { askForFolder, folderHeader, givenHeader } from "./given-body.ts"
import { postBlock } from "./post-block.ts"

const name = (n: number): string => `given-00000000-0000-0000-0000-${String(n).padStart(12, "0")}`
const insert = "INSERT INTO t FORMAT Native"
/** A Native block of one UInt8 column `a` with one row. */
const block = (value: number): Uint8Array => Buffer.from([1, 1, 1, 97, 5, ...Buffer.from("UInt8"), value])

let spoolDir: string
let front: TestFront
beforeAll(async () => {
  spoolDir = mkdtempSync(join(tmpdir(), "tailrace-given-"))
  front = await startFront({ spoolDir, bodyBytes: 1_000, backOffMillis: 10 })
  await front.client.command({ query: "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a" })
})
afterAll(async () => {
  await front.remove()
  rmSync(spoolDir, { recursive: true, force: true })
})

const post = (given: string, body: Uint8Array | undefined = undefined, query = insert) =>
  fetch(`${front.front.url}/?query=${encodeURIComponent(query)}`, {
    method: "POST",
    headers: { [givenHeader]: given },
    ...(body !== undefined && { body: new Uint8Array(body) })
  })
const folder = () => join(spoolDir, readdirSync(spoolDir).find((one) => one.startsWith("tailrace-front-")) ?? "")
const given = () => readdirSync(folder()).filter((one) => /^(given|body)-/.test(one))
const values = async () => (await rowsOf<{ a: number }>(front.client, "SELECT a FROM t ORDER BY a")).map(({ a }) => a)

test("the folder is told to who asks with an insert, and a file there is a body, once", async () => {
  const answer = await post(askForFolder, block(1))
  expect(answer.headers.get(folderHeader)).toBe(folder())
  writeFileSync(join(folder(), name(1)), block(2))
  expect((await post(name(1))).status).toBe(200)
  expect(await values()).toEqual([1, 2])
  expect(given()).toEqual([])
  const again = await post(name(1))
  expect(again.status).toBe(503)
  expect(await again.text()).toContain("The body is not in the spool, send it again")
  const read = await fetch(`${front.front.url}/?query=SELECT+1`, { headers: { [givenHeader]: askForFolder } })
  expect(read.headers.get(folderHeader)).toBeNull()
  expect(await values()).toEqual([1, 2])
})

test("nothing outside of the folder, no link and nothing too large is taken, and nothing of it stays", async () => {
  const outside = join(spoolDir, "outside")
  writeFileSync(outside, block(3))
  for (const bad of ["../outside", outside, "given-", `${name(2)}/../x`]) expect((await post(bad)).status).toBe(400)
  symlinkSync(outside, join(folder(), name(2)))
  expect((await post(name(2))).status).toBe(400)
  writeFileSync(join(folder(), name(3)), Buffer.alloc(1_001))
  expect((await post(name(3))).status).toBe(413)
  expect(existsSync(outside)).toBe(true)
  expect(given()).toEqual([])
  expect(await values()).toEqual([1, 2])
})

test("what a client left behind is removed in time, also by a front that has swept before", async () => {
  const other = await startFront({ spoolDir })
  try {
    const at = join(spoolDir, readdirSync(spoolDir).find((one) => one.includes(`-${other.front.pid()}-`)) ?? "")
    for (const n of [4, 5]) writeFileSync(join(at, name(n)), block(4))
    utimesSync(join(at, name(4)), 1, 1)
    await fetch(`${other.front.url}/?query=${encodeURIComponent("INSERT INTO t FORMAT Native")}`, {
      method: "POST",
      headers: { [givenHeader]: name(6) }
    })
    await expect.poll(() => readdirSync(at).filter((one) => one.startsWith("given-"))).toEqual([name(5)])
  } finally {
    await other.remove()
  }
})

/** The client, and what its inserts said of their bodies. */
const observed = (): { client: ClickHouseClient; bodies: ReadonlyArray<string> } => {
  const bodies: Array<string> = []
  const client = new Proxy(front.client, {
    get: (target, key) => {
      if (key !== "exec") return Reflect.get(target, key)
      return (params: Parameters<ClickHouseClient["exec"]>[0]) => {
        bodies.push(params.http_headers?.[givenHeader]?.slice(0, 6) ?? "")
        return target.exec(params)
      }
    }
  })
  return { client, bodies }
}

test("a client sends its first block over HTTP and gives the next ones in files, until something fails", async () => {
  await front.client.command({ query: "TRUNCATE TABLE t" })
  const { bodies, client } = observed()
  for (const value of [1, 2, 3]) await postBlock(client, insert, block(value), {})
  expect(bodies).toEqual(["ask", "given-", "given-"])
  await expect(postBlock(client, "INSERT INTO missing FORMAT Native", block(4), {})).rejects.toThrow("missing")
  for (const value of [4, 5]) await postBlock(client, insert, block(value), {})
  expect(bodies.slice(3)).toEqual(["given-", "ask", "given-"])
  expect(await values()).toEqual([1, 2, 3, 4, 5])
  expect(given()).toEqual([])
})

test("a client goes by HTTP where it cannot write, where others could, and finds a front that was started again", async () => {
  await front.client.command({ query: "TRUNCATE TABLE t" })
  const { bodies, client } = observed()
  chmodSync(folder(), 0o750)
  for (const value of [1, 2]) await postBlock(client, insert, block(value), {})
  expect(bodies).toEqual(["ask", "ask"])
  chmodSync(folder(), 0o700)
  const before = observed()
  await postBlock(before.client, insert, block(3), {})
  const pid = front.front.pid() as number
  process.kill(pid, "SIGKILL")
  await expect.poll(() => front.front.pid() !== undefined && front.front.pid() !== pid, { timeout: 60_000 }).toBe(true)
  await expect
    .poll(
      () =>
        postBlock(before.client, insert, block(4), { insert_deduplication_token: "four" }).then(
          () => true,
          () => false
        ),
      {
        timeout: 60_000
      }
    )
    .toBe(true)
  await postBlock(before.client, insert, block(5), {})
  expect(before.bodies.at(-1)).toBe("given-")
  expect(await values()).toEqual([1, 2, 3, 4, 5])
})
