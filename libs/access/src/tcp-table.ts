// TCP table: which user owns a TCP socket of this machine, read from Linux' own tables of sockets.
import { access, open } from "node:fs/promises"
import { isIPv6 } from "node:net"
import { endianness } from "node:os"
import { join } from "node:path"

export interface Endpoint {
  readonly address: string
  readonly port: number
}

interface Waiting {
  /** How the tables write the socket: in that of IPv4, where it may stand there, and in that of IPv6. */
  readonly keys: readonly [tcp: string | undefined, tcp6: string]
  readonly answer: (uid: number | undefined) => void
  readonly fail: (cause: unknown) => void
}

/** States whose socket somebody holds open: established, the two halves of a close, and closed by the other side. */
const heldStates: ReadonlySet<string> = new Set(["01", "04", "05", "08"])

/** Bytes asked for at once; the kernel gives a page, some 30 sockets. */
const chunkBytes = 16_384

/**
 * Reads /proc/net/tcp and tcp6 once for all who wait, never a read that had begun before somebody asked: such a read may have
 * passed the place of their socket. Reading goes in pages with the event loop between them.
 */
export class TcpTable {
  readonly #folder: string
  #waiting: Array<Waiting> = []
  #reading = false

  /** `folder` holds the tables. */
  constructor(folder = "/proc/net") {
    this.#folder = folder
  }

  /** Whether there is such a table, which only Linux has. */
  async exists(): Promise<boolean> {
    return access(join(this.#folder, "tcp")).then(
      () => true,
      () => false
    )
  }

  /**
   * User id of whoever holds the socket from `local` to `remote`, as that socket's side sees them; undefined when no such
   * socket is held open now. Rejects when the table cannot be read.
   */
  ownerOf(local: Endpoint, remote: Endpoint): Promise<number | undefined> {
    return new Promise((answer, fail) => {
      this.#waiting.push({ keys: [tcpKey(local, remote), tcp6Key(local, remote)], answer, fail })
      if (!this.#reading) void this.#read()
    })
  }

  async #read(): Promise<void> {
    this.#reading = true
    while (this.#waiting.length > 0) {
      const asked = this.#waiting
      this.#waiting = []
      try {
        const behind = await this.#answered(asked, "tcp", 0)
        const unknown = await this.#answered(behind, "tcp6", 1)
        for (const one of unknown) one.answer(undefined)
      } catch (cause) {
        for (const one of asked) one.fail(cause)
      }
    }
    this.#reading = false
  }

  /** Answers those whose socket stands in the table; gives back the others. */
  async #answered(asked: ReadonlyArray<Waiting>, name: string, at: 0 | 1): Promise<ReadonlyArray<Waiting>> {
    const wanted = new Map<string, Array<Waiting>>()
    for (const one of asked) {
      const key = one.keys[at]
      if (key !== undefined) wanted.set(key, [...(wanted.get(key) ?? []), one])
    }
    if (wanted.size > 0)
      await forEachRow(join(this.#folder, name), at === 0 ? 27 : 75, (key, row) => {
        const found = wanted.get(key)
        const uid = found === undefined ? undefined : ownerIn(row)
        if (found === undefined || uid === undefined) return wanted.size > 0
        for (const one of found) one.answer(uid)
        wanted.delete(key)
        return wanted.size > 0
      })
    const left = new Set([...wanted.values()].flat())
    return asked.filter((one) => one.keys[at] === undefined || left.has(one))
  }
}

/** Calls `row` with the addresses of each row, and the row, until it answers false. A table that is not there has no rows. */
const forEachRow = async (
  path: string,
  keyLength: number,
  row: (key: string, row: string) => boolean
): Promise<void> => {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined
    throw cause
  })
  if (file === undefined) return
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    for (let rest = ""; ; ) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, null)
      if (bytesRead === 0) return
      const lines = (rest + chunk.toString("latin1", 0, bytesRead)).split("\n")
      rest = lines.pop() as string
      for (const line of lines) {
        const from = line.indexOf(": ") + 2
        if (from > 1 && !row(line.slice(from, from + keyLength), line)) return
      }
    }
  } finally {
    await file.close()
  }
}

/** The owner in a row; none where nobody holds the socket, for which the table writes inode 0 and user 0. */
const ownerIn = (row: string): number | undefined => {
  const [, , , state = "", , , , uid, , inode = "0"] = row.trim().split(/\s+/)
  return heldStates.has(state) && inode !== "0" && uid !== undefined ? Number(uid) : undefined
}

/** An IPv4 address that is written as one of IPv6, such as ::ffff:127.0.0.1. */
const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** The address as IPv4 where it is one in whichever spelling. */
export const plainAddress = (address: string): string => mapped.exec(address)?.[1] ?? address

const portHex = (port: number): string => port.toString(16).padStart(4, "0").toUpperCase()

const tcpKey = (local: Endpoint, remote: Endpoint): string | undefined => {
  const [a, b] = [plainAddress(local.address), plainAddress(remote.address)]
  if (isIPv6(a) || isIPv6(b)) return undefined
  return `${wordsHex(bytesOf4(a))}:${portHex(local.port)} ${wordsHex(bytesOf4(b))}:${portHex(remote.port)}`
}

const tcp6Key = (local: Endpoint, remote: Endpoint): string => {
  const hex = ({ address, port }: Endpoint) => `${wordsHex(bytesOf6(plainAddress(address)))}:${portHex(port)}`
  return `${hex(local)} ${hex(remote)}`
}

/** Each four bytes as a number of the machine's own byte order, which is how the kernel prints them. */
const wordsHex = (bytes: ReadonlyArray<number>): string => {
  let text = ""
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4)
    if (endianness() === "LE") word.reverse()
    text += word.map((byte) => byte.toString(16).padStart(2, "0")).join("")
  }
  return text.toUpperCase()
}

const bytesOf4 = (address: string): ReadonlyArray<number> => address.split(".").map(Number)

/** The 16 bytes of an address of either family; a zone behind % is no part of it. */
const bytesOf6 = (address: string): ReadonlyArray<number> => {
  if (!isIPv6(address)) return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytesOf4(address)]
  const [head = "", tail] = (address.split("%", 1)[0] as string).split("::")
  const groups = (text: string): ReadonlyArray<number> =>
    text === ""
      ? []
      : text.split(":").flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
  const front = groups(head)
  const back = groups(tail ?? "")
  return [...front, ...Array.from({ length: 16 - front.length - back.length }, () => 0), ...back]
}
