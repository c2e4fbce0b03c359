// The engine behind the store front against statements from a grammar: every name it knows, in every place, spelled every way.
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { seededRandom } from "@tailrace/domain/seeded-random"
import { startFront, type TestFront } from "@tailrace/store/front/front.harness"
import {
  allowedEngines,
  allowedInputFormats,
  allowedOutputFormats,
  allowedStorageWords,
  allowedTableFunctions,
  ownTables
} from "@tailrace/store-front/cage/names"
import { isAllowedFunction } from "@tailrace/store-front/cage/rules"
import { allowedSettings } from "@tailrace/store-front/cage/settings"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import {
  type Attempt,
  attemptWithFormat,
  attemptWithName,
  attemptWithSetting,
  attemptWithSystemTable,
  type EngineWords,
  pick,
  type Targets
} from "./engine-grammar.ts"

const long = process.env.TAILRACE_ATTACKS === "long"
const seed = Number(process.env.TAILRACE_SEED ?? 1)
const secret = "the canary was read"
const longAgo = new Date("2001-01-01")

const folder = mkdtempSync(join(tmpdir(), "tailrace-fuzz-"))
const canary = join(folder, "canary.txt")
let heard = 0
let listener: Server
let targets: Targets
let front: TestFront

const listen = async (): Promise<Server> => {
  const server = createServer((socket) => {
    heard += 1
    socket.destroy()
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  return server
}

/** Old, so that the next reading is noted where the system notes the first since the last change. */
const lay = (): void => {
  writeFileSync(canary, `${secret}\n`)
  utimesSync(canary, longAgo, new Date())
}
const wasRead = (): boolean => statSync(canary).atime.getTime() !== longAgo.getTime()

interface Reply {
  readonly status: number
  readonly code: number
  readonly text: string
}

const ask = async (to: TestFront, { sql, params }: Attempt): Promise<Reply> => {
  const query = new URLSearchParams({ max_execution_time: "2", ...params })
  const answer = await fetch(`${to.front.url}/?${query}`, { method: "POST", body: sql })
  const code = Number(answer.headers.get("x-clickhouse-exception-code") ?? 0)
  return { status: answer.status, code, text: await answer.text() }
}

/** Names from the engine itself, so that one of a new version is tried as soon as it is there. */
const wordsOf = async (to: TestFront): Promise<EngineWords> => {
  const names = async (sql: string) =>
    (await ask(to, { sql: `${sql} FORMAT TSV`, params: {} })).text.split("\n").filter((name) => name !== "")
  return {
    functions: await names("SELECT name FROM system.functions"),
    tableFunctions: await names("SELECT name FROM system.table_functions"),
    engines: await names("SELECT name FROM system.table_engines"),
    databaseEngines: [
      "Filesystem",
      "SQLite",
      "MySQL",
      "PostgreSQL",
      "MaterializedPostgreSQL",
      "S3",
      "HDFS",
      "Backup",
      "Replicated",
      "DataLakeCatalog",
      "Dictionary"
    ],
    settings: await names("SELECT name FROM system.settings UNION ALL SELECT name FROM system.merge_tree_settings"),
    inputFormats: await names("SELECT name FROM system.formats WHERE is_input"),
    outputFormats: await names("SELECT name FROM system.formats WHERE is_output"),
    systemTables: await names("SELECT name FROM system.tables WHERE database = 'system'")
  }
}

/** Everything that is not listed, so must be refused, each in an attempt of its own. */
const forbidden = (random: () => number, words: EngineWords): Array<Attempt> => {
  const named = (name: string) => attemptWithName(random, name, targets)
  const isListed = (name: string, lists: ReadonlyArray<ReadonlySet<string>>) =>
    lists.some((list) => list.has(name.toLowerCase()))
  const outside = (names: ReadonlyArray<string>, ...lists: ReadonlyArray<ReadonlySet<string>>) =>
    names.filter((name) => !isListed(name, lists) && !isAllowedFunction(name.toLowerCase()))
  return [
    ...outside(words.functions, allowedTableFunctions, allowedStorageWords, allowedEngines).map(named),
    ...outside(words.tableFunctions, allowedTableFunctions, allowedEngines, allowedStorageWords).map(named),
    ...outside(
      [...words.engines, ...words.databaseEngines],
      allowedEngines,
      allowedTableFunctions,
      allowedStorageWords
    ).map(named),
    ...words.settings
      .filter((name) => !isListed(name, [allowedSettings]) && !reservedParameters.has(name))
      .map((name) => attemptWithSetting(random, name, targets)),
    ...words.inputFormats
      .filter((name) => !isListed(name, [allowedInputFormats]))
      .map((name) => attemptWithFormat(random, name, "input")),
    ...words.outputFormats
      .filter((name) => !isListed(name, [allowedOutputFormats]))
      .map((name) => attemptWithFormat(random, name, "output")),
    ...words.systemTables
      .filter((name) => !isListed(name, [ownTables]))
      .map((name) => attemptWithSystemTable(random, name))
  ]
}

/** Settings that an address carries under the same name for the front itself. */
const reservedParameters = new Set([
  "buffer_size",
  "enable_http_compression",
  "http_headers_progress_interval_ms",
  "http_response_buffer_size",
  "http_zlib_compression_level",
  "send_progress_in_http_headers",
  "add_http_cors_header",
  "cancel_http_readonly_queries_on_client_close",
  "http_native_compression_disable_checksumming_on_decompress",
  "wait_end_of_query",
  "stacktrace"
])

const inLanes = async (
  attempts: ReadonlyArray<Attempt>,
  check: (attempt: Attempt, reply: Reply) => void
): Promise<void> => {
  let next = 0
  const lane = async () => {
    for (let attempt = attempts[next++]; attempt !== undefined; attempt = attempts[next++]) {
      check(attempt, await ask(front, attempt))
    }
  }
  await Promise.all(Array.from({ length: 6 }, lane))
}

beforeAll(async () => {
  listener = await listen()
  const { port } = listener.address() as { port: number }
  targets = { canary, made: join(folder, "made.txt"), listener: `127.0.0.1:${port}` }
  // The system holds what the cage would let out, which must be seen here.
  front = await startFront({ confined: false })
  for (const sql of ["CREATE DATABASE fuzz", "CREATE TABLE fuzz.t (a String) ENGINE = MergeTree ORDER BY a"]) {
    expect((await ask(front, { sql, params: {} })).status).toBe(200)
  }
  lay()
})
afterAll(async () => {
  await front?.remove()
  listener?.close()
  rmSync(folder, { recursive: true, force: true })
})

const nothingGotOut = async (): Promise<void> => {
  expect({ read: wasRead(), heard, files: readdirSync(folder), restarts: front.front.restarts() }).toEqual({
    read: false,
    heard: 0,
    files: ["canary.txt"],
    restarts: 0
  })
  expect((await ask(front, { sql: "SELECT 1", params: {} })).text).toBe("1\n")
}

describe("the engine", { timeout: long ? 3_600_000 : 120_000 }, () => {
  it("is heard and seen when it does get out, without the cage", async () => {
    const open = await startFront({ outsideSources: true, confined: false })
    try {
      const read = await ask(open, { sql: `SELECT file('${canary}')`, params: {} })
      expect([read.text, wasRead()]).toEqual([`${secret}\\n\n`, true])
      const calling = ask(open, { sql: `SELECT * FROM url('http://${targets.listener}/', 'LineAsString')`, params: {} })
      await waitFor(
        () => heard,
        (calls) => calls > 0,
        { what: "a call out of the engine" }
      )
      process.kill(open.front.pid() as number, "SIGKILL")
      await calling.catch(() => undefined)
    } finally {
      await open.remove()
      heard = 0
      lay()
    }
  })

  it("refuses every name of its own that is not listed, wherever it stands and however it is spelled", async () => {
    const words = await wordsOf(front)
    expect(words.functions.length).toBeGreaterThan(1_000)
    const passed: Array<string> = []
    const attempts = Array.from({ length: long ? 20 : 1 }, (_, at) => forbidden(seededRandom(seed + at), words)).flat()
    await inLanes(attempts, (attempt, { status, text }) => {
      if (status < 400 || text.includes(secret)) passed.push(JSON.stringify(attempt))
    })
    console.log(`${attempts.length} statements with a name that is not listed`)
    expect(passed).toEqual([])
    await nothingGotOut()
  })

  it("lets nothing out through what is listed either, from a grammar of all names and places", async () => {
    const random = seededRandom(seed)
    const words = await wordsOf(front)
    const names = [...words.functions, ...words.tableFunctions, ...words.engines, ...words.databaseEngines]
    const attempts = Array.from({ length: long ? 60_000 : 1_000 }, (): Attempt => {
      const outer = attemptWithName(random, pick(random, names), targets)
      if (random() < 0.5) return outer
      const inner = attemptWithSetting(random, pick(random, words.settings), targets)
      return {
        sql: `${outer.sql} ${inner.sql.replace(/^.*?(?=SETTINGS|$)/s, "")}`,
        params: { ...outer.params, ...inner.params }
      }
    })
    const told: Array<string> = []
    await inLanes(attempts, (attempt, { text }) => {
      if (text.includes(secret)) told.push(JSON.stringify(attempt))
    })
    expect(told).toEqual([])
    await nothingGotOut()
  })
})
