// KernelDrops: datagrams that the operating system dropped before this process could read them, as Linux counts them.
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

interface Row {
  readonly inode: string
  readonly waitingBytes: number
  readonly drops: number
}

/** Counters of the kernel begin anew behind this. */
const wraps = 2 ** 32

/** The sockets of a UDP port of this process. Elsewhere than on Linux nothing is known and nothing counted. */
export class KernelDrops {
  readonly #port: number
  readonly #table: string
  readonly #inodes: ReadonlySet<string>
  #before: number

  constructor(port: number, isIPv6: boolean) {
    this.#port = port
    this.#table = isIPv6 ? "/proc/self/net/udp6" : "/proc/self/net/udp"
    // Other processes may have the port on other addresses.
    const own = ownSockets()
    this.#inodes = new Set(this.#rows(() => true).flatMap(({ inode }) => (own.has(inode) ? [inode] : [])))
    this.#before = this.#total()
  }

  /** Datagrams dropped since the last call. */
  since(): number {
    const now = this.#total()
    const dropped = (now - this.#before + wraps) % wraps
    this.#before = now
    return dropped
  }

  /** Bytes of datagrams, with what the kernel keeps of each, that were not read yet. */
  waitingBytes(): number {
    return this.#own().reduce((sum, row) => sum + row.waitingBytes, 0)
  }

  #total(): number {
    return this.#own().reduce((sum, { drops }) => sum + drops, 0) % wraps
  }

  #own(): ReadonlyArray<Row> {
    return this.#inodes.size === 0 ? [] : this.#rows((inode) => this.#inodes.has(inode))
  }

  #rows(wanted: (inode: string) => boolean): ReadonlyArray<Row> {
    return readUdpTable(textOf(this.#table), this.#port).filter(({ inode }) => wanted(inode))
  }
}

/** Rows of /proc/net/udp whose local port is `port`. */
export const readUdpTable = (text: string, port: number): ReadonlyArray<Row> => {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`
  return text.split("\n").flatMap((line) => {
    const columns = line.trim().split(/\s+/)
    const [, address = "", , , queues = "", , , , , inode = "", , , drops = ""] = columns
    if (!address.endsWith(local)) return []
    return [{ inode, waitingBytes: Number.parseInt(queues.split(":")[1] ?? "0", 16), drops: Number(drops) }]
  })
}

const ownSockets = (): ReadonlySet<string> => {
  const inodes = new Set<string>()
  for (const name of namesIn("/proc/self/fd")) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${name}`))?.[1]
      if (inode !== undefined) inodes.add(inode)
    } catch {
      // Closed meanwhile.
    }
  }
  return inodes
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
