// Raw counts: how many messages the raw stream holds, per partition, minute, tenant and source, counted from its bytes.
import { forEachMessage } from "@tailrace/domain/frame"
import { originOf, partitionOf } from "@tailrace/domain/subjects"
import type { Place } from "@tailrace/store/read/ledger-check"
import { unpackFrame } from "@tailrace/streams/frame-encoding"
import type { StreamMessage } from "@tailrace/streams/read-stream"

/** Messages counted so far; `placeKey` names the places. */
export class RawCounts {
  readonly counts = new Map<string, Place & { received: number }>()
  messages = 0

  /** Counts what a message of the raw stream holds; messages outside the given sequences of their partition are left out. */
  add(message: StreamMessage, begin: ReadonlyMap<number, number>, end: ReadonlyMap<number, number>): void {
    const partition = partitionOf(message.subject)
    if (message.sequence < (begin.get(partition) ?? 1) || message.sequence > (end.get(partition) ?? 0)) return
    const { source, tenant } = originOf(message.subject)
    const { header, payload } = unpackFrame(message.header, message.data)
    const received = header.receivedMillis ?? message.storedMillis
    const at: Place = {
      partition,
      minute: Math.floor(received / 60_000) * 60_000,
      tenant,
      source
    }
    const key = placeKey(at)
    let entry = this.counts.get(key)
    if (entry === undefined) {
      entry = { ...at, received: 0 }
      this.counts.set(key, entry)
    }
    // Records that a source left out before the frame was published belong to the frame's account.
    for (const count of Object.values(header.dropped ?? {})) entry.received += count
    if (header.receivedMillis === undefined && header.layout === "lines" && isOneObject(payload)) entry.received++
    else
      forEachMessage(payload, header.layout, () => {
        ;(entry as { received: number }).received++
      })
    this.messages++
  }
}

export const placeKey = ({ minute, partition, source, tenant }: Place): string =>
  `${minute} ${partition} ${tenant} ${source}`

/**
 * Whether bare bytes are one JSON object printed over several lines, which counts as one message: the brace that opens
 * them closes at their very end and behind their first line.
 */
const isOneObject = (data: Uint8Array): boolean => {
  const text = Buffer.from(data).toString("latin1").trim()
  if (!text.startsWith("{") || !text.includes("\n")) return false
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (quoted) {
      if (character === "\\") at++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === "{" || character === "[") depth++
    else if ((character === "}" || character === "]") && --depth === 0) return at === text.length - 1
  }
  return false
}
