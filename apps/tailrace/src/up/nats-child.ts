// NATS child: the nats-server that `up` runs beside itself, watched and started again when it ends.
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import type { NatsOptions } from "@tailrace/streams/nats"
import { openSystemAccount, type SystemAccount } from "@tailrace/streams/system-account"
import { Health, type HealthReporter } from "@tailrace/telemetry/health"
import { Effect, Schedule, type Scope } from "effect"
import { type CommandFailure, workFailure } from "../failure.ts"

export interface NatsChildOptions {
  /** Program to run. */
  readonly binary: string
  readonly host: string
  readonly port: number
  /** Port of its HTTP monitoring; 0 for none. */
  readonly monitorPort: number
  /** Folder for its store and process id. */
  readonly folder: string
  /** Its configuration file. */
  readonly configuration: string
  /** As whom it is asked how it is, in its system account. */
  readonly system: Omit<NatsOptions, "name">
}

/** Starts the server and answers its URL once it accepts connections; it ends with the scope. */
export const natsChild = (options: NatsChildOptions): Effect.Effect<string, CommandFailure, Scope.Scope | Health> =>
  Effect.gen(function* () {
    const health = yield* Health
    const reporter = health.register("nats-server")
    yield* Effect.acquireRelease(
      Effect.sync(() => new NatsProcess(options, reporter)),
      (server) => Effect.promise(() => server.stop())
    ).pipe(
      Effect.tap((server) => server.ready),
      Effect.tap((server) =>
        Effect.gen(function* () {
          const system = yield* openSystemAccount(options.system)
          yield* Effect.forkScoped(restartWhenUnsound(system, server))
        }).pipe(Effect.mapError((error) => workFailure(error.message)))
      )
    )
    return `nats://${options.host}:${options.port}`
  })

/** Milliseconds between two looks at the server's own health. */
const lookMillis = 5_000

/**
 * A server that met a full disk refuses what is written to the stream until it is started again, long after there is room.
 * So one that says at two looks in a row that it cannot write is.
 */
const restartWhenUnsound = (system: SystemAccount, server: NatsProcess): Effect.Effect<never> => {
  let before = false
  const look = Effect.promise(async () => {
    const report = await system.ask("HEALTHZ", lookMillis).catch(() => "")
    const problem = /"error":"([^"]*write error[^"]*)"/.exec(report)?.[1]
    if (problem !== undefined && before) server.restart(problem)
    before = problem !== undefined && !before
  })
  return look.pipe(Effect.delay(lookMillis), Effect.forever)
}

class NatsProcess {
  private readonly options: NatsChildOptions
  private readonly reporter: HealthReporter
  private readonly pidFile: string
  private child: ChildProcess | undefined
  private stopping = false
  private lastLines: Array<string> = []
  private restartMillis = 100

  constructor(options: NatsChildOptions, reporter: HealthReporter) {
    this.options = options
    this.reporter = reporter
    this.pidFile = pidFileOf(options.folder)
    this.start()
  }

  /** Succeeds when the server accepts connections; fails when it ends before that. */
  get ready(): Effect.Effect<void, CommandFailure> {
    const attempt = Effect.callback<void, "not yet">((resume) => {
      const socket = connect(this.options.port, this.options.host)
      const answer = (result: Effect.Effect<void, "not yet">): void => {
        socket.destroy()
        resume(result)
      }
      socket.once("data", () => answer(Effect.void))
      socket.once("error", () => answer(Effect.fail("not yet" as const)))
      return Effect.sync(() => socket.destroy())
    })
    return attempt.pipe(
      Effect.retry(Schedule.spaced("20 millis").pipe(Schedule.upTo({ times: 1_000 }))),
      Effect.mapError(() =>
        workFailure(`nats-server does not answer: ${this.lastLines.slice(-3).join(" | ") || "it printed nothing"}`)
      ),
      Effect.tap(() => Effect.sync(() => this.reporter.ready()))
    )
  }

  async stop(): Promise<void> {
    this.stopping = true
    const child = this.child
    if (child !== undefined) {
      const gone = new Promise((resolve) => child.once("exit", resolve))
      child.kill("SIGTERM")
      const deadline = setTimeout(() => child.kill("SIGKILL"), 10_000)
      await gone
      clearTimeout(deadline)
    }
    rmSync(this.pidFile, { force: true })
    this.reporter.remove()
  }

  /** Ends the process, which starts it again. */
  restart(reason: string): void {
    this.reporter.live(`nats-server cannot write: ${reason}`)
    this.child?.kill("SIGTERM")
  }

  private start(): void {
    const { binary, configuration, host, port, monitorPort, folder } = this.options
    const monitor = monitorPort === 0 ? [] : ["-m", String(monitorPort)]
    const flags = ["-c", configuration, "-a", host, "-p", String(port), ...monitor, "-sd", folder]
    const child = spawn(binary, flags, {
      stdio: ["ignore", "pipe", "pipe"],
      // A terminal's Ctrl-C is for us: we stop it when the pipelines have settled.
      detached: true
    })
    this.child = child
    if (child.pid !== undefined) writeFileSync(this.pidFile, `${child.pid}\n`, { mode: 0o600 })
    const keep = (chunk: Buffer): void => {
      this.lastLines = [...this.lastLines, ...chunk.toString().split("\n").filter(Boolean)].slice(-20)
    }
    child.stdout?.on("data", keep)
    child.stderr?.on("data", keep)
    child.once("error", (error) => this.lastLines.push(error.message))
    child.once("exit", (code, signal) => this.ended(code, signal))
  }

  private ended(code: number | null, signal: string | null): void {
    this.child = undefined
    if (this.stopping) return
    this.reporter.live(`nats-server ended (${signal ?? code}), starting it again: ${this.lastLines.slice(-1).join("")}`)
    setTimeout(() => {
      if (this.stopping) return
      this.start()
      Effect.runFork(Effect.ignore(this.ready))
    }, this.restartMillis).unref()
    this.restartMillis = Math.min(this.restartMillis * 2, 5_000)
  }
}

const pidFileOf = (folder: string): string => join(folder, "nats-server.pid")

/** Ends the server that a killed instance left behind: it holds the port and the store. Answers whether there was one. */
export const endLeftoverNats = (folder: string): Effect.Effect<boolean> => {
  const pidFile = pidFileOf(folder)
  if (!existsSync(pidFile)) return Effect.succeed(false)
  const pid = Number(readFileSync(pidFile, "utf8"))
  const gone = Effect.suspend(() => (isNatsServer(pid) ? Effect.fail("alive" as const) : Effect.void))
  return Effect.sync(() => {
    if (isNatsServer(pid)) process.kill(pid, "SIGTERM")
  }).pipe(
    Effect.andThen(Effect.retry(gone, Schedule.spaced("20 millis").pipe(Schedule.upTo({ times: 500 })))),
    Effect.ignore,
    Effect.andThen(Effect.sync(() => rmSync(pidFile, { force: true }))),
    Effect.as(true)
  )
}

/** Whether a process is a running nats-server; false where the system has no /proc: then the port check tells. */
const isNatsServer = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("nats-server")
  } catch {
    return false
  }
}
