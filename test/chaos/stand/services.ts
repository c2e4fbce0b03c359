// Services: broker, store, collector, processor and api as processes of their own, with fault proxies on the ways between.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BrokerUser } from "@tailrace/access/credentials"
import { accountsConfig } from "@tailrace/streams/broker-accounts"
import { inboxPrefixOf } from "@tailrace/streams/broker-roles"
import { FaultProxy } from "@tailrace/testing/fault-proxy"
import { freePort } from "@tailrace/testing/free-port"
import { findNatsServer } from "@tailrace/testing/nats-server"
import { Service } from "./service.ts"
import { pipelineText, type Stand, selectFrom } from "./stand.ts"

const root = join(import.meta.dirname, "../../..")

export interface ServicesOptions {
  readonly placement?: "fused" | "staged"
  /** Of the proxies. */
  readonly seed?: number
  /** Added to the pipeline file; `folder` is the stand's own. */
  readonly pipeline?: (folder: string) => string
  /** Called with the folders of their data before they start. */
  readonly prepare?: (folders: Readonly<Record<"broker" | "store" | "collector" | "archive", string>>) => void
  /** Makes the broker's configuration of the shipped one. */
  readonly brokerConfiguration?: (shipped: string) => string
  /** Called when all has ended, before the folder goes. */
  readonly cleanUp?: () => void
}

export interface Services extends Stand {
  readonly processes: Readonly<Record<"broker" | "store" | "collector" | "processor" | "api", Service>>
  /** Ways to the broker of collector and processor, and from the processor to the store. */
  readonly ways: Readonly<Record<"collectorToBroker" | "processorToBroker" | "processorToStore", FaultProxy>>
  readonly api: string
  /** Writes the store front's options anew; they hold from its next start. */
  readonly storeOptions: (options: Readonly<Record<string, unknown>>) => void
}

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false
  )

/** The broker speaks first, so a byte means that it serves. */
const greets = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    const answer = (yes: boolean): void => {
      socket.destroy()
      resolve(yes)
    }
    socket.once("data", () => answer(true))
    socket.once("error", () => answer(false))
  })

/** Starts all five; ready when every one is. */
export const services = async (options: ServicesOptions = {}): Promise<Services> => {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-chaos-"))
  const data = {
    broker: join(folder, "nats"),
    store: join(folder, "store"),
    collector: join(folder, "collector"),
    archive: join(folder, "archive")
  }
  for (const path of [...Object.values(data), join(folder, "watched")]) mkdirSync(path)
  options.prepare?.(data)
  const ports = await Promise.all(Array.from({ length: 5 }, () => freePort()))
  const [natsPort, storePort, httpPort, statusPort, apiPort] = ports as [number, number, number, number, number]
  const storeUrl = `http://127.0.0.1:${storePort}`
  const { seed = 1 } = options
  const ways = {
    collectorToBroker: await FaultProxy.start({ target: natsPort, seed }),
    processorToBroker: await FaultProxy.start({ target: natsPort, seed: seed + 1 }),
    processorToStore: await FaultProxy.start({ target: storePort, seed: seed + 2 })
  }
  const nats = (port: number, user: BrokerUser) => ({
    servers: [`nats://127.0.0.1:${port}`],
    user,
    password: user,
    inbox: inboxPrefixOf(user)
  })
  const write = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const accounts = accountsConfig({
    identity: (user) => `user: ${user}, password: ${user}`,
    publisherPassword: "publisher",
    open: true
  })
  const shipped = `${readFileSync(join(root, "nats/nats-server.conf"), "utf8")}\n${accounts}`
  const brokerConfiguration = write("nats-server.conf", options.brokerConfiguration?.(shipped) ?? shipped)
  const storeFile = join(folder, "store.json")
  const storeOptions = (given: Readonly<Record<string, unknown>>) =>
    writeFileSync(storeFile, JSON.stringify({ dataDir: data.store, port: storePort, open: true, ...given }))
  storeOptions({})
  const configs = {
    // JSON is YAML.
    collector: write(
      "collector.json",
      JSON.stringify({
        nats: nats(ways.collectorToBroker.port, "collector"),
        data: data.collector,
        http: { port: httpPort },
        syslog: { enabled: false },
        files: [{ path: join(folder, "watched", "*") }]
      })
    ),
    processor: write(
      "processor.json",
      JSON.stringify({
        nats: nats(ways.processorToBroker.port, "processor"),
        store: { url: `http://127.0.0.1:${ways.processorToStore.port}` },
        partitions: 2,
        placement: options.placement ?? "fused",
        pipeline: write("chaos.yaml", pipelineText + (options.pipeline?.(folder) ?? "")),
        status: { port: statusPort }
      })
    ),
    api: write("api.json", JSON.stringify({ nats: nats(natsPort, "api"), store: { url: storeUrl }, port: apiPort }))
  }
  const app = (name: "collector" | "processor" | "api", readyAt: number): Service =>
    new Service({
      name,
      command: process.execPath,
      arguments: [join(root, `apps/${name}/src/main.ts`), configs[name]],
      folder,
      ready: () => answers(`http://127.0.0.1:${readyAt}/health/ready`)
    })
  const processes = {
    broker: new Service({
      name: "broker",
      command: findNatsServer() ?? "nats-server",
      arguments: [...["-c", brokerConfiguration, "-a", "127.0.0.1", "-p", String(natsPort)], ...["-sd", data.broker]],
      folder,
      ready: () => greets(natsPort)
    }),
    store: new Service({
      name: "store",
      command: process.execPath,
      arguments: [join(root, "apps/store-front/src/main.ts"), "--options", storeFile],
      folder,
      environment: { UV_THREADPOOL_SIZE: "20" },
      ready: () => answers(`http://127.0.0.1:${storePort}/ping`)
    }),
    processor: app("processor", statusPort),
    collector: app("collector", httpPort),
    api: app("api", apiPort)
  }
  const all = Object.values(processes)
  const remove = async (): Promise<void> => {
    await Promise.all(Object.values(ways).map((way) => way.close()))
    await Promise.all(all.map((one) => one.end("SIGKILL")))
    options.cleanUp?.()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await Promise.all([processes.broker.start(), processes.store.start()])
    await processes.processor.start()
    await Promise.all([processes.collector.start(), processes.api.start()])
  } catch (error) {
    await remove()
    throw error
  }
  return {
    folder,
    processes,
    ways,
    storeOptions,
    collector: `http://127.0.0.1:${httpPort}`,
    api: `http://127.0.0.1:${apiPort}`,
    natsUrl: `nats://127.0.0.1:${natsPort}`,
    environment: {
      TAILRACE_NATS_USER: "operator",
      TAILRACE_NATS_PASSWORD: "operator",
      TAILRACE_NATS_INBOX: inboxPrefixOf("operator")
    },
    storeUrl,
    followed: join(folder, "watched", "numbers.log"),
    pids: () => {
      const running = all.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid] as const]))
      return Object.fromEntries(running)
    },
    kill: (role) => {
      const one = all.find(({ name }) => name === role)
      if (one === undefined) throw new Error(`no such process: ${role}`)
      return one.killAndStart()
    },
    select: (query) => selectFrom(storeUrl, query),
    output: () => all.map(({ name, output }) => `${name}:\n${output}`).join("\n"),
    remove
  }
}
