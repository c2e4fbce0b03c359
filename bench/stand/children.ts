// Children: the processes of a stand, each watched, all ended whatever happens.
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

export interface ChildOptions {
  readonly name: string
  readonly command: string
  readonly arguments: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
  /** Whether it talks to the suite by messages. */
  readonly messages?: boolean
  /** Whether it answers yet, given what it has printed last; asked every 50 ms. */
  readonly ready: (output: string) => boolean | Promise<boolean>
}

export interface Child {
  readonly name: string
  readonly pid: number
  readonly process: ChildProcess
  /** What it has printed last. */
  readonly output: () => string
}

const startMillis = 30_000
const stopMillis = 8_000

export const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

export class Children {
  readonly #keeper: ChildProcess
  readonly #running: Array<{ readonly child: Child; readonly ended: Promise<void> }> = []
  readonly #expected = new Set<Child>()
  #failure: Error | undefined

  /** `folder` holds their data and goes with them. */
  constructor(folder: string) {
    const keeper = fileURLToPath(new URL("keeper.ts", import.meta.url))
    this.#keeper = spawn(process.execPath, [keeper], { stdio: ["pipe", "ignore", "ignore"], detached: true })
    this.#keeper.unref()
    this.#keeper.stdin?.on("error", () => undefined)
    this.#tell(`folder ${folder}`)
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
      output = (output + chunk.toString()).slice(-4_000)
    }
    started.stdout?.on("data", keep)
    started.stderr?.on("data", keep)
    started.once("error", (error) => keep(Buffer.from(error.message)))
    const child = { name: options.name, pid: started.pid ?? 0, process: started, output: () => output }
    const ended = new Promise<void>((resolve) => started.once("close", () => resolve()))
    if (started.pid !== undefined) this.#tell(`start ${started.pid}`)
    void ended.then(() => {
      this.#tell(`end ${child.pid}`)
      if (!this.#expected.has(child)) {
        this.#failure ??= new Error(`${options.name} ended by itself: ${output.trim()}`)
      }
    })
    this.#running.push({ child, ended })
    const deadline = performance.now() + startMillis
    while (!(await options.ready(output))) {
      this.check()
      if (performance.now() > deadline) throw new Error(`${options.name} is not ready in time: ${output.trim()}`)
      await pause(50)
    }
    return child
  }

  /** Ends one process; resolves when it is gone. */
  async end(child: Child, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const at = this.#running.findIndex((running) => running.child === child)
    const [running] = at < 0 ? [] : this.#running.splice(at, 1)
    if (running === undefined) return
    this.#expected.add(child)
    child.process.kill(signal)
    const late = setTimeout(() => child.process.kill("SIGKILL"), stopMillis)
    await running.ended
    clearTimeout(late)
  }

  /** Ends them in the reverse order of their start, so that nobody loses what it needs. */
  async stop(): Promise<void> {
    for (const child of this.all) this.#expected.add(child)
    for (const child of this.all.toReversed()) await this.end(child)
    this.#keeper.stdin?.end()
  }

  #tell(line: string): void {
    this.#keeper.stdin?.write(`${line}\n`)
  }
}
