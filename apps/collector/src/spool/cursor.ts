// Cursor: up to where the spool has been sent, in a small file of two slots, so that an interrupted write leaves the other one.
import { type FileHandle, open } from "node:fs/promises"
import { crc32 } from "node:zlib"

export interface CursorState {
  /** Number of the first record that is not acknowledged. */
  readonly next: number
  /** A sequence of the raw stream that was acknowledged before; what is not acknowledged lies behind it, if anywhere. */
  readonly sequence: number
}

const slotBytes = 512
/** Slots lie in different sectors. */
const slotDistance = 4_096

const encode = ({ next, sequence }: CursorState): Buffer => {
  const text = `${next} ${sequence}`
  const line = `${crc32(text).toString(16).padStart(8, "0")} ${text}\n`
  return Buffer.from(line.padEnd(slotBytes, " "))
}

const decode = (bytes: Buffer): CursorState | undefined => {
  const match = /^([0-9a-f]{8}) ((\d{1,16}) (\d{1,16}))\n/.exec(bytes.toString("latin1"))
  if (match === null || crc32(match[2]).toString(16).padStart(8, "0") !== match[1]) return undefined
  return { next: Number(match[3]), sequence: Number(match[4]) }
}

export class Cursor {
  state: CursorState
  /** Whether the state was read; true where there is nothing yet that it could speak of. */
  readonly known: boolean
  readonly #handle: FileHandle
  #slot: 0 | 1

  private constructor(handle: FileHandle, state: CursorState, slot: 0 | 1, known: boolean) {
    this.#handle = handle
    this.state = state
    this.#slot = slot
    this.known = known
  }

  /** Opens or makes the file. `first`: number of the first record there is, which counts where nothing can be read. */
  static async open(path: string, first: number | undefined): Promise<Cursor> {
    const handle = await open(path, "r+").catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOENT") throw cause
      return open(path, "w+", 0o600)
    })
    const slots = [await readSlot(handle, 0), await readSlot(handle, 1)] as const
    const [one, two] = slots
    const latest = two === undefined || (one !== undefined && one.next > two.next) ? 0 : 1
    const state = slots[latest]
    const known = state !== undefined || first === undefined
    const cursor = new Cursor(handle, state ?? { next: first ?? 1, sequence: 0 }, latest, known)
    if (state === undefined && known) await cursor.move(cursor.state)
    return cursor
  }

  /** Resolves once the state is on the disk. States only go forward. */
  async move(state: CursorState): Promise<void> {
    const slot = this.#slot === 0 ? 1 : 0
    await this.#handle.write(encode(state), 0, slotBytes, slot * slotDistance)
    await this.#handle.datasync()
    this.#slot = slot
    this.state = state
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

const readSlot = async (handle: FileHandle, slot: number): Promise<CursorState | undefined> => {
  const { buffer } = await handle.read(Buffer.alloc(slotBytes), 0, slotBytes, slot * slotDistance)
  return decode(buffer)
}
