// Machine: what the figures were measured on, without any name of it.
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { arch, cpus, loadavg, platform, tmpdir, totalmem } from "node:os"
import { findNatsServer } from "@tailrace/testing/nats-server"
import type { Table } from "./report.ts"

export const machine = (): Table => ({
  caption: "Machine",
  columns: ["part", "value"],
  rows: [
    ["CPU", `${cpus()[0]?.model.trim() ?? "unknown"}, ${cpus().length} cores`],
    ["memory", `${Math.round(totalmem() / 2 ** 30)} GiB`],
    [
      "load when it began",
      `${(loadavg()[0] ?? 0).toFixed(1)} processes wanted a core, before anything was started here`
    ],
    ["system", `${platform()} ${arch()}`],
    ["file system of the data", fileSystem()],
    ["Node", process.versions.node],
    ["nats-server", natsVersion()],
    ["store", `chDB ${chdbVersion()} behind the store front`]
  ]
})

const natsVersion = (): string => {
  const binary = findNatsServer()
  if (binary === undefined) return "none"
  return /v(\d\S+)/.exec(execFileSync(binary, ["--version"], { encoding: "utf8" }))?.[1] ?? "unknown"
}

const chdbVersion = (): string => {
  const manifest = new URL("../../node_modules/chdb/package.json", import.meta.url)
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version
}

const fileSystem = (): string => {
  try {
    return execFileSync("stat", ["-f", "-c", "%T", tmpdir()], { encoding: "utf8" }).trim()
  } catch {
    return "unknown"
  }
}
