// StoredMessages: a batch that is stored as messages of stream `stored`, each as large as the broker takes.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { encodeBatch } from "@tailrace/domain/log-batch-codec"
import { packEncoded } from "../partition/stage-message.ts"

/** Text of one message, about; packed it stays well below the broker's largest. */
const textBytes = 2 * 1024 * 1024
/** The broker's largest message, and room for its headers. */
const mostBytes = 8 * 1024 * 1024 - 65_536

/**
 * The kept rows of a batch, in order, in as many messages as it takes; how many rows fit into none even alone. The batch is
 * as before afterwards.
 */
export const storedMessages = (batch: LogBatch, most = mostBytes) => {
  const selected = batch.selected.slice(0, batch.length)
  const { keptCount } = batch
  const kept: Array<number> = []
  for (let row = 0; row < batch.length; row++) if (selected[row] === 1) kept.push(row)
  const messages: Array<Uint8Array> = []
  let tooLarge = 0
  const pack = (rows: ReadonlyArray<number>): Uint8Array => {
    batch.selected.fill(0, 0, batch.length)
    for (const row of rows) batch.selected[row] = 1
    batch.keptCount = rows.length
    const from = batch.frame[rows[0] as number] as number
    const to = (batch.frame[rows[rows.length - 1] as number] as number) + 1
    return packEncoded(encodeBatch(batch, { from, to }), rows.length)
  }
  const put = (rows: ReadonlyArray<number>): void => {
    if (rows.length === 0) return
    const message = pack(rows)
    if (message.length <= most) {
      messages.push(message)
      return
    }
    if (rows.length === 1) {
      tooLarge++
      return
    }
    const middle = rows.length >> 1
    put(rows.slice(0, middle))
    put(rows.slice(middle))
  }
  const parts = Math.max(1, Math.ceil(batch.byteLength / Math.min(textBytes, most)))
  const rowsEach = Math.ceil(kept.length / parts)
  for (let at = 0; at < kept.length; at += rowsEach) put(kept.slice(at, at + rowsEach))
  batch.selected.set(selected)
  batch.keptCount = keptCount
  return { messages, tooLarge }
}
