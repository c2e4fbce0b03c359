// Services: the product's processes as the bench starts them, each on a port that the system gave it.
import { readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Durability, withSyncInterval } from "@tailrace/streams/durability"
import { findNatsServer } from "@tailrace/testing/nats-server"
import type { Child, Children } from "./children.ts"
import { StoreQuestions } from "./store-questions.ts"

const database = "tailrace"
const repository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

export type Placement = "fused" | "staged"

/** Where the processes of one stand find each other. */
export interface Place {
  readonly children: Children
  readonly folder: string
  readonly natsUrl: string
  readonly storeUrl: string
}

/** The port that a process printed, or undefined while it has not. */
const portIn = (output: string, pattern: RegExp): number | undefined => {
  const port = pattern.exec(output)?.[1]
  return port === undefined ? undefined : Number(port)
}

/** Starts a process that prints its port once it listens. */
const startListening = async (
  children: Children,
  options: Omit<Parameters<Children["start"]>[0], "ready">,
  pattern: RegExp
): Promise<{ readonly child: Child; readonly port: number }> => {
  let port: number | undefined
  const child = await children.start({
    ...options,
    ready: (output) => {
      port = portIn(output, pattern)
      return port !== undefined
    }
  })
  return { child, port: port ?? 0 }
}

/** Node options for one process, for profiles: BENCH_PROCESSOR_OPTIONS="--cpu-prof --cpu-prof-dir=...". */
const nodeOptions = (name: string): ReadonlyArray<string> =>
  (process.env[`BENCH_${name.toUpperCase()}_OPTIONS`] ?? "").split(" ").filter((option) => option !== "")

/** The shipped configuration, but for the sync interval of another durability. Answers the broker's address. */
export const startBroker = async (children: Children, folder: string, durability: Durability): Promise<string> => {
  const command = findNatsServer()
  if (command === undefined) throw new Error("no nats-server found, run `npm start` once or set TAILRACE_NATS_SERVER")
  const configuration = join(folder, "nats-server.conf")
  await writeFile(
    configuration,
    withSyncInterval(readFileSync(repository("nats/nats-server.conf"), "utf8"), durability)
  )
  const { port } = await startListening(
    children,
    {
      name: "broker",
      command,
      // A port of -1 is any that is free.
      arguments: ["-c", configuration, "-a", "127.0.0.1", "-p", "-1", "-m", "-1", "-sd", join(folder, "nats")]
    },
    /Listening for client connections on 127\.0\.0\.1:(\d+)\n[\s\S]*Server is ready/
  )
  return `nats://127.0.0.1:${port}`
}

export interface RunningStore {
  readonly child: Child
  readonly port: number
  readonly questions: StoreQuestions
}

/** The store front over a folder of the stand; on a port of its own, or the one it had before. */
export const startStore = async (children: Children, folder: string, before = 0): Promise<RunningStore> => {
  const { child, port } = await startListening(
    children,
    {
      name: "store",
      command: process.execPath,
      arguments: [
        ...nodeOptions("store"),
        repository("apps/store-front/src/main.ts"),
        "--data",
        join(folder, "store"),
        "--port",
        `${before}`,
        "--open"
      ],
      // As its parent gives it in the product: a thread for each statement that may run.
      environment: { UV_THREADPOOL_SIZE: "20" }
    },
    /"type":"ready","port":(\d+)/
  )
  return { child, port, questions: new StoreQuestions(`http://127.0.0.1:${port}`, database) }
}

const startApp = (place: Place, name: "processor" | "collector" | "api", config: object) => {
  const path = join(place.folder, `${name}.yaml`)
  const main = repository(`apps/${name}/src/main.ts`)
  return {
    written: writeFile(path, JSON.stringify({ nats: { servers: [place.natsUrl] }, ...config })),
    options: { name, command: process.execPath, arguments: [...nodeOptions(name), main, path] }
  }
}

/** `ready` says whether it reads from the broker. */
export const startProcessor = async (
  place: Place,
  placement: Placement,
  ready: () => Promise<boolean>
): Promise<Child> => {
  const { options, written } = startApp(place, "processor", { store: { url: place.storeUrl, database }, placement })
  await written
  return place.children.start({ ...options, ready })
}

/** Answers the address of its http source. */
export const startCollector = async (place: Place): Promise<string> => {
  const { options, written } = startApp(place, "collector", {
    data: join(place.folder, "collector"),
    http: { port: 0 },
    syslog: { enabled: false }
  })
  await written
  const { port } = await startListening(place.children, options, /source http runs on port (\d+)/)
  return `http://127.0.0.1:${port}`
}

/** Answers the address of its WebSocket endpoint. */
export const startApi = async (place: Place): Promise<string> => {
  const { options, written } = startApp(place, "api", { store: { url: place.storeUrl, database }, port: 0 })
  await written
  const { port } = await startListening(place.children, options, /api listens on http:\/\/[^:]+:(\d+)/)
  return `ws://127.0.0.1:${port}/graphql`
}
