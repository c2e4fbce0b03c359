// Whole: everything on one machine as `npm start` runs it, from its bundle, on ports that are free.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { freePort } from "@tailrace/testing/free-port"
import { findNatsServer } from "@tailrace/testing/nats-server"
import type { Child, Children } from "./children.ts"

export const repository = fileURLToPath(new URL("../..", import.meta.url))

type Program = "tailrace" | "collector"

/** What `npm run` starts for a program: a bundle, made now where it is not there yet. */
export const bundleOf = async (program: Program): Promise<string> => {
  const { programFile } = await import(join(repository, "scripts/bootstrap/programs.mjs"))
  const file: string = programFile(program, process.execPath)
  if (!file.endsWith(".mjs")) throw new Error(`there is no bundle of ${program}: see the line above`)
  return file
}

export interface Whole {
  readonly child: Child
  readonly api: string
  readonly collector: string
}

export const startWhole = async (children: Children, folder: string): Promise<Whole> => {
  const ports: Array<number> = []
  while (ports.length < 5) ports.push(await freePort())
  const flags = ["api", "http", "syslog", "nats", "store"].flatMap((name, i) => [`--${name}-port`, `${ports[i]}`])
  const child = await children.start({
    name: "up",
    command: process.execPath,
    arguments: [await bundleOf("tailrace"), "up", "--data", join(folder, "data"), ...flags],
    environment: { TAILRACE_NATS_SERVER: findNatsServer() ?? "" },
    ready: (output) => output.includes("tailrace is up")
  })
  return { child, api: `http://127.0.0.1:${ports[0]}`, collector: `http://127.0.0.1:${ports[1]}` }
}

/** Ids of the processes that a process has started, by what they are. Linux only. */
export const childrenOf = (parent: number): ReadonlyArray<{ readonly pid: number; readonly name: string }> =>
  readdirSync("/proc").flatMap((entry) => {
    try {
      if (!readFileSync(`/proc/${entry}/status`, "utf8").includes(`\nPPid:\t${parent}\n`)) return []
      const command = readFileSync(`/proc/${entry}/cmdline`, "utf8")
      const name = command.includes("store-front") ? "store" : command.includes("nats-server") ? "broker" : "other"
      return [{ pid: Number(entry), name }]
    } catch {
      // No process, or one that has just ended.
      return []
    }
  })
