// A real store for one test run: an engine behind the store front (or a given server), a fresh database, migrated.
import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Front, spawnFront } from "@tailrace/store/front/spawn"
import { migrate } from "@tailrace/store/migrations"
import { command, Store } from "@tailrace/store/store"
import { Effect, Layer, type Scope } from "effect"

export interface TestStore {
  /** Where ClickHouse's HTTP interface answers. */
  readonly url: string
  /** A database of this test alone, with all tables. */
  readonly database: string
  /** A client of its own; provide it as often as wanted. */
  readonly layer: Layer.Layer<Store>
  /** The process behind it, to be killed by its pid and waited for; undefined when the server was given. */
  readonly front: Front | undefined
}

/** A server to test against instead of the embedded engine: the address of its HTTP interface. */
const givenServer = process.env.TAILRACE_TEST_CLICKHOUSE

/** Starts a store that lives as long as the scope; its data goes with it. */
export const startStore: Effect.Effect<TestStore, never, Scope.Scope> = Effect.gen(function* () {
  const front = givenServer === undefined ? yield* startFront : undefined
  const url = givenServer ?? (front as Front).url
  const database = `test_${randomUUID().replaceAll("-", "")}`
  const layer = Store.layer({ url, database })
  yield* Effect.acquireRelease(Effect.provide(migrate(), layer), () =>
    givenServer === undefined
      ? Effect.void
      : Effect.ignore(Effect.provide(command("drop the test database", `DROP DATABASE ${database} SYNC`), layer))
  )
  return { url, database, layer, front }
}).pipe(Effect.orDie)

/** The same as a layer: `layer(testStore)("...", (it) => ...)` gives all tests of a block one store. */
export const testStore: Layer.Layer<Store> = Layer.unwrap(Effect.map(startStore, (store) => store.layer))

const startFront = Effect.gen(function* () {
  const dataDir = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "tailrace-store-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  )
  return yield* spawnFront({ dataDir, port: 0, open: true, backOffMillis: 10, mostBackOffMillis: 200, fsync: false })
})
