// Tests of the processor's configuration.
import { inspect } from "node:util"
import { readConfig } from "@tailrace/config/config-file"
import { Effect, Redacted } from "effect"
import { expect, it } from "vitest"
import { processorConfigurable } from "./config.ts"

const read = (text: string, environment: Record<string, string> = {}) =>
  Effect.runSync(readConfig(processorConfigurable, { name: "processor.yaml", text }, environment))

it("is complete without a file", () => {
  expect(read("")).toEqual({
    nats: { servers: ["nats://127.0.0.1:4222"] },
    store: { url: "http://127.0.0.1:8123", database: "tailrace" },
    durability: "fsync",
    partitions: 1,
    placement: "fused",
    deadLetters: { keep: 30 * 86_400_000, maxBytes: 1_073_741_824 },
    setUp: true
  })
})

it("lets the environment have the last word over the keys it may set, and over no other", () => {
  const config = read("nats: { servers: ['nats://a:1'], user: u }\nplacement: fused", {
    TAILRACE_NATS_URL: "nats://b:1,nats://c:1",
    TAILRACE_STORE_PASSWORD: "secret",
    TAILRACE_PARTITIONS: "4",
    TAILRACE_PLACEMENT: "",
    TAILRACE_INSTANCE: "x"
  })
  expect(config).toMatchObject({
    nats: { servers: ["nats://b:1", "nats://c:1"], user: "u" },
    store: { database: "tailrace" },
    partitions: 4,
    placement: "fused"
  })
  const { password } = config.store
  expect(password === undefined ? "" : Redacted.value(password)).toBe("secret")
  expect(`${inspect(config, { depth: 9 })} ${JSON.stringify(config)}`).not.toContain("secret")
})

it("refuses a number of partitions that is none", () => {
  expect(() => read("", { TAILRACE_PARTITIONS: "many" })).toThrow(/^TAILRACE_PARTITIONS partitions: /)
})
