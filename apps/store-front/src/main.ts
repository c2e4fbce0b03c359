// Store front: the child process that opens the data folder and answers ClickHouse's HTTP interface over it.
import { readFileSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import type { Server } from "node:http"
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { setFlagsFromString } from "node:v8"
import type { Confinement, FromFront, FrontFailure } from "@tailrace/store/front/front-message"
import { decodeFrontOptions, type FrontOptions, refuseOpenDoor } from "@tailrace/store/front/options"
import { Cage } from "./cage/cage.ts"
import { confineProcess, readConfined } from "./confine.ts"
import { DataDirectoryInUse, holderOf, openEngine } from "./engine.ts"
import { writeEngineConfig } from "./engine-config.ts"
import { setAsideHopeless } from "./hopeless-tables.ts"
import { Lanes } from "./lanes.ts"
import { makePipes, ResultPipes } from "./result-pipe.ts"
import { type Front, killTagged } from "./run-request.ts"
import { makeRuntimeFolder, removeFolder } from "./runtime-folder.ts"
import { makeServer, serve } from "./server.ts"
import { Sessions } from "./session.ts"
import { Spool } from "./spool.ts"
import { answerProbes, watchOver } from "./watch.ts"

const underParent = process.send !== undefined

const givenArguments = () =>
  parseArgs({
    options: {
      options: { type: "string" },
      data: { type: "string" },
      host: { type: "string" },
      port: { type: "string" },
      open: { type: "boolean" }
    }
  }).values

/**
 * Under a parent the options come by message, so that no password stands in arguments or environment. They are asked for, since
 * a process that is started over needs them again.
 */
const readOptions = async (): Promise<FrontOptions> => {
  if (underParent) {
    const given = new Promise((take) => process.once("message", take))
    tell({ type: "asks" })
    return decodeFrontOptions(await given)
  }
  const values = givenArguments()
  const file: unknown = values.options === undefined ? {} : JSON.parse(readFileSync(values.options, "utf8"))
  return decodeFrontOptions({
    ...(file as object),
    ...(values.data === undefined ? {} : { dataDir: values.data }),
    ...(values.open === undefined ? {} : { open: values.open }),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.port === undefined ? {} : { port: Number(values.port) })
  })
}

const tell = (message: FromFront, then: () => void = () => undefined): void => {
  if (process.send !== undefined && process.connected) process.send(message, then)
  else process.stdout.write(`${JSON.stringify(message)}\n`, then)
}

const fail = (reason: FrontFailure, message: string): void =>
  tell({ type: "failed", reason, message }, () => process.exit(1))

const listen = (server: Server, { host, port }: FrontOptions): Promise<number> =>
  new Promise((done, refuse) => {
    server.once("error", refuse)
    server.listen({ host, port, exclusive: true }, () => {
      server.off("error", refuse)
      const address = server.address()
      done(address !== null && typeof address === "object" ? address.port : port)
    })
  })

/** Four threads stay free for files, compression and KILL, or a full house could not even be emptied. */
const lanesOf = (options: FrontOptions): { readonly running: number; readonly inserting: number } => {
  const free = Math.max((Number(process.env.UV_THREADPOOL_SIZE) || 4) - 4, 2)
  const inserting = Math.min(options.inserting, Math.max(Math.floor(free / 4), 1))
  return { running: Math.min(options.running, free - inserting), inserting }
}

const openFront = async (options: FrontOptions, folder: string): Promise<Front> => {
  const { running, inserting } = lanesOf(options)
  const engine = await openEngine(options, writeEngineConfig(folder, options))
  const { waiting } = options
  return {
    engine,
    options,
    cage: new Cage(engine.names, options.outsideSources),
    spool: new Spool(folder, options.spoolBytes),
    pipes: new ResultPipes(folder, running),
    lanes: {
      reads: new Lanes({ running, waiting, seconds: options.statementSeconds }),
      inserts: new Lanes({ running: inserting, waiting, seconds: options.insertSeconds })
    },
    sessions: new Sessions(engine)
  }
}

/** Refuses new requests, kills what runs, closes; past the deadline the process ends as it is, which the data survives. */
const close = async (server: Server, front: Front, folder: string): Promise<void> => {
  process.on("exit", () => removeFolder(folder))
  const deadline = setTimeout(() => {
    removeFolder(folder)
    process.kill(process.pid, "SIGKILL")
  }, front.options.closeMillis)
  let open = true
  const closed = new Promise<void>((done) => server.close(() => done())).then(() => {
    open = false
  })
  while (open) {
    await killTagged(front.engine, "front-")
    server.closeIdleConnections()
    await Promise.race([closed, new Promise((done) => setTimeout(done, 50))])
  }
  await front.sessions.closeAll()
  await front.engine.root.close()
  clearTimeout(deadline)
  process.exit(0)
}

const closeOnSignal = (server: Server, front: Front, folder: string): void => {
  let closing = false
  const stop = () => {
    if (!closing) void close(server, front, folder)
    closing = true
  }
  process.on("SIGTERM", stop)
  // A terminal's ^C reaches the whole group; under a parent the parent decides when the store may go.
  process.on("SIGINT", () => {
    if (!underParent) stop()
  })
  process.on("disconnect", stop)
  if (underParent && !process.connected) stop()
}

/** The runtime folder with its pipes, made before a confined process could not make them. */
const makeFolder = async (options: FrontOptions): Promise<string> => {
  await mkdir(resolve(options.dataDir), { recursive: true, mode: 0o700 })
  const folder = makeRuntimeFolder(options)
  makePipes(folder, lanesOf(options).running)
  return folder
}

const confine = ({ confined, dataDir, port }: FrontOptions, folder: string): Confinement => {
  if (!confined) return { reason: "it is switched off by the option confined" }
  const file = givenArguments().options
  return confineProcess({
    folder,
    dataDir: resolve(dataDir),
    port,
    file: file === undefined ? undefined : resolve(file)
  })
}

const setTablesAside = ({ dataDir, outsideSources }: FrontOptions): ReadonlyArray<string> => {
  const path = resolve(dataDir)
  return outsideSources || holderOf(path) !== undefined ? [] : setAsideHopeless(path)
}

const begin = async (): Promise<void> => {
  const before = readConfined()
  const options = await readOptions()
  const open = refuseOpenDoor(options)
  if (open !== undefined) {
    fail("invalid", open)
    return
  }
  let folder = before?.folder
  let server: Server | undefined
  try {
    folder ??= await makeFolder(options)
    const confinement = before?.confinement ?? confine(options, folder)
    if ("reason" in confinement)
      process.stderr.write(`store front: not confined by the system: ${confinement.reason}\n`)
    server = makeServer()
    const port = await listen(server, options)
    const aside = setTablesAside(options)
    const front = await openFront(options, folder)
    serve(server, front)
    closeOnSignal(server, front, folder)
    watchOver(front, folder)
    if (underParent) answerProbes(front)
    tell({ type: "ready", port, pid: process.pid, version: front.engine.version, confinement, setAside: aside })
  } catch (error) {
    if (folder !== undefined) removeFolder(folder)
    server?.close()
    explain(error, options)
  }
}

const explain = (error: unknown, { host, port, dataDir }: FrontOptions): void => {
  const code = (error as NodeJS.ErrnoException).code
  const text = error instanceof Error ? error.message : String(error)
  if (code === "EADDRINUSE") {
    fail("port-taken", `store front: port ${port} on ${host} is taken, stop what listens there or choose another`)
  } else if (error instanceof DataDirectoryInUse) {
    fail("data-in-use", `store front: ${text}`)
  } else {
    fail("start", `store front: cannot open ${resolve(dataDir)}: ${text}`)
  }
}

process.on("uncaughtException", (error) => {
  // A broken socket of one client must not end the store.
  process.stderr.write(`store front: ${error.stack ?? error.message}\n`)
})

// Bodies stream through as buffers; by default every 64 MB of them would begin a full collection.
setFlagsFromString("--external-memory-accounted-in-global-limit")
await begin().catch((error: unknown) =>
  fail("invalid", `store front: ${error instanceof Error ? error.message : error}`)
)
