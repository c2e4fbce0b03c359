// Tests of reading a configuration file: defaults, overrides, and all that is wrong at once with its place or variable.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Schema } from "effect"
import { describe, expect, it } from "vitest"
import { asFlag, asList, asNumber, asText, type Configurable, loadConfig, readConfig } from "./config-file.ts"

const schema = Schema.Struct({
  name: Schema.optionalKey(Schema.NonEmptyString),
  on: Schema.optionalKey(Schema.Boolean),
  http: Schema.optionalKey(
    Schema.Struct({ port: Schema.optionalKey(Schema.Int), hosts: Schema.optionalKey(Schema.Array(Schema.String)) })
  )
})
const process: Configurable<typeof schema> = {
  schema,
  keys: [
    ["T_NAME", ["name"], asText],
    ["T_ON", ["on"], asFlag],
    ["T_PORT", ["http", "port"], asNumber],
    ["T_HOSTS", ["http", "hosts"], asList]
  ]
}
const read = (text: string, environment: Record<string, string> = {}) =>
  Effect.runSync(readConfig(process, { name: "a.yaml", text }, environment))
const problems = (text: string, environment: Record<string, string> = {}) =>
  Effect.runSync(Effect.flip(readConfig(process, { name: "a.yaml", text }, environment))).message.split("\n")

describe("readConfig", () => {
  it("reads a file, and lets the environment win over the keys it may set", () => {
    expect(read("")).toEqual({})
    const environment = { T_PORT: "2", T_HOSTS: "a, b", T_ON: "true", T_NAME: "", T_OTHER: "x" }
    expect(read("name: n\nhttp: { port: 1 }", environment)).toEqual({
      name: "n",
      on: true,
      http: { port: 2, hosts: ["a", "b"] }
    })
  })

  it("names everything that is wrong, with its line or its variable", () => {
    const found = problems("nmae: x\nhttp:\n  port: many\n", { T_ON: "maybe" })
    expect(found).toHaveLength(3)
    expect(found).toContainEqual("a.yaml:1:7 nmae: no such key here, correct its name or remove it")
    expect(found).toContainEqual(expect.stringMatching(/^a\.yaml:3:9 http\.port: expected /))
    expect(found).toContainEqual(expect.stringMatching(/^T_ON on: expected /))
    expect(problems("http: {", { T_PORT: "x" })[0]).toMatch(/^a\.yaml:1:\d+ /)
    expect(problems("", { T_PORT: "x" })).toEqual([expect.stringMatching(/^T_PORT http\.port: /)])
    expect(problems("- 1", { T_PORT: "1" })[0]).toMatch(/^a\.yaml:1:1 /)
  })
})

describe("loadConfig", () => {
  it("takes defaults without a file, and says in plain words why a file cannot be read", () => {
    expect(Effect.runSync(loadConfig(process, undefined, { T_NAME: "n" }))).toEqual({ name: "n" })
    const folder = mkdtempSync(join(tmpdir(), "tailrace-config-"))
    const file = join(folder, "a.yaml")
    return Effect.runPromise(Effect.flip(loadConfig(process, file, {})))
      .then((error) => {
        expect(error.message).toBe(`cannot read the configuration ${file}: no such file or directory`)
        writeFileSync(file, "on: false")
        return Effect.runPromise(loadConfig(process, file, {}))
      })
      .then((config) => expect(config).toEqual({ on: false }))
      .finally(() => rmSync(folder, { recursive: true }))
  })
})
