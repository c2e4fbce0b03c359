// StageMessage: what lies in the streams between stages: the bytes of a batch, compressed, behind what can be known without unpacking.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { encodeBatch } from "@tailrace/domain/log-batch-codec"
import { compress, decompress } from "@tailrace/streams/compression"

/** Rows, and bytes of the batch once unpacked, as two little-endian integers. */
const headBytes = 8
/** Far above what any stage puts into one message. */
const mostBytes = 268_435_456

/** The kept rows and all accounts of a batch as a message. The result is the caller's. */
export const packBatch = (batch: LogBatch): Uint8Array => packEncoded(encodeBatch(batch), batch.keptCount)

/** The same of bytes that `encodeBatch` made, which hold so many rows. */
export const packEncoded = (encoded: Uint8Array, rows: number): Uint8Array => {
  const packed = compress(encoded)
  const message = new Uint8Array(headBytes + packed.length)
  const head = new DataView(message.buffer)
  head.setUint32(0, rows, true)
  head.setUint32(4, encoded.length, true)
  message.set(packed, headBytes)
  return message
}

/** Rows of a message. Throws RangeError when it is no message of a stage. */
export const packedRows = (message: Uint8Array): number => headOf(message).rows

/** The bytes that `encodeBatch` made. Throws when they break off or are no message of a stage. */
export const unpackBatch = (message: Uint8Array): Uint8Array => {
  const { bytes } = headOf(message)
  return decompress(message.subarray(headBytes), bytes)
}

const headOf = (message: Uint8Array) => {
  if (message.length < headBytes) throw new RangeError(`${message.length} bytes are no message of a stage`)
  const head = new DataView(message.buffer, message.byteOffset)
  const bytes = head.getUint32(4, true)
  if (bytes > mostBytes) throw new RangeError(`a message of a stage cannot hold ${bytes} bytes`)
  return { rows: head.getUint32(0, true), bytes }
}
