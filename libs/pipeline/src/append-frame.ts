// AppendFrame: how a frame of the raw stream joins a batch: as rows, slice by slice, or refused as a whole.
import { countMessages, mostMessages } from "@tailrace/domain/frame"
import { countDropped, countRejected } from "@tailrace/domain/frame-account"
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { RawFrame } from "@tailrace/domain/raw-frame"
import { originOf } from "@tailrace/domain/subjects"
import { layoutOf, type ParseStage } from "./parse/parse.ts"
import type { AppendFrame, FrameRefusal } from "./stage.ts"

export const makeAppendFrame =
  (stage: ParseStage): AppendFrame =>
  (batch, frame) => {
    const { header, payload, sequence, storedMillis, subject } = frame
    const { problem, source, tenant } = originOf(subject)
    const refused = refusalOf(frame, problem)
    if (refused !== undefined) return refuseFrame(batch, frame, refused)
    const more = stage.beginFrame({ sequence, tenant, source, header, storedMillis, payload }, batch)
    return more === undefined ? undefined : { more }
  }

/** Appends all of a frame in one go. */
export const appendWhole = (append: AppendFrame, batch: LogBatch, frame: RawFrame): void => {
  const appending = append(batch, frame)
  while (appending?.more?.() === true);
}

const refusalOf = ({ header, payload, subject }: RawFrame, problem: string | undefined): FrameRefusal | undefined => {
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

/** Accounts a frame as received and rejected, whatever it holds; it has no rows. */
export const refuseFrame = (batch: LogBatch, frame: RawFrame, refused: FrameRefusal) => {
  const { header, sequence, storedMillis, subject } = frame
  const { source, tenant } = originOf(subject)
  const receivedMillis = header.receivedMillis ?? storedMillis
  const account = batch.beginFrame({ sequence, tenant, source, receivedMillis })
  countRejected(account, refused.reason, refused.records)
  if (header.dropped !== undefined) countDropped(account, header.dropped)
  return refused.records === 0 ? undefined : { refused }
}
