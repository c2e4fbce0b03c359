// Listening sockets: every port that a process and its children have open, as the kernel tells it. Linux only.
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** Process ids of a process and of all that it started. */
export const processTree = (root: number): ReadonlyArray<number> => {
  const parents = new Map<number, number>()
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue
    const parent = /^PPid:\t(\d+)$/m.exec(textOf(`/proc/${name}/status`))?.[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const tree = [root]
  for (const one of tree) for (const [pid, parent] of parents) if (parent === one) tree.push(pid)
  return tree
}

/** Such as "tcp 127.0.0.1:4222"; UDP sockets that are bound count. */
export const listeningSockets = (pids: ReadonlyArray<number>): ReadonlyArray<string> => {
  const inodes = new Set(pids.flatMap(socketInodes))
  return ["tcp", "tcp6", "udp", "udp6"].flatMap((table) =>
    textOf(`/proc/net/${table}`)
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , remote, state, , , , , , inode = ""]) => {
        const listens = table.startsWith("tcp") ? state === "0A" : /:0000$/.test(remote ?? "")
        return listens && inodes.has(inode)
      })
      .map(([, local = ""]) => `${table} ${addressOf(local)}`)
  )
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

const socketInodes = (pid: number): ReadonlyArray<string> => {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${descriptor}`))?.[1]
      return inode === undefined ? [] : [inode]
    })
  } catch {
    return []
  }
}

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path)
  } catch {
    return ""
  }
}

/** An address of version 4 stands there as one number of the machine's own byte order. */
const addressOf = (text: string): string => {
  const [host = "", port = ""] = text.split(":")
  const bytes = host.length === 8 ? [...Buffer.from(host, "hex").reverse()].join(".") : host
  return `${bytes}:${Number.parseInt(port, 16)}`
}
