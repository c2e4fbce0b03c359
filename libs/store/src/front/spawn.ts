// Spawn: starts the store front's process, watches it, starts it again when it dies, and ends it with the scope.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { resolve } from "node:path"
import { Clock, Effect, Schema, type Scope } from "effect"
import type { Confinement, FirstFromFront, FromFront } from "./front-message.ts"
import type { FrontOptionsInput } from "./options.ts"
import { frontProgram } from "./program.ts"
import { blamedDefinition, setAside, toldOf } from "./set-aside.ts"

export class FrontError extends Schema.TaggedError<FrontError>()("FrontError", {
  /** port-taken, data-in-use, invalid: somebody must act. start: it did not come up, a later try may do. */
  reason: Schema.Literals(["port-taken", "data-in-use", "invalid", "start"]),
  message: Schema.String
}) {}

/** What a supervisor tells; the telemetry library's HealthReporter fits. */
export interface FrontHealth {
  readonly live: (reason?: string) => void
  /** With what the system keeps the process from. */
  readonly ready: (detail: string) => void
}

export interface SpawnOptions extends FrontOptionsInput {
  readonly health?: FrontHealth
  /** Lines the process writes on its error output. */
  readonly log?: (line: string) => void
  /** Milliseconds a start may take, 60,000 by default: a large data folder is read first. */
  readonly startMillis?: number
  /** Milliseconds before the first restart, 100 by default; doubles up to `mostBackOffMillis`, 10,000 by default. */
  readonly backOffMillis?: number
  readonly mostBackOffMillis?: number
}

export interface Front {
  /** Stays the same over restarts. */
  readonly url: string
  readonly port: number
  /** Of the engine, such as 26.7.2.1. */
  readonly version: string
  /** What the system keeps the process from, or why it does not. */
  readonly confinement: Confinement
  /** Undefined while none runs. */
  readonly pid: () => number | undefined
  readonly restarts: () => number
}

interface Started {
  readonly child: ChildProcess
  readonly host: string
  readonly port: number
  readonly version: string
  readonly confinement: Confinement
  readonly setAside: ReadonlyArray<string>
  /** Resolves with a word on how it ended. */
  readonly ended: Promise<string>
}

/** Begins what is told of a front that nothing but its own lists confines. */
export const unconfined = "not confined by the system"
/** For what runs at once by default, and four more. */
const threads = "20"
/** A process that lived this long has nothing to do with the failures before. */
const soundMillis = 30_000
/** Milliseconds without an answer to /ping, or to a statement, after which a process counts as hung. */
const silentMillis = 60_000

/**
 * Resolves when the front answers. A port that is taken, a data folder in use and wrong options fail at once with one
 * sentence; once it has run, it is started again for as long as the scope lives.
 */
export const spawnFront = (options: SpawnOptions): Effect.Effect<Front, FrontError, Scope.Scope> =>
  Effect.gen(function* () {
    let running: Started | undefined
    let restarts = 0
    const keep = (started: Started) => {
      running = started
    }
    yield* Effect.addFinalizer(() => Effect.promise(async () => running && (await stop(running, options))))
    const first = yield* start(options, options.port, keep)
    options.health?.ready(heldBy(first))

    const supervise = Effect.gen(function* () {
      let failures = 0
      for (let current = first; ; restarts += 1) {
        const since = yield* Clock.currentTimeMillis
        const reason = yield* Effect.raceFirst(
          Effect.promise(() => current.ended),
          killWhenSilent(current)
        )
        running = undefined
        options.health?.live(`store front ${reason}, starting it again`)
        if ((yield* Clock.currentTimeMillis) - since > soundMillis) failures = 0
        const again = Effect.suspend(() => Effect.delay(start(options, first.port, keep), backOff(options, failures++)))
        current = yield* Effect.eventually(Effect.tapError(again, (error) => tell(options, error)))
        options.health?.ready(heldBy(current))
      }
    })
    yield* Effect.forkScoped(supervise)
    return {
      url: address(first.host, first.port),
      port: first.port,
      version: first.version,
      confinement: first.confinement,
      pid: () => running?.child.pid,
      restarts: () => restarts
    }
  })

/** How far the system confines a front, in words. */
const heldBy = ({ confinement }: Started): string =>
  "holds" in confinement ? `confined: ${confinement.holds}` : `${unconfined}: ${confinement.reason}`

const tell = (options: SpawnOptions, error: FrontError) => Effect.sync(() => options.health?.live(error.message))

const ping = (port: number, host = "127.0.0.1"): Promise<unknown> =>
  fetch(`${address(host, port)}/ping`, { signal: AbortSignal.timeout(silentMillis) }).then((answer) => answer.text())

const address = (host: string, port: number): string => {
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host
  return `http://${name}:${port}`
}

/** Resolves when the process has run a statement, by its way past HTTP, users and lanes. */
const probe = async (child: ChildProcess): Promise<void> => {
  const alive = once(child, "message", { signal: AbortSignal.timeout(silentMillis) })
  if (child.connected) child.send("probe")
  await alive
}

/** A process that runs but does not answer is ended, which starts it again. */
const killWhenSilent = ({ child, port, host }: Started): Effect.Effect<never> =>
  Effect.promise(() => Promise.all([ping(port, host), probe(child)]).catch(() => child.kill("SIGKILL"))).pipe(
    Effect.delay("10 seconds"),
    Effect.forever
  )

const backOff = (options: SpawnOptions, failures: number): number =>
  Math.min((options.backOffMillis ?? 100) * 2 ** Math.min(failures, 20), options.mostBackOffMillis ?? 10_000)

/** `keep` is called before the effect can be interrupted again, so that no process is lost. */
const start = (
  options: SpawnOptions,
  port: number | undefined,
  keep: (started: Started) => void
): Effect.Effect<Started, FrontError> =>
  Effect.tryPromise({
    try: async (signal) => {
      const started = await launch(options, port, signal)
      keep(started)
      return started
    },
    catch: (cause) =>
      cause instanceof FrontError || cause instanceof WithoutTable
        ? cause
        : new FrontError({ reason: "start", message: `store front: ${cause instanceof Error ? cause.message : cause}` })
  }).pipe(
    Effect.tap(({ setAside: places }) => Effect.forEach(places, (place) => Effect.logWarning(toldOf(place)))),
    Effect.catchIf(
      (cause) => cause instanceof WithoutTable,
      ({ place }) => Effect.andThen(Effect.logWarning(toldOf(place)), start(options, port, keep))
    )
  )

/** The start failed over one table, and will not again: its definition is somewhere else now. */
class WithoutTable extends Error {
  readonly place: string
  constructor(place: string) {
    super(place)
    this.place = place
  }
}

/** Without what is said to the product by variables, which may be secrets of other parts. */
const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TAILRACE_"))),
  UV_THREADPOOL_SIZE: threads
})

/** Of what a process said at its start, kept: the engine names a table's file before the whole of its definition. */
const saidCharacters = 64_000
const lastWords = (said: string): string => said.slice(-2_000).trim()

const launch = async (options: SpawnOptions, port: number | undefined, signal: AbortSignal): Promise<Started> => {
  const { health: _health, log, startMillis, backOffMillis: _first, mostBackOffMillis: _most, ...front } = options
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", frontProgram()], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: environment()
  })
  const ended = new Promise<string>((done) => {
    child.once("exit", (code, by) => done(by === null ? `ended with code ${code}` : `was ended by ${by}`))
    child.once("error", (error) => done(`did not start: ${error.message}`))
  })
  const late = setTimeout(() => child.kill("SIGKILL"), startMillis ?? 60_000)
  const abandon = () => child.kill("SIGKILL")
  signal.addEventListener("abort", abandon, { once: true })
  let tail = ""
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-saidCharacters)
    for (const line of text.split("\n")) if (line !== "") log?.(line)
  })
  try {
    const given = { ...front, ...(port === undefined ? {} : { port }) }
    const told = await Promise.race([firstWord(child, given), ended])
    if (typeof told === "string") throw new Error(`the process ${told} before it was ready: ${lastWords(tail)}`)
    if (told.type === "failed") {
      await ended
      const blamed = told.reason === "start" ? blamedDefinition(tail) : undefined
      const place = blamed === undefined ? undefined : setAside(resolve(options.dataDir), blamed)
      if (place !== undefined) throw new WithoutTable(place)
      const cause = told.reason === "start" && tail !== "" ? ` (${lastWords(tail)})` : ""
      throw new FrontError({ reason: told.reason, message: `${told.message}${cause}` })
    }
    const host = options.host ?? "127.0.0.1"
    await ping(told.port, host)
    return {
      child,
      host,
      port: told.port,
      version: told.version,
      confinement: told.confinement,
      setAside: told.setAside,
      ended
    }
  } catch (error) {
    child.kill("SIGKILL")
    throw error
  } finally {
    clearTimeout(late)
    signal.removeEventListener("abort", abandon)
  }
}

/** Gives the options as often as they are asked for, and resolves with what is told of the start. */
const firstWord = (child: ChildProcess, options: FrontOptionsInput): Promise<FirstFromFront> =>
  new Promise((done) => {
    const hear = (message: FromFront): void => {
      if (message.type === "asks") child.send(options)
      if (message.type !== "ready" && message.type !== "failed") return
      child.off("message", hear)
      done(message)
    }
    child.on("message", hear)
  })

/** SIGTERM, and SIGKILL when the process outlives its own deadline. */
const stop = async ({ child, ended }: Started, options: SpawnOptions): Promise<void> => {
  child.kill("SIGTERM")
  const late = setTimeout(() => child.kill("SIGKILL"), (options.closeMillis ?? 5_000) + 1_000)
  await ended
  clearTimeout(late)
}
