// Tests of the collector's configuration: defaults, YAML, the environment, and everything that is wrong at once with its place.
import { assert, describe, it } from "@effect/vitest"
import { readConfig } from "@tailrace/config/config-file"
import { Effect } from "effect"
import { collectorConfigurable } from "./configurable.ts"
import { makeSources } from "./make-sources.ts"

const read = (text: string, environment: Record<string, string> = {}) =>
  Effect.runSync(readConfig(collectorConfigurable, { name: "collector.yaml", text }, environment))

const problems = (text: string, environment: Record<string, string> = {}) =>
  Effect.runSync(
    Effect.flip(readConfig(collectorConfigurable, { name: "collector.yaml", text }, environment))
  ).message.split("\n")

describe("the collector's configuration", () => {
  it("gives defaults on loopback for an empty file", () => {
    const config = read("")
    const made = Effect.runSync(makeSources(config))
    const [http] = "value" in made ? made.value : []
    const listener = http !== undefined && "listener" in http ? http.listener : undefined
    assert.deepStrictEqual([listener?.host, listener?.port], ["127.0.0.1", 4080])
    assert.strictEqual(config.tenant, "default")
    assert.isUndefined(config.stdin)
  })

  it("reads keys from YAML and lets the environment win", () => {
    const text = "http: { port: 1, maxBodyBytes: 5 }\ntenant: acme\n"
    const config = read(text, { TAILRACE_HTTP_PORT: "2", TAILRACE_NATS_URL: "nats://a:1, nats://b:2" })
    assert.deepStrictEqual([config.http?.port, config.http?.maxBodyBytes], [2, 5])
    assert.strictEqual(config.tenant, "acme")
    assert.deepStrictEqual(config.nats.servers, ["nats://a:1", "nats://b:2"])
  })

  it("names everything that is wrong, with its line or its variable", () => {
    const found = problems("tenant: a.b\nhttp:\n  port: 70000\n  prot: 1\n", { TAILRACE_STDIN: "maybe" })
    assert.strictEqual(found.length, 4)
    assert.isTrue(found.some((line) => line.startsWith("collector.yaml:1:9 tenant: ")))
    assert.isTrue(found.some((line) => line.startsWith("collector.yaml:3:9 http.port: ")))
    assert.isTrue(found.some((line) => line.includes("http.prot")))
    assert.isTrue(found.some((line) => line.startsWith("TAILRACE_STDIN stdin: ")))
    assert.match(problems("http: [1,\n")[0] ?? "", /^collector\.yaml:\d+:\d+ /)
    assert.match(problems("- 1\n")[0] ?? "", /^collector\.yaml:1:1 /)
  })
})
