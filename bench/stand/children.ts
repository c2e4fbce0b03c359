// Children: the processes of a stand, each watched, all ended whatever happens.
import { type ChildProcess, spawn } from "node:child_process"
import { rmSync } from "node:fs"

export interface ChildOptions {
  readonly name: string
  readonly command: string
  readonly arguments: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
  /** Whether it talks to the suite by messages. */
  readonly messages?: boolean
  /** Whether it answers yet; asked every 50 ms. Ready at once when left out. */
  readonly ready?: () => Promise<boolean>
}

export interface Child {
  readonly name: string
  readonly pid: number
  readonly process: ChildProcess
}

const startMillis = 30_000
const stopMillis = 8_000

export const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

export class Children {
  readonly #running: Array<{ readonly child: Child; readonly ended: Promise<void> }> = []
  #stopping = false
  #failure: Error | undefined

  /** `folder` holds their data and goes with them. */
  constructor(folder: string) {
    process.once("exit", () => {
      this.#kill()
      rmSync(folder, { recursive: true, force: true })
    })
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => process.exit(130))
    }
  }

  get all(): ReadonlyArray<Child> {
    return this.#running.map(({ child }) => child)
  }

  /** Throws when a process has ended by itself: then no figure is worth anything. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  async start(options: ChildOptions): Promise<Child> {
    const started = spawn(options.command, options.arguments, {
      stdio: ["ignore", "pipe", "pipe", ...(options.messages === true ? (["ipc"] as const) : [])],
      env: { ...process.env, ...options.environment }
    })
    let output = ""
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-2_000)
    }
    started.stdout?.on("data", keep)
    started.stderr?.on("data", keep)
    started.once("error", (error) => keep(Buffer.from(error.message)))
    const ended = new Promise<void>((resolve) => started.once("close", () => resolve()))
    void ended.then(() => {
      if (!this.#stopping) this.#failure ??= new Error(`${options.name} ended by itself: ${output.trim()}`)
    })
    const child = { name: options.name, pid: started.pid ?? 0, process: started }
    this.#running.push({ child, ended })
    const deadline = performance.now() + startMillis
    while (options.ready !== undefined && !(await options.ready())) {
      this.check()
      if (performance.now() > deadline) throw new Error(`${options.name} is not ready in time: ${output.trim()}`)
      await pause(50)
    }
    return child
  }

  /** Ends them in the reverse order of their start, so that nobody loses what it needs. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const { child, ended } of this.#running.toReversed()) {
      child.process.kill("SIGTERM")
      const late = setTimeout(() => child.process.kill("SIGKILL"), stopMillis)
      await ended
      clearTimeout(late)
    }
    this.#running.length = 0
  }

  #kill(): void {
    this.#stopping = true
    for (const { child } of this.#running) child.process.kill("SIGKILL")
  }
}
