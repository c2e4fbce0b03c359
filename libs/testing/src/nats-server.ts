// A real nats-server for one test: free port, store folder of its own, kill and restart at will.
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, globSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { Effect, type Scope } from "effect"
import { freePort } from "./free-port.ts"
import { waitFor } from "./wait-until.ts"

export interface NatsServerOptions {
  /** Extra lines for the configuration file. */
  readonly configuration?: string
  /** Lines for the jetstream block, such as `max_file: 10MB`. */
  readonly jetstream?: string
}

export interface NatsServer {
  readonly port: number
  readonly url: string
  readonly storeFolder: string
  readonly pid: () => number | undefined
  /** SIGKILL; resolves when the process is gone. */
  readonly kill: () => Promise<void>
  /** Stops in order. */
  readonly stop: () => Promise<void>
  /** Starts it again on the same port and store; does nothing when it runs. */
  readonly start: () => Promise<void>
  readonly restart: () => Promise<void>
}

const CACHE = join(import.meta.dirname, "../../../.cache/nats-server")

/** `TAILRACE_NATS_SERVER`, else PATH, else the repository's cache; undefined when there is none. */
export const findNatsServer = (): string | undefined => {
  const told = process.env.TAILRACE_NATS_SERVER
  if (told !== undefined && told !== "") return told
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "nats-server"))
  const cached = globSync("*/nats-server*", { cwd: CACHE }).sort().reverse()
  return [...onPath, ...cached.map((path) => join(CACHE, path))].find((path) => existsSync(path))
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    const answer = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    // The server speaks first (INFO), so a byte means it serves and not only that the port is bound.
    socket.once("data", () => answer(true))
    socket.once("error", () => answer(false))
    socket.setTimeout(500, () => answer(false))
  })

const launch = async (options: NatsServerOptions): Promise<NatsServer & { remove: () => Promise<void> }> => {
  const binary = findNatsServer()
  if (binary === undefined) throw new Error("no nats-server found, run `npm start` once or set TAILRACE_NATS_SERVER")
  const folder = await mkdtemp(join(tmpdir(), "tailrace-nats-"))
  const port = await freePort()
  const storeFolder = join(folder, "store")
  const configuration = join(folder, "nats-server.conf")
  await writeFile(
    configuration,
    [
      `listen: 127.0.0.1:${port}`,
      "max_payload: 8MB",
      `jetstream { store_dir: ${JSON.stringify(storeFolder)}, sync_interval: always, ${options.jetstream ?? ""} }`,
      options.configuration ?? ""
    ].join("\n")
  )
  let child: ChildProcess | undefined
  let output = ""
  const start = async () => {
    if (child !== undefined) return
    const started = spawn(binary, ["-c", configuration], { stdio: ["ignore", "pipe", "pipe"] })
    child = started
    output = ""
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000)
    }
    started.stdout.on("data", keep)
    started.stderr.on("data", keep)
    started.once("exit", () => {
      if (child === started) child = undefined
    })
    await waitFor(
      async () => ({ running: child === started, ready: await accepts(port), output }),
      (seen) => seen.ready || !seen.running,
      { what: "nats-server accepting connections" }
    )
    if (child !== started) throw new Error(`nats-server ended at start: ${output}`)
  }
  const end = (signal: "SIGTERM" | "SIGKILL") => async () => {
    const running = child
    if (running === undefined) return
    const gone = new Promise<void>((resolve) => running.once("exit", () => resolve()))
    running.kill(signal)
    await gone
  }
  const stop = end("SIGTERM")
  const server = {
    port,
    url: `nats://127.0.0.1:${port}`,
    storeFolder,
    pid: () => child?.pid,
    kill: end("SIGKILL"),
    stop,
    start,
    restart: async () => {
      await stop()
      await start()
    },
    remove: async () => {
      await end("SIGKILL")()
      await rm(folder, { recursive: true, force: true })
    }
  }
  await start()
  return server
}

/** Starts a server that lives as long as the scope; its files go with it. */
export const natsServer = (options: NatsServerOptions = {}): Effect.Effect<NatsServer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => launch(options)),
    (server) => Effect.promise(() => server.remove())
  )
