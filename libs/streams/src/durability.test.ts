// Tests of the durability dial: what it writes into the shipped configuration, and what it reads from a running broker.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { durabilityOf, withSyncInterval } from "./durability.ts"

const shipped = readFileSync(join(import.meta.dirname, "../../../nats/nats-server.conf"), "utf8")

describe("the durability dial", () => {
  it("is at fsync in the shipped configuration", () => {
    assert.match(shipped, /^ {2}sync_interval: always$/m)
    assert.strictEqual(withSyncInterval(shipped, "fsync"), shipped)
  })

  it("changes the sync interval and nothing else", () => {
    const memory = withSyncInterval(shipped, "memory")
    assert.match(memory, /^ {2}sync_interval: "2m"$/m)
    assert.strictEqual(memory.replace('sync_interval: "2m"', "sync_interval: always"), shipped)
  })

  it("refuses a configuration that states no interval", () => {
    assert.throws(() => withSyncInterval("jetstream {}", "memory"), /must set sync_interval once/)
  })

  it("names the level that a broker has", () => {
    assert.strictEqual(durabilityOf({ syncAlways: true, replicas: 1 }), "fsync")
    assert.strictEqual(durabilityOf({ syncAlways: false, replicas: 3 }), "replicated")
    assert.strictEqual(durabilityOf({ syncAlways: false, replicas: 1 }), "memory")
  })
})
