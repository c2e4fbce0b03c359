// AppendFrame: how a message of the raw stream joins a batch: as rows, slice by slice, or refused as a whole.
import { countMessages, decodeFrameHeader, type FrameHeader, mostMessages } from "@tailrace/domain/frame"
import { countDropped, countRejected } from "@tailrace/domain/frame-account"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { originOf } from "@tailrace/domain/subjects"
import type { Delivery } from "@tailrace/streams/delivery"
import { unpackFrame } from "@tailrace/streams/frame-encoding"
import { layoutOf, type ParseStage, type RawFrame } from "./parse/parse.ts"
import type { AppendFrame, FrameRefusal } from "./stage.ts"

export const makeAppendFrame =
  (stage: ParseStage): AppendFrame =>
  (batch, delivery) => {
    const { header, payload } = unpackFrame((name) => delivery.headers.get(name), delivery.data)
    const { problem, source, tenant } = originOf(delivery.subject)
    const { receivedMillis: storedMillis, sequence } = delivery
    const frame = { sequence, tenant, source, header, storedMillis, payload }
    const refused = refusalOf(frame, delivery.subject, problem)
    if (refused !== undefined) return refuse(batch, frame, refused)
    const more = stage.beginFrame(frame, batch)
    return more === undefined ? undefined : { more }
  }

/** Appends all of a frame in one go. */
export const appendWhole = (append: AppendFrame, batch: LogBatch, delivery: Delivery): void => {
  const appending = append(batch, delivery)
  while (appending?.more?.() === true);
}

const refusalOf = (
  { header, payload }: { readonly header: FrameHeader; readonly payload: Uint8Array },
  subject: string,
  problem: string | undefined
): FrameRefusal | undefined => {
  const records = () => countMessages(payload, layoutOf(header, payload))
  if (problem !== undefined) {
    const detail = `published to ${JSON.stringify(subject.slice(0, 200))}: ${problem}`
    return { reason: "unreadable subject", detail, records: records() }
  }
  // No message takes less than two bytes, but the last.
  if (payload.length < 2 * mostMessages) return undefined
  const held = records()
  if (held <= mostMessages) return undefined
  const detail = `${held} records in one frame, at most ${mostMessages} may be: publish them in several`
  return { reason: "too many records", detail, records: held }
}

/** Accounts a frame as received and rejected; it has no rows. */
const refuse = (batch: LogBatch, frame: RawFrame, refused: FrameRefusal) => {
  const { header, sequence, source, storedMillis, tenant } = frame
  const receivedMillis = header.receivedMillis ?? storedMillis
  const account = batch.beginFrame({ sequence, tenant, source, receivedMillis })
  countRejected(account, refused.reason, refused.records)
  if (header.dropped !== undefined) countDropped(account, header.dropped)
  return refused.records === 0 ? undefined : { refused }
}

/** Appends a frame as refused, whatever it holds. */
export const refuseFrame = (batch: LogBatch, delivery: Delivery, refused: FrameRefusal): void => {
  const header = decodeFrameHeader((name) => delivery.headers.get(name))
  const { source, tenant } = originOf(delivery.subject)
  const { data: payload, receivedMillis: storedMillis, sequence } = delivery
  refuse(batch, { sequence, tenant, source, header, storedMillis, payload }, refused)
}
