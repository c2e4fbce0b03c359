// A running Tailrace for end-to-end tests: `tailrace up` as a real process on free ports with a data folder of its own.
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { storeHeaders } from "@tailrace/testing/folder-credentials"
import { freePort } from "@tailrace/testing/free-port"
import { findNatsServer } from "@tailrace/testing/nats-server"
import { waitFor } from "@tailrace/testing/wait-until"

const root = join(import.meta.dirname, "../..")
const main = join(root, "apps/tailrace/src/main.ts")

export interface Ports {
  readonly api: number
  readonly http: number
  readonly syslog: number
  readonly nats: number
  readonly store: number
}

export class RunningTailrace {
  readonly folder = mkdtempSync(join(tmpdir(), "tailrace-e2e-"))
  readonly ports: Ports
  readonly flags: ReadonlyArray<string>
  private readonly program: string
  output = ""
  private environment: Readonly<Record<string, string>> = {}
  private child: ChildProcess | undefined

  private constructor(ports: Ports, flags: ReadonlyArray<string>, program: string) {
    this.ports = ports
    this.flags = flags
    this.program = program
  }

  /** Flags and environment, besides those of ports and data, may depend on the folder; `program` is the CLI's file. */
  static async start(
    flags: (folder: string) => ReadonlyArray<string> = () => [],
    environment: (folder: string) => Readonly<Record<string, string>> = () => ({}),
    program = main
  ): Promise<RunningTailrace> {
    const [api, http, syslog, nats, store] = (await Promise.all(Array.from({ length: 5 }, () => freePort()))) as [
      number,
      number,
      number,
      number,
      number
    ]
    const made = new RunningTailrace({ api, http, syslog, nats, store }, [], program)
    Object.assign(made, { flags: flags(made.folder), environment: environment(made.folder) })
    try {
      await made.up()
    } catch (cause) {
      // A disk may be mounted in the folder still; what went wrong first is what matters.
      await made.remove().catch(() => undefined)
      throw cause
    }
    return made
  }

  /** The data folder. */
  get data(): string {
    return join(this.folder, "data")
  }

  get api(): string {
    return `http://127.0.0.1:${this.ports.api}`
  }

  get collector(): string {
    return `http://127.0.0.1:${this.ports.http}`
  }

  /** Starts the process and waits until every component is ready. */
  async up(): Promise<void> {
    const { api, http, syslog, nats, store } = this.ports
    const ports = [
      "--api-port",
      api,
      "--http-port",
      http,
      "--syslog-port",
      syslog,
      "--nats-port",
      nats,
      "--store-port",
      store
    ].map(String)
    const child = spawn(process.execPath, [this.program, "up", "--data", this.data, ...ports, ...this.flags], {
      cwd: this.folder,
      env: { ...process.env, TAILRACE_NATS_SERVER: findNatsServer() ?? "", NO_COLOR: "1", ...this.environment },
      stdio: ["ignore", "pipe", "pipe"]
    })
    this.child = child
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-20_000)
    }
    child.stdout.on("data", keep)
    child.stderr.on("data", keep)
    child.once("exit", () => {
      if (this.child === child) this.child = undefined
    })
    await waitFor(
      async () => ({ running: this.child === child, ready: await this.ready(), output: this.output }),
      (seen) => seen.ready || !seen.running,
      { what: "tailrace up being ready", timeoutMillis: 60_000 }
    )
    if (this.child !== child) throw new Error(`tailrace up ended at start:\n${this.output}`)
  }

  /** SIGTERM, and the exit code. */
  async down(): Promise<number | null> {
    return this.end("SIGTERM")
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.end("SIGKILL")
  }

  async remove(): Promise<void> {
    await this.down()
    this.endBroker()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** The broker that a killed instance leaves running until the next start. */
  private endBroker(): void {
    const pid = this.brokerPid()
    if (pid !== undefined) process.kill(pid, "SIGKILL")
  }

  /** Leaves what it prints unread, as a pager does that was closed. */
  stopReading(): void {
    this.child?.stdout?.destroy()
  }

  /** Process id of the main process; undefined while none runs. */
  mainPid(): number | undefined {
    return this.child?.pid
  }

  /** Process id of the broker as its file tells; undefined when there is no file. */
  brokerPid(): number | undefined {
    const file = join(this.data, "nats", "nats-server.pid")
    return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined
  }

  /** Process id of the store front, a child of the main process; undefined while none runs. Linux only. */
  storeFrontPid(): number | undefined {
    const parent = this.child?.pid
    return readdirSync("/proc")
      .map(Number)
      .find((pid) => pid > 0 && isFrontOf(pid, parent))
  }

  /** Rows of a query, from the store's own port. */
  async select<Row>(query: string): Promise<ReadonlyArray<Row>> {
    const address = `http://127.0.0.1:${this.ports.store}/?database=tailrace&default_format=JSON`
    const response = await fetch(address, {
      method: "POST",
      body: query,
      headers: storeHeaders(this.data, "reader")
    })
    if (!response.ok) throw new Error(await response.text())
    return ((await response.json()) as { data: ReadonlyArray<Row> }).data
  }

  /** Data of a GraphQL operation; throws its errors. */
  async graphql<Data>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Data> {
    const response = await fetch(`${this.api}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables })
    })
    const body = (await response.json()) as { data?: Data; errors?: unknown }
    if (body.errors !== undefined || body.data === undefined) throw new Error(JSON.stringify(body))
    return body.data
  }

  async count(query: string): Promise<number> {
    const data = await this.graphql<{ logs: { totalCount: number } }>(
      "query ($query: String) { logs(query: $query, first: 1) { totalCount } }",
      { query }
    )
    return data.logs.totalCount
  }

  /** Waits until exactly `wanted` records match, and stays with what it saw when the time is up. */
  async untilCount(query: string, wanted: number): Promise<void> {
    await waitFor(
      () => this.count(query),
      (seen) => seen >= wanted,
      { what: `${wanted} records of ${query}`, timeoutMillis: 60_000 }
    )
  }

  private async ready(): Promise<boolean> {
    try {
      return (await fetch(`${this.api}/health/ready`)).ok
    } catch {
      return false
    }
  }

  private end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const child = this.child
    if (child === undefined) return Promise.resolve(null)
    return new Promise((resolve) => {
      child.once("exit", (code) => resolve(code))
      child.kill(signal)
      // A process that was stopped takes its end only when it goes on.
      child.kill("SIGCONT")
    })
  }
}

/** Whether a process is the store front of that parent; false when it ends meanwhile. */
const isFrontOf = (pid: number, parent: number | undefined): boolean => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8")
    return (
      status.includes(`\nPPid:\t${parent}\n`) &&
      readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("store-front/src/main.")
    )
  } catch {
    return false
  }
}

export interface CommandResult {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a command of the CLI with text on its standard input or with other environment variables; gathers what it printed. */
export const tailrace = (
  args: ReadonlyArray<string>,
  given: string | Readonly<Record<string, string>> = ""
): Promise<CommandResult> =>
  new Promise((resolve) => {
    const environment = typeof given === "string" ? {} : given
    const child = spawn(process.execPath, [main, ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", TAILRACE_NATS_SERVER: findNatsServer() ?? "", ...environment }
    })
    let out = ""
    let err = ""
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString()
    })
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString()
    })
    child.once("close", (code) => resolve({ code, out, err }))
    child.stdin.end(typeof given === "string" ? given : "")
  })
