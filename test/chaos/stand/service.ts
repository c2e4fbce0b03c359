// Service: one process of a stand: started, killed, stopped and started again with the same arguments.
import { type ChildProcess, spawn } from "node:child_process"
import { waitFor } from "@tailrace/testing/wait-until"

export interface ServiceOptions {
  readonly name: string
  readonly command: string
  readonly arguments: ReadonlyArray<string>
  readonly folder: string
  readonly environment?: Readonly<Record<string, string>>
  /** Whether it does its work now. */
  readonly ready: () => Promise<boolean>
}

export class Service {
  readonly name: string
  output = ""
  private readonly options: ServiceOptions
  private child: ChildProcess | undefined
  private reads = true

  constructor(options: ServiceOptions) {
    this.name = options.name
    this.options = options
  }

  get pid(): number | undefined {
    return this.child?.pid
  }

  /** Starts it, with other arguments when given; resolves when it is ready, rejects when it ended before. */
  async start(given: ReadonlyArray<string> = this.options.arguments): Promise<void> {
    const { command, environment, folder, ready } = this.options
    const child = spawn(command, given, {
      cwd: folder,
      env: { ...process.env, NO_COLOR: "1", ...environment },
      stdio: ["ignore", "pipe", "pipe"]
    })
    this.child = child
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-6_000)
    }
    if (this.reads) child.stdout.on("data", keep)
    child.stderr.on("data", keep)
    child.once("exit", () => {
      if (this.child === child) this.child = undefined
    })
    await waitFor(
      async () => ({ running: this.child === child, ready: await ready(), output: this.output }),
      (seen) => seen.ready || !seen.running,
      { what: `${this.name} being ready` }
    )
    if (this.child !== child) throw new Error(`${this.name} ended at start: ${this.output}`)
  }

  /** From now on nobody reads its standard output, which stays open; in its next lives neither. */
  stopReading(): void {
    this.reads = false
    this.child?.stdout?.removeAllListeners("data").pause()
  }

  /** Resolves when the process is gone; at once when none runs. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const { child } = this
    if (child === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      child.once("exit", () => resolve())
      child.kill(signal)
      // A process that was stopped takes its end only when it goes on.
      child.kill("SIGCONT")
    })
  }

  async killAndStart(): Promise<void> {
    await this.end("SIGKILL")
    await this.start()
  }
}
