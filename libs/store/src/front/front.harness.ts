// Test front: a real store front in a folder of its own, for as long as a test file or one test runs.
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client"
import { Effect, Exit, Scope } from "effect"
import type { FrontOptionsInput } from "./options.ts"
import { type Front, type SpawnOptions, spawnFront } from "./spawn.ts"

export interface TestFront {
  readonly front: Front
  readonly dataDir: string
  readonly client: ClickHouseClient
  readonly stop: () => Promise<void>
  /** Stops and removes the data. */
  readonly remove: () => Promise<void>
}

export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "tailrace-front-test-"))

export const startFront = async (
  options: Partial<FrontOptionsInput> & Partial<SpawnOptions> = {}
): Promise<TestFront> => {
  const dataDir = options.dataDir ?? (await temporaryFolder())
  const scope = Effect.runSync(Scope.make())
  const front = await Effect.runPromise(Scope.provide(spawnFront({ port: 0, open: true, ...options, dataDir }), scope))
  const client = testClient(front)
  const stop = async () => {
    await client.close()
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
  return {
    front,
    dataDir,
    client,
    stop,
    remove: async () => {
      await stop()
      await rm(dataDir, { recursive: true, force: true })
    }
  }
}

export const testClient = (front: Front, options: Parameters<typeof createClient>[0] = {}): ClickHouseClient =>
  createClient({ url: front.url, log: { level: ClickHouseLogLevel.OFF }, ...options })

/** Rows of a query as JSON. */
export const rowsOf = async <Row>(
  client: ClickHouseClient,
  query: string,
  options: Omit<Parameters<ClickHouseClient["query"]>[0], "query" | "format"> = {}
): Promise<Array<Row>> => (await client.query({ query, format: "JSONEachRow", ...options })).json<Row>()
