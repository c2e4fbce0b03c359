// Snapshots: open state of windows and detectors in the key-value bucket, each with the offset it covers; one writer wins.

import { JetStreamApiError } from "@nats-io/jetstream"
import { type KV, Kvm } from "@nats-io/kv"
import { nuid } from "@nats-io/nats-core"
import { Effect, Schema } from "effect"
import { Nats } from "./nats.ts"
import {
  decodeRecord,
  encodeRecord,
  mostStateBytes,
  packSnapshot,
  type Snapshot,
  SnapshotCorrupt,
  type SnapshotRecord,
  unpackSnapshot
} from "./snapshot-codec.ts"

/**
 * conflict: somebody else wrote the key since it was read, stop. corrupt: rebuild the state from the store.
 * unavailable: the broker does not answer or the bucket is missing.
 */
export class SnapshotError extends Schema.TaggedError<SnapshotError>()("SnapshotError", {
  reason: Schema.Literals(["conflict", "corrupt", "unavailable"]),
  message: Schema.String
}) {}

export interface StoredSnapshot extends Snapshot {
  /** To be given to the next put. */
  readonly revision: number
}

export interface SnapshotsShape {
  /** The last snapshot of a key; undefined when there is none. */
  readonly get: (key: string) => Effect.Effect<StoredSnapshot | undefined, SnapshotError>
  /**
   * Replaces the snapshot that has `revision` (0: there is none) and returns the new revision. Any size: it is
   * compressed, and cut into chunks above the broker's payload limit.
   */
  readonly put: (key: string, snapshot: Snapshot, revision: number) => Effect.Effect<number, SnapshotError>
  /** The current revision of a key, also of one whose snapshot is corrupt; 0 when there is none. */
  readonly revision: (key: string) => Effect.Effect<number, SnapshotError>
}

export interface SnapshotsOptions {
  /** Default "state". */
  readonly bucket?: string
  /** Largest value stored as one. Default 4 MiB; below the broker's max_payload. */
  readonly chunkBytes?: number
}

const WRONG_LAST_SEQUENCE = new Set([10071, 10164])

const toError = (key: string) => (cause: unknown) => {
  const detail = cause instanceof Error ? cause.message : String(cause)
  if (cause instanceof SnapshotCorrupt) {
    return new SnapshotError({ reason: "corrupt", message: `snapshot ${key} is corrupt: ${detail}` })
  }
  if (cause instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.has(cause.code)) {
    const message = `snapshot ${key} was written by somebody else since it was read: another process took over, or two pipelines share a name`
    return new SnapshotError({ reason: "conflict", message })
  }
  return new SnapshotError({ reason: "unavailable", message: `snapshot ${key} cannot be reached: ${detail}` })
}

const chunkKey = (key: string, generation: string, index: number) => `${key}.chunk.${generation}.${index}`

const live = async (bucket: KV, key: string) => {
  const entry = await bucket.get(key)
  return entry === null || entry.operation !== "PUT" ? undefined : entry
}

const readCompressed = async (bucket: KV, key: string, record: SnapshotRecord): Promise<Uint8Array> => {
  if (record.chunks === 0) return record.body
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  for (let index = 0; index < record.chunks; index++) {
    const entry = await live(bucket, chunkKey(key, record.generation, index))
    if (entry === undefined) throw new SnapshotCorrupt(`its chunk ${index + 1} of ${record.chunks} is missing`)
    bytes += entry.value.length
    if (bytes > mostStateBytes) throw new SnapshotCorrupt(`its chunks hold more than ${mostStateBytes} bytes`)
    chunks.push(entry.value)
  }
  return Buffer.concat(chunks)
}

const writeRecord = async (bucket: KV, key: string, snapshot: Snapshot, chunkBytes: number) => {
  const { checksum, compressed } = packSnapshot(snapshot)
  const record = { offset: snapshot.offset, rawLength: snapshot.data.length, checksum, generation: nuid.next() }
  if (compressed.length <= chunkBytes) return encodeRecord({ ...record, chunks: 0, body: compressed })
  const chunks = Math.ceil(compressed.length / chunkBytes)
  for (let index = 0; index < chunks; index++) {
    const chunk = compressed.subarray(index * chunkBytes, (index + 1) * chunkBytes)
    await bucket.put(chunkKey(key, record.generation, index), chunk)
  }
  return encodeRecord({ ...record, chunks, body: new Uint8Array(0) })
}

/** Chunks of an older version; a failure leaves garbage behind and nothing wrong. */
const dropChunks = async (bucket: KV, key: string, record: SnapshotRecord | undefined) => {
  for (let index = 0; index < (record?.chunks ?? 0); index++) {
    await bucket.purge(chunkKey(key, record?.generation ?? "", index))
  }
}

const decodeOrNothing = (bytes: Uint8Array): SnapshotRecord | undefined => {
  try {
    return decodeRecord(bytes)
  } catch {
    return undefined
  }
}

const put = async (bucket: KV, key: string, snapshot: Snapshot, revision: number, chunkBytes: number) => {
  const before = await live(bucket, key)
  const bytes = await writeRecord(bucket, key, snapshot, chunkBytes)
  const written = await bucket.put(key, bytes, { previousSeq: revision }).catch(async (cause) => {
    // An update whose answer got lost is refused when the client repeats it: look whether it is ours.
    const now = await live(bucket, key)
    if (now !== undefined && Buffer.compare(now.value, bytes) === 0) return now.revision
    await dropChunks(bucket, key, decodeRecord(bytes))
    throw cause
  })
  if (before !== undefined) await dropChunks(bucket, key, decodeOrNothing(before.value)).catch(() => undefined)
  return written
}

export const makeSnapshots = Effect.fnUntraced(function* (options: SnapshotsOptions = {}) {
  const { control } = yield* Nats
  const name = options.bucket ?? "state"
  const chunkBytes = options.chunkBytes ?? 4 * 1024 * 1024
  const bucket = yield* Effect.tryPromise({
    try: () => new Kvm(control).open(name, { bindOnly: true }),
    catch: toError("")
  })
  const call = <A>(key: string, run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: toError(key) })
  const shape: SnapshotsShape = {
    get: (key) =>
      call(key, async () => {
        const entry = await live(bucket, key)
        if (entry === undefined) return undefined
        const record = decodeRecord(entry.value)
        const snapshot = unpackSnapshot(record, await readCompressed(bucket, key, record))
        return { ...snapshot, revision: entry.revision }
      }),
    put: (key, snapshot, revision) => call(key, () => put(bucket, key, snapshot, revision, chunkBytes)),
    revision: (key) => call(key, async () => (await bucket.get(key))?.revision ?? 0)
  }
  return shape
})
