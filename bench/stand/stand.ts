// Stand: the whole product on one machine as separate processes, and a generator before it.
import { mkdtemp, writeFile } from "node:fs/promises"
import { connect as connectSocket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/nats-core"
import { connect } from "@nats-io/transport-node"
import { liveInterestSubject, liveSubject } from "@tailrace/domain/subjects"
import { durableOf } from "@tailrace/streams/definitions"
import { freePort } from "@tailrace/testing/free-port"
import { findNatsServer } from "@tailrace/testing/nats-server"
import type { Entry } from "../instruments/report.ts"
import { type Child, Children, pause } from "./children.ts"
import { GeneratorChild } from "./generator-child.ts"
import { StoreQuestions } from "./store-questions.ts"

const database = "tailrace"
const { stream, durable } = durableOf("raw", 0)
const pathOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

export interface Backlog {
  /** Frames in the raw stream that the processor has not been given yet. */
  readonly frames: number
  /** Pull requests that wait; above 0 the processor is there. */
  readonly waiting: number
}

export interface Stand {
  readonly children: Children
  readonly generator: GeneratorChild
  readonly store: StoreQuestions
  readonly connection: NatsConnection
  readonly backlog: () => Promise<Backlog>
  readonly stop: () => Promise<void>
}

/** Starts broker (with the shipped configuration), store front, processor, collector where asked for, and generator. */
export const startStand = async (entry: Entry): Promise<Stand> => {
  const folder = await mkdtemp(join(tmpdir(), "tailrace-bench-"))
  const children = new Children(folder)
  let connection: NatsConnection | undefined
  const stop = async () => {
    await connection?.close()
    await children.stop()
  }
  try {
    const natsPort = await freePort()
    const natsUrl = `nats://127.0.0.1:${natsPort}`
    await startBroker(children, natsPort, folder)
    connection = await connect({ servers: natsUrl, noAsyncTraces: true, name: "tailrace.bench" })
    const manager = await jetstreamManager(connection)
    const storePort = await freePort()
    const storeUrl = `http://127.0.0.1:${storePort}`
    const store = new StoreQuestions(storeUrl, database)
    await startStore(children, storePort, folder, store)
    const backlog = () => readBacklog(manager)
    await startProcessor(children, { natsUrl, storeUrl, folder }, async () => (await backlog()).waiting > 0)
    listen(connection)
    const url = entry === "broker" ? natsUrl : await startCollector(children, natsUrl, folder)
    const generator = await GeneratorChild.start(children, entry, url)
    return { children, generator, store, connection, backlog, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** One live tail that looks at nothing, so that every batch is shown to somebody. */
const listen = (connection: NatsConnection): void => {
  connection.subscribe(liveSubject(0), { callback: () => undefined })
  connection.publish(liveInterestSubject)
  setInterval(() => {
    if (!connection.isClosed()) connection.publish(liveInterestSubject)
  }, 1_000).unref()
}

const readBacklog = (manager: JetStreamManager): Promise<Backlog> =>
  manager.consumers.info(stream, durable).then(
    ({ num_pending: frames, num_waiting: waiting }) => ({ frames, waiting }),
    () => ({ frames: 0, waiting: 0 })
  )

/** Whether anybody listens on a port. */
const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connectSocket(port, "127.0.0.1")
    const answer = (yes: boolean): void => {
      socket.destroy()
      resolve(yes)
    }
    socket.once("connect", () => answer(true))
    socket.once("error", () => answer(false))
  })

const startBroker = async (children: Children, port: number, folder: string): Promise<Child> => {
  const command = findNatsServer()
  if (command === undefined) throw new Error("no nats-server found, run `npm start` once or set TAILRACE_NATS_SERVER")
  const monitor = await freePort()
  const shipped = pathOf("nats/nats-server.conf")
  return children.start({
    name: "broker",
    command,
    arguments: ["-c", shipped, "-a", "127.0.0.1", "-p", `${port}`, "-m", `${monitor}`, "-sd", join(folder, "nats")],
    ready: () => listens(port)
  })
}

const startStore = (children: Children, port: number, folder: string, store: StoreQuestions): Promise<Child> =>
  children.start({
    name: "store",
    command: process.execPath,
    arguments: [
      ...nodeOptions("store"),
      pathOf("libs/store/src/front/main.ts"),
      "--data",
      join(folder, "store"),
      "--port",
      `${port}`
    ],
    // As its parent gives it in the product: a thread for each statement that may run.
    environment: { UV_THREADPOOL_SIZE: "16" },
    ready: () => store.answers()
  })

const startProcessor = async (
  children: Children,
  addresses: { readonly natsUrl: string; readonly storeUrl: string; readonly folder: string },
  ready: () => Promise<boolean>
): Promise<Child> => {
  const config = join(addresses.folder, "processor.yaml")
  await writeFile(
    config,
    JSON.stringify({ nats: { servers: [addresses.natsUrl] }, store: { url: addresses.storeUrl, database } })
  )
  return children.start({
    name: "processor",
    command: process.execPath,
    arguments: [...nodeOptions("processor"), pathOf("apps/processor/src/main.ts"), config],
    ready
  })
}

/** Node options for one process, for profiles: BENCH_PROCESSOR_OPTIONS="--cpu-prof --cpu-prof-dir=...". */
const nodeOptions = (name: string): ReadonlyArray<string> =>
  (process.env[`BENCH_${name.toUpperCase()}_OPTIONS`] ?? "").split(" ").filter((option) => option !== "")

const startCollector = async (children: Children, natsUrl: string, folder: string): Promise<string> => {
  const port = await freePort()
  const config = join(folder, "collector.yaml")
  await writeFile(
    config,
    JSON.stringify({
      nats: { servers: [natsUrl] },
      data: join(folder, "collector"),
      http: { port },
      syslog: { enabled: false }
    })
  )
  await children.start({
    name: "collector",
    command: process.execPath,
    arguments: [...nodeOptions("collector"), pathOf("apps/collector/src/main.ts"), config],
    ready: () => listens(port)
  })
  return `http://127.0.0.1:${port}`
}

const warmUpMillis = 4_000
const mostWarmUpMillis = 8_000

/** Lets a stand run at its rate until code is compiled, merges have begun and nothing lies behind, within limits. */
export const warmUp = async (stand: Stand): Promise<void> => {
  await pause(warmUpMillis)
  const deadline = performance.now() + mostWarmUpMillis - warmUpMillis
  while ((await stand.backlog()).frames > 16 && performance.now() < deadline) await pause(100)
}

/** Waits until everything sent is stored; answers how many records are, which is more or less than sent only in a fault. */
export const drain = async (stand: Stand): Promise<{ readonly sent: number; readonly stored: number }> => {
  stand.generator.rate(0)
  const deadline = performance.now() + 15_000
  for (;;) {
    await pause(100)
    stand.children.check()
    const { made, acknowledged } = await stand.generator.sent()
    const stored = await stand.store.stored()
    if ((made === acknowledged && stored >= made) || performance.now() > deadline) return { sent: made, stored }
  }
}
