// Store front: the child process that opens the data folder and answers ClickHouse's HTTP interface over it.
import { readFileSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import type { Server } from "node:http"
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { setFlagsFromString } from "node:v8"
import { DataDirectoryInUse, openEngine } from "./engine.ts"
import { writeEngineConfig } from "./engine-config.ts"
import type { FromFront, FrontFailure } from "./front-message.ts"
import { Lanes } from "./lanes.ts"
import { decodeFrontOptions, type FrontOptions, refuseOpenDoor } from "./options.ts"
import { ResultPipes } from "./result-pipe.ts"
import { type Front, killTagged } from "./run-request.ts"
import { makeRuntimeFolder, removeFolder } from "./runtime-folder.ts"
import { makeServer, serve } from "./server.ts"
import { Sessions } from "./session.ts"
import { Spool } from "./spool.ts"
import { answerProbes, watchOver } from "./watch.ts"

const underParent = process.send !== undefined

/** Under a parent the options come as its first message, so that no password stands in arguments or environment. */
const readOptions = async (): Promise<FrontOptions> => {
  if (underParent) return decodeFrontOptions(await new Promise((take) => process.once("message", take)))
  const { values } = parseArgs({
    options: {
      options: { type: "string" },
      data: { type: "string" },
      host: { type: "string" },
      port: { type: "string" }
    }
  })
  const file: unknown = values.options === undefined ? {} : JSON.parse(readFileSync(values.options, "utf8"))
  return decodeFrontOptions({
    ...(file as object),
    ...(values.data === undefined ? {} : { dataDir: values.data }),
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

const begin = async (): Promise<void> => {
  const options = await readOptions()
  const open = refuseOpenDoor(options)
  if (open !== undefined) {
    fail("invalid", open)
    return
  }
  const server = makeServer()
  let folder: string | undefined
  try {
    const port = await listen(server, options)
    await mkdir(resolve(options.dataDir), { recursive: true, mode: 0o700 })
    folder = makeRuntimeFolder(options)
    const front = await openFront(options, folder)
    serve(server, front)
    closeOnSignal(server, front, folder)
    watchOver(front, folder)
    if (underParent) answerProbes(front)
    tell({ type: "ready", port, pid: process.pid, version: front.engine.version })
  } catch (error) {
    if (folder !== undefined) removeFolder(folder)
    server.close()
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
