// Tests of the list of sources in a configuration: what it makes, everything that is wrong with it at once, and variables in it.
import { assert, describe, it } from "@effect/vitest"
import { readConfig } from "@tailrace/config/config-file"
import { Effect } from "effect"
import { clashOf } from "./clash.ts"
import { collectorConfigurable } from "./configurable.ts"
import { listenerOf } from "./http/listener-config.ts"
import { makeSources } from "./make-sources.ts"
import type { HttpSource } from "./source.ts"

type Environment = Record<string, string>
const config = (text: string, environment: Environment = {}) =>
  readConfig(collectorConfigurable, { name: "collector.yaml", text }, environment)

const sources = (text: string, environment: Environment = {}) => {
  const made = Effect.runSync(Effect.flatMap(config(text, environment), makeSources))
  assert.isTrue("value" in made)
  return "value" in made ? made.value : []
}

const problems = (text: string, environment: Environment = {}) =>
  Effect.runSync(Effect.flip(config(text, environment))).message.split("\n")

const portsOf = (text: string, environment: Environment = {}) =>
  sources(text, environment).map((one) => [one.name, "open" in one ? one.claims[0]?.port : one.listener.port])

describe("the list of sources", () => {
  it("runs what it lists alone, two of one type under names of their own", () => {
    const text = `sources:
  - { type: http }
  - { type: syslog, port: 5515 }
  - { type: syslog, name: edge, port: 6514, udp: false, source: edge }
  - { type: stdin }
`
    assert.deepStrictEqual(portsOf(text), [
      ["http", 4080],
      ["syslog", 5515],
      ["edge", 6514],
      ["stdin", undefined]
    ])
    assert.deepStrictEqual(sources("sources: []"), [])
  })

  it("reads files of one name as one source, which keeps one folder of checkpoints", () => {
    const found = sources(`sources:
  - { type: file, path: /var/log/a.log }
  - { type: file, path: /var/log/b.log, whenFull: drop-oldest }
  - { type: file, name: apps, path: /srv/*.log }
`)
    assert.deepStrictEqual(
      found.map(({ name, whenFull }) => [name, whenFull]),
      [
        ["file", "drop-oldest"],
        ["apps", undefined]
      ]
    )
  })

  it("says everything that is wrong with it at once, each with its place", () => {
    const found = problems(`sources:
  - { type: http }
  - { type: http }
  - { type: syslog, name: other, port: 4080 }
  - { type: kafka }
  - { port: 1 }
  - { type: syslog, name: spool, prot: 2 }
  - { type: stdin, name: http }
  - { type: file, name: http, path: a }
`)
    const shown = found.join("\n")
    const expected = [
      'collector.yaml:3:5 sources.1.name: sources.0 is named "http" too, give one of them another name',
      "collector.yaml:3:5 sources.1.port: /ingest on port 4080 is the path of sources.0",
      "sources.2.port: tcp port 4080 is that of sources.0",
      'sources.3.type: no type "kafka", there are file, http, stdin, syslog',
      "sources.4.type: type is missing, one of file, http, stdin, syslog",
      "sources.5.name: must be 1 to 64 lower-case letters",
      "sources.5.prot: no such key here, correct its name or remove it",
      'sources.6.name: sources.0 is named "http" too',
      'sources.7.name: sources.0 is named "http" too'
    ]
    for (const one of expected) assert.include(shown, one)
  })

  it("has no sections beside it, and says where they go", () => {
    const found = problems("sources: []\nhttp: { port: 1 }\nsyslog: {}\nfiles: [{ path: a }]\nstdin: true\n")
    assert.deepStrictEqual(
      found.map((line) => line.split(": stands beside")[0]),
      ["collector.yaml:2:7 http", "collector.yaml:3:9 syslog", "collector.yaml:4:8 files", "collector.yaml:5:8 stdin"]
    )
    assert.include(found[0], "move it into that list: - { type: http, ... }")
  })

  it("takes a variable in the only entry of its type, and says so where there is none or several", () => {
    const text = "sources:\n  - { type: syslog }\n  - { type: http, port: 1 }\n"
    const environment = { TAILRACE_HTTP_PORT: "2", TAILRACE_SYSLOG_PORT: "3" }
    assert.deepStrictEqual(portsOf(text, environment), [
      ["syslog", 3],
      ["http", 2]
    ])
    assert.match(problems(text, { TAILRACE_HTTP_PORT: "70000" })[0] ?? "", /^TAILRACE_HTTP_PORT sources\.1\.port: /)
    const two = "sources:\n  - { type: http, port: 1 }\n  - { type: http, name: b, port: 2 }\n"
    assert.deepStrictEqual(problems(two, { TAILRACE_HTTP_PORT: "3", TAILRACE_SYSLOG_PORT: "4" }), [
      "TAILRACE_HTTP_PORT sources has 2 entries of type http, unset it and set port in the file",
      "TAILRACE_SYSLOG_PORT sources has no entry of type syslog, unset it and set port in the file"
    ])
  })

  it("runs what the sections say where there is no list, as ever", () => {
    assert.deepStrictEqual(portsOf(""), [
      ["http", 4080],
      ["syslog", 5514]
    ])
    const text = "http: { port: 1 }\nsyslog: { enabled: false }\nfiles: [{ path: a }, { path: b }]\nstdin: true\n"
    assert.deepStrictEqual(
      sources(text).map(({ name }) => name),
      ["http", "file", "stdin"]
    )
  })
})

describe("sources at one address", () => {
  const [http] = sources("sources: [{ type: http }]") as ReadonlyArray<HttpSource>
  if (http === undefined) throw new Error("no http source")
  const other: HttpSource = { ...http, name: "other", paths: ["/other"] }

  it("share a listener when their paths differ and all else about it is the same", () => {
    assert.isUndefined(clashOf(http, other))
    const bounded = { ...other, listener: listenerOf({ ...other.listener, maxConnections: 7 }) }
    assert.deepStrictEqual(clashOf(http, bounded), {
      key: "maxConnections",
      message: "sources on port 4080 share a listener, so maxConnections has to be that"
    })
    const everywhere = { ...other, listener: { ...other.listener, host: "0.0.0.0" } }
    assert.strictEqual(clashOf(http, everywhere)?.key, "host")
    assert.isUndefined(clashOf(http, { ...everywhere, listener: { ...everywhere.listener, port: 4081 } }))
  })
})
