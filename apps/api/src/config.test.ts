// Tests of the api's configuration: defaults, file, environment, and what is said when it is wrong.
import { assert, describe, it } from "@effect/vitest"
import { readConfig } from "@tailrace/config/config-file"
import { Effect } from "effect"
import { apiConfigurable } from "./config.ts"

const read = (text: string, environment: Record<string, string> = {}) =>
  readConfig(apiConfigurable, { name: "api.yaml", text }, environment)
const problem = (text: string, environment: Record<string, string> = {}) =>
  Effect.map(Effect.flip(read(text, environment)), (error) => error.message)

describe("the api's configuration", () => {
  it.effect("has a default for everything", () =>
    Effect.gen(function* () {
      const config = yield* read("")
      assert.deepInclude(config, { host: "127.0.0.1", port: 4000, origins: [], introspection: true })
      assert.deepStrictEqual(config.nats.servers, ["nats://127.0.0.1:4222"])
    })
  )

  it.effect("lets the environment win over the file", () =>
    Effect.gen(function* () {
      const config = yield* read("port: 1\nnats: { user: u }", {
        TAILRACE_API_PORT: "4100",
        TAILRACE_NATS_URL: "nats://a:1, nats://b:2",
        TAILRACE_API_INTROSPECTION: "false",
        TAILRACE_STORE_DATABASE: ""
      })
      assert.deepInclude(config, { port: 4100, introspection: false })
      assert.deepStrictEqual(config.nats, { servers: ["nats://a:1", "nats://b:2"], user: "u" })
      assert.strictEqual(config.store.database, "tailrace")
    })
  )

  it.effect("says all that is wrong, and where", () =>
    Effect.gen(function* () {
      const message = yield* problem("prot: 1\nlimits: { depth: 0 }", { TAILRACE_API_PORT: "many" })
      assert.match(message, /^api\.yaml:1:7 prot: no such key here/m)
      assert.match(message, /^api\.yaml:2:18 limits\.depth: /m)
      assert.match(message, /^TAILRACE_API_PORT port: /m)
      assert.match(yield* problem("a: [1"), /^api\.yaml:1:\d+ /)
    })
  )
})
