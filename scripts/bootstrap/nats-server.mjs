// nats-server: found as an existing server's URL, on PATH, in the project's cache, or fetched from Debian's archive.
import { spawnSync } from "node:child_process"
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { debianArchive } from "./debian-archive.mjs"
import { cache } from "./paths.mjs"

/** As in apps/tailrace/src/up/find-nats-server.ts: without holes that are known. */
const oldest = [2, 12, 6]
const cacheFolder = join(cache, "nats-server")

/** Path of a nats-server binary, or undefined when TAILRACE_NATS_URL names a running server. Throws with what to do when there is none. */
export const findNatsServer = () => {
  if (process.env.TAILRACE_NATS_URL) return undefined
  if (process.env.TAILRACE_NATS_SERVER) return checked(process.env.TAILRACE_NATS_SERVER, "TAILRACE_NATS_SERVER")
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const binary = join(folder, process.platform === "win32" ? "nats-server.exe" : "nats-server")
    if (!folder || !isExecutable(binary)) continue
    if (newEnough(versionOf(binary))) return binary
    console.error(
      `bootstrap: ${binary} is ${versionOf(binary)?.join(".") ?? "of unknown version"}, older than ${oldest.join(".")}; looking further`
    )
  }
  return cachedBinary() ?? fromDebian() ?? missing()
}

const cachedBinary = () => {
  if (!existsSync(cacheFolder)) return undefined
  const binaries = readdirSync(cacheFolder).map((version) => join(cacheFolder, version, "nats-server"))
  return binaries
    .filter((binary) => isExecutable(binary) && newEnough(versionOf(binary)))
    .sort()
    .reverse()[0]
}

/** Fetches the package with a private apt configuration: needs no root, installs nothing, leaves the machine's sources alone. */
const fromDebian = () => {
  const archive = debianArchive()
  if (archive === undefined) return undefined
  console.error(
    "bootstrap: fetching nats-server from Debian's archive into .cache (nothing is installed on the machine)"
  )
  const work = mkdtempSync(join(tmpdir(), "tailrace-apt-"))
  try {
    for (const folder of ["parts", "lists/partial", "cache/archives/partial"])
      mkdirSync(join(work, folder), { recursive: true })
    writeFileSync(
      join(work, "parts", "sid.sources"),
      `Types: deb\nURIs: ${archive.uri}\nSuites: sid\nComponents: main\n${archive.signedBy ? `Signed-By: ${archive.signedBy}\n` : ""}`
    )
    writeFileSync(join(work, "status"), "")
    const options = [
      ["Dir::Etc::SourceList", "/dev/null"],
      ["Dir::Etc::SourceParts", join(work, "parts")],
      ["Dir::State::Lists", join(work, "lists")],
      ["Dir::State::Status", join(work, "status")],
      ["Dir::Cache", join(work, "cache")],
      ["APT::Sandbox::User", ""]
    ].flatMap(([key, value]) => ["-o", `${key}=${value}`])
    for (const step of [
      ["apt-get", ...options, "-q", "update"],
      ["apt-get", ...options, "-q", "download", "nats-server"]
    ]) {
      const done = spawnSync(step[0], step.slice(1), { cwd: work, encoding: "utf8" })
      if (done.status !== 0)
        return complain(
          `${step.at(-2)} ${step.at(-1)} failed: ${(done.stderr || done.error?.message || "").trim().split("\n")[0]}`
        )
    }
    const file = readdirSync(work).find((name) => name.endsWith(".deb"))
    if (file === undefined) return complain("apt-get download brought no package")
    const unpacked = join(work, "unpacked")
    const done = spawnSync("dpkg-deb", ["-x", join(work, file), unpacked], { encoding: "utf8" })
    if (done.status !== 0) return complain(`dpkg-deb failed: ${done.stderr}`)
    const found = ["usr/sbin", "usr/bin"].map((folder) => join(unpacked, folder, "nats-server")).find(isExecutable)
    if (found === undefined) return complain("the package holds no nats-server")
    const version = versionOf(found)
    if (!newEnough(version))
      return complain(`the archive's nats-server is ${version?.join(".")}, older than ${oldest.join(".")}`)
    const target = join(cacheFolder, version.join("."))
    mkdirSync(target, { recursive: true })
    cpSync(found, join(target, `nats-server.${process.pid}`))
    renameSync(join(target, `nats-server.${process.pid}`), join(target, "nats-server"))
    return join(target, "nats-server")
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const complain = (text) => {
  console.error(`bootstrap: ${text}`)
  return undefined
}

const missing = () => {
  throw new Error(`nats-server ${oldest.join(".")} or newer is needed and was not found. Install it and start again:
  Linux    your distribution's package nats-server, or the release archive of the NATS project, unpacked onto PATH
  macOS    brew install nats-server
  Windows  winget install NATSAuthors.NATSServer, or scoop install nats-server
  Docker   docker run -d -p 4222:4222 nats:2.15 -js, then TAILRACE_NATS_URL=nats://127.0.0.1:4222 npm start
or point TAILRACE_NATS_SERVER at a binary, or TAILRACE_NATS_URL at a running server with JetStream`)
}

const checked = (binary, name) => {
  if (!isExecutable(binary))
    throw new Error(`${name} is ${binary}, which is no program that can be run: correct or unset it`)
  if (!newEnough(versionOf(binary)))
    throw new Error(`${name} is ${binary}, which is not nats-server ${oldest.join(".")} or newer: correct or unset it`)
  return binary
}

const versionOf = (binary) => {
  const match = /v?(\d+)\.(\d+)\.(\d+)/.exec(spawnSync(binary, ["--version"], { encoding: "utf8" }).stdout ?? "")
  return match ? match.slice(1).map(Number) : undefined
}

const newEnough = (version) => {
  if (version === undefined) return false
  for (let i = 0; i < oldest.length; i++) if (version[i] !== oldest[i]) return version[i] > oldest[i]
  return true
}

const isExecutable = (file) => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
