// Checkpoint: how far one file has been read and acknowledged, and how to know the file again.
import { createHash } from "node:crypto"
import { Schema } from "effect"

/** A hash of some bytes of a file. */
const Digest = Schema.Struct({ bytes: Schema.Int, hash: Schema.String })
export type Digest = typeof Digest.Type

export const Checkpoint = Schema.Struct({
  /** Random name of this content; message ids are made of it. A file that is truncated gets a new one. */
  id: Schema.String,
  path: Schema.String,
  /** `device:inode`. */
  key: Schema.String,
  /** Digest of the first bytes, up to 1 KiB. */
  head: Digest,
  /** Everything before it has been acknowledged. For gzip files an offset in the decompressed bytes. */
  offset: Schema.Int,
  /** Digest of the bytes just before `offset`, up to 256: tells a file that was truncated and grew again. */
  mark: Digest,
  /** Bytes up to here were being published; published again with the same boundaries they are stored once. */
  pending: Schema.optionalKey(Schema.Int),
  /** Where the bytes being published end that the file still had when it came back shorter; then a new id begins. */
  kept: Schema.optionalKey(Schema.Int),
  /** Bytes of a gzip file that has been read to its end. */
  whole: Schema.optionalKey(Schema.Int),
  /** When the file was gone or its content replaced, milliseconds since 1970. */
  goneAt: Schema.optionalKey(Schema.Int)
})
export type Checkpoint = typeof Checkpoint.Type

const headBytes = 1_024
const markBytes = 256

const digestOf = (bytes: Uint8Array): Digest => ({
  bytes: bytes.length,
  hash: createHash("sha256").update(bytes).digest("base64url").slice(0, 22)
})

export const nothing: Digest = digestOf(new Uint8Array(0))

/** Reads exactly `[start, end)` of a content, or less where it ends before. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>

const equal = (a: Digest, b: Digest): boolean => a.bytes === b.bytes && a.hash === b.hash

/** Whether a content is the one a checkpoint speaks of, at least as long as it was read. */
export const continues = async (checkpoint: Checkpoint, read: ReadRange): Promise<boolean> => {
  const { mark, offset } = checkpoint
  if (!equal(digestOf(await read(offset - mark.bytes, offset)), mark)) return false
  return headEquals(checkpoint, read)
}

/** Whether a content begins as the one a checkpoint speaks of. */
export const headEquals = async ({ head }: Checkpoint, read: ReadRange): Promise<boolean> =>
  equal(digestOf(await read(0, head.bytes)), head)

/** The first and the last bytes of what was read of a content, for its digests. */
export class ContentTrace {
  #head: Uint8Array = new Uint8Array(0)
  #tail: Uint8Array = new Uint8Array(0)

  /** The trace of a content of which `offset` bytes were read before. */
  static async of(read: ReadRange, offset: number): Promise<ContentTrace> {
    const trace = new ContentTrace()
    trace.#head = await read(0, Math.min(offset, headBytes))
    trace.#tail = await read(Math.max(0, offset - markBytes), offset)
    return trace
  }

  /** Goes on by `bytes`, of which at least the first and last kilobyte must be real. */
  append(bytes: Uint8Array): void {
    if (this.#head.length < headBytes) {
      this.#head = Buffer.concat([this.#head, bytes.subarray(0, headBytes - this.#head.length)])
    }
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(-markBytes)]).subarray(-markBytes)
  }

  get digests(): { readonly head: Digest; readonly mark: Digest } {
    return { head: digestOf(this.#head), mark: digestOf(this.#tail) }
  }
}
