// Thin: a segment without its droppable frames, whose records are counted in frames without messages that take their place.
import { open, rename } from "node:fs/promises"
import { countMessages, encodeFrameHeader, type FrameHeader } from "@tailrace/domain/frame"
import { unpackFrame } from "@tailrace/streams/frame-encoding"
import { type Damage, encodeRecord, type SpoolRecord } from "./record.ts"
import { readWhole, type Segment } from "./segment.ts"

/** Under this name the ledger counts what made room for newer frames. */
const reason = "collector:drop-oldest"

/**
 * Rewrites a segment in one step, without what may be dropped and has a number from `from` on: either the old or the new file
 * is there, whole. Answers the records dropped by component; undefined when nothing can be. `aside` is told of damages, which
 * the new file has no more.
 */
export const thinSegment = async (
  segment: Segment,
  from: number,
  aside: (damage: Damage, bytes: Uint8Array) => Promise<void>
): Promise<ReadonlyMap<string, number> | undefined> => {
  const { bytes, damages, end, records } = await readWhole(segment)
  segment.thinned = true
  const gone = records.filter(({ droppable, number, tried }) => droppable && !tried && number >= from).map(counted)
  if (gone.length === 0) return undefined
  for (const damage of end < bytes.length ? [...damages, { from: end, to: bytes.length }] : damages) {
    await aside(damage, bytes.subarray(damage.from, damage.to))
  }
  const without = new Set(gone.map(({ record }) => record))
  const kept = [...records.filter((record) => !without.has(record)), ...notesOf(gone)]
  let previous = records[0]?.previous ?? 0
  const parts = kept
    .toSorted((a, b) => a.number - b.number)
    .map((record) => {
      const part = encodeRecord(segment.first, { ...record, previous })
      previous = record.number
      return part
    })
  segment.bytes = await replace(segment.path, Buffer.concat(parts))
  const dropped = new Map<string, number>()
  for (const { messages, record } of gone) {
    dropped.set(record.component, (dropped.get(record.component) ?? 0) + messages)
  }
  return dropped
}

interface Gone {
  readonly record: SpoolRecord
  readonly header: FrameHeader
  readonly messages: number
}

const counted = (record: SpoolRecord): Gone => {
  const { header, payload } = unpackFrame((name) => record.headers[name], record.payload)
  return { record, header, messages: countMessages(payload, header.layout) }
}

/** A frame for the records of each subject and minute, in the last one's place, with what those frames had to count too. */
const notesOf = (gone: ReadonlyArray<Gone>): ReadonlyArray<SpoolRecord> => {
  const notes = new Map<string, SpoolRecord & { readonly counts: Record<string, number> }>()
  for (const { header, messages, record } of gone) {
    const key = `${record.subject} ${Math.floor((header.receivedMillis ?? 0) / 60_000)}`
    const before = notes.get(key)
    const counts = before?.counts ?? {}
    for (const [name, count] of [...Object.entries(header.dropped ?? {}), [reason, messages] as const]) {
      counts[name] = (counts[name] ?? 0) + count
    }
    const id = before?.id ?? `${record.id}-dropped`
    const note = { ...record, id, keyed: false, droppable: false, after: before?.after ?? record.after }
    notes.set(key, {
      ...note,
      counts,
      payload: new Uint8Array(0),
      headers: encodeFrameHeader({ ...header, attributes: {}, resource: {}, dropped: counts })
    })
  }
  return [...notes.values()].map(({ counts: _, ...note }) => note)
}

const replace = async (path: string, bytes: Buffer): Promise<number> => {
  const temporary = `${path}.tmp`
  const handle = await open(temporary, "w", 0o600)
  await handle
    .writeFile(bytes)
    .then(() => handle.sync())
    .finally(() => handle.close())
  await rename(temporary, path)
  return bytes.length
}
