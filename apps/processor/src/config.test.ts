// Tests of the processor's configuration.
import { Schema } from "effect"
import { expect, it } from "vitest"
import { ProcessorConfig, withEnvironment } from "./config.ts"

const decode = Schema.decodeUnknownSync(ProcessorConfig)

it("is complete without a file", () => {
  expect(decode({})).toEqual({
    nats: { servers: ["nats://127.0.0.1:4222"] },
    store: { url: "http://127.0.0.1:8123", database: "tailrace" },
    durability: "fsync",
    partitions: 1,
    placement: "fused",
    setUp: true
  })
})

it("lets the environment have the last word over the keys it may set, and over no other", () => {
  const given = { nats: { servers: ["nats://a:1"], user: "u" }, placement: "fused" }
  const value = withEnvironment(given, {
    TAILRACE_NATS_URL: "nats://b:1,nats://c:1",
    TAILRACE_STORE_PASSWORD: "secret",
    TAILRACE_PARTITIONS: "4",
    TAILRACE_PLACEMENT: "",
    TAILRACE_INSTANCE: "x"
  })
  expect(decode(value)).toMatchObject({
    nats: { servers: ["nats://b:1", "nats://c:1"], user: "u" },
    store: { password: "secret", database: "tailrace" },
    partitions: 4,
    placement: "fused"
  })
  expect(given.nats.servers).toEqual(["nats://a:1"])
})

it("refuses a number of partitions that is none", () => {
  expect(() => decode(withEnvironment({}, { TAILRACE_PARTITIONS: "many" }))).toThrow(/partitions/)
})
