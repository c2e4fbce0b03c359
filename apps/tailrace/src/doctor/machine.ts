// Machine: versions, limits of the operating system, and the data folder, as the doctor judges them.
import { existsSync, readdirSync, readFileSync, statfsSync, statSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import type { DataFolderState } from "../up/data-folder.ts"
import { oldestNatsServer } from "../up/find-nats-server.ts"
import { bytesText, type Finding, findingsOf } from "./finding.ts"

const { fail, ok, warn } = findingsOf("machine")

/** Below it the store refuses inserts (min_free_disk_bytes_to_perform_insert of its tables). */
export const storeFloorBytes = 1_073_741_824
const fewBytes = 5 * storeFloorBytes

export const judgeNode = (version: string, wanted: string): Finding => {
  const major = (text: string): number => Number(/\d+/.exec(text)?.[0] ?? 0)
  return major(version) >= major(wanted)
    ? ok("node", version)
    : fail(
        "node",
        `${version}, ${wanted} is needed`,
        "older versions cannot run this code",
        "start with `npm start`, which brings the right one"
      )
}

/** The program that `up` would run, or why there is none; it is needed where no broker runs yet. */
export const judgeNatsServer = (
  found: { readonly program: string } | { readonly problem: string },
  needed: boolean
): Finding => {
  if ("program" in found) return ok("nats-server", `${found.program}, ${oldestNatsServer} or newer`)
  if (!needed) return ok("nats-server", "none for `tailrace up`, and none is needed: a broker is there")
  return fail(
    "nats-server",
    found.problem,
    "`tailrace up` runs it as its broker",
    "start with `npm start`, which fetches it"
  )
}

export const judgeOpenFiles = (limits: string): Finding => {
  const most = /^Max open files\s+(\S+)/m.exec(limits)?.[1]
  if (most === undefined) return ok("open files", "this system does not tell its limit")
  if (most === "unlimited" || Number(most) >= 8_192) return ok("open files", `${most} allowed`)
  return warn(
    "open files",
    `only ${most} allowed`,
    "every connection, followed file and part of the store needs one; without, senders and inserts are refused",
    "raise it to 65536: `ulimit -n 65536` before the start, LimitNOFILE= in a unit, ulimits in a compose file"
  )
}

/** Watches that followed files need: one for each folder. Texts of /proc/sys/fs/inotify; "" where there is none. */
export const judgeWatches = (watches: string, instances: string): Finding => {
  if (watches.trim() === "") return ok("file watches", "this system does not tell its limit")
  const seen = `${watches.trim()} watches, ${instances.trim()} instances allowed`
  if (Number(watches) >= 8_192 && Number(instances) >= 64) return ok("file watches", seen)
  return warn(
    "file watches",
    seen,
    "files that are followed beyond it are noticed late, by looking now and then",
    "sysctl fs.inotify.max_user_watches=65536 fs.inotify.max_user_instances=512"
  )
}

/** The folder itself: who holds it, whether others may read it, how much room is left. */
export const judgeDataFolder = (state: DataFolderState): ReadonlyArray<Finding> => {
  const { root } = state
  const place = nearestFolder(root)
  const findings: Array<Finding> = []
  if (!existsSync(root)) findings.push(ok("data folder", `${root} will be made at the first start`))
  else {
    const info = statSync(root)
    const user = process.getuid?.()
    const foreign = foreignEntry(root, user)
    if (user !== undefined && info.uid !== user)
      findings.push(
        fail(
          "data folder",
          `${root} belongs to user ${info.uid}, this is user ${user}`,
          "broker and store cannot write there",
          `run as its owner, or chown it to ${user}`
        )
      )
    else if (foreign !== undefined)
      findings.push(
        fail(
          "data folder",
          `${foreign} belongs to another user`,
          "broker or store cannot write there: an earlier start ran as somebody else",
          `chown -R ${user} ${root}`
        )
      )
    else if ((info.mode & 0o077) !== 0)
      findings.push(
        warn(
          "data folder",
          `${root} is open to other users (mode ${(info.mode & 0o777).toString(8)})`,
          "logs may hold what others should not read",
          `chmod 700 ${root}`
        )
      )
    else
      findings.push(
        ok("data folder", `${root}${state.holder === undefined ? "" : `, in use by process ${state.holder}`}`)
      )
  }
  const disk = statfsSync(place)
  const free = disk.bavail * disk.bsize
  const seen = `${bytesText(free)} free of ${bytesText(disk.blocks * disk.bsize)}`
  const advice = "free space, or name a folder on a larger disk with --data"
  if (free < storeFloorBytes)
    findings.push(
      fail(
        "disk",
        seen,
        "the store refuses inserts below 1 GiB; logs wait in the broker, then senders are told to come again",
        advice
      )
    )
  else if (free < fewBytes) findings.push(warn("disk", seen, "below 1 GiB the store refuses inserts", advice))
  else findings.push(ok("disk", seen))
  return findings
}

/** The folder, or the nearest one above it that exists: where a probe may write. */
export const nearestFolder = (path: string): string => {
  let folder = resolve(path)
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

const foreignEntry = (root: string, user: number | undefined): string | undefined =>
  user === undefined
    ? undefined
    : readdirSync(root)
        .map((name) => join(root, name))
        .find((path) => statSync(path, { throwIfNoEntry: false })?.uid !== user)

/** A file of /proc, "" where it cannot be read. */
export const procText = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
