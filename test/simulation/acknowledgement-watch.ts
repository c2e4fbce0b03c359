// AcknowledgementWatch: a message may be acknowledged only when every output holds what came of it.
import { parseDeadLetterId } from "@tailrace/domain/dead-letter"
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import { unpackBatch } from "@tailrace/processor/partition/stage-message"
import { positionHeaders } from "@tailrace/streams/hop-position"
import { indexBehind, type ModelStream } from "./model-stream.ts"
import { isLate } from "./poison.ts"
import type { Outputs } from "./promises.ts"
import type { Placement } from "./schedule.ts"

/** By stream, the stage that reads it and the stream that it writes. */
const hops: Readonly<Record<string, { readonly stage: string; readonly to: string }>> = {
  raw: { stage: "parse", to: "parsed" },
  parsed: { stage: "filter", to: "filtered" },
  filtered: { stage: "enrich", to: "enriched" }
}

export class AcknowledgementWatch {
  /** By partition, messages of its lane that were looked at; and the same by stage. */
  private readonly checked = new Map<string, number>()
  private readonly outputs: Outputs
  private readonly placement: Placement

  constructor(outputs: Outputs, placement: Placement) {
    this.outputs = outputs
    this.placement = placement
  }

  /** What is wrong with acknowledging what a filter picks of a stream through `sequence`; undefined when nothing is. */
  problem(stream: ModelStream, filter: string, sequence: number): string | undefined {
    const partition = Number(filter.split(".")[2])
    // The places of lost messages have others in them: in the end it is seen whether all of those are held.
    if (this.outputs.lost.length > 0) return undefined
    if (stream.name === "stored") return this.notWritten(stream, filter, sequence)
    if (this.placement === "fused") return this.notHeld(partition, sequence)
    const hop = hops[stream.name]
    if (hop !== undefined) {
      const problem = this.notHandedOn(stream, hop, partition, sequence)
      const mayBeFused = this.placement === "changing" && stream.name === "raw"
      return problem !== undefined && mayBeFused ? this.notHeld(partition, sequence) : problem
    }
    const message = stream.messages[sequence - 1]
    return message === undefined
      ? `${stream.name} has no ${sequence}`
      : this.notHeld(partition, decodeBatch(unpackBatch(message.data)).lastSequence)
  }

  /** What a further sink acknowledges is in some file. */
  private notWritten(stream: ModelStream, filter: string, through: number): string | undefined {
    const lane = stream.lane(filter)
    const end = indexBehind(lane, through)
    for (let i = this.checked.get(filter) ?? 0; i < end; i++) {
      const { length, row, sequence } = decodeBatch(unpackBatch(lane[i]?.data ?? new Uint8Array()))
      for (let index = 0; index < length; index++) {
        const id = `${sequence[index]}-${row[index]}`
        if (this.outputs.files?.rows.has(id) !== true)
          return `${filter} is acknowledged through ${through}, and row ${id} is in no file`
      }
    }
    this.checked.set(filter, Math.max(end, this.checked.get(filter) ?? 0))
    return undefined
  }

  private notHandedOn(
    from: ModelStream,
    { stage, to }: { readonly stage: string; readonly to: string },
    partition: number,
    sequence: number
  ): string | undefined {
    const last = this.outputs.stream(to).lastMessage(`logs.${to}.${partition}`)
    const covered = Number(last?.headers[positionHeaders.last] ?? 0)
    const [part, parts] = (last?.headers[positionHeaders.part] ?? "1/1").split("/")
    const whole = covered > sequence || (covered === sequence && part === parts)
    if (!whole) return `${from.name} is acknowledged through ${sequence}, and ${to} covers ${covered}`
    if (from.name !== "raw") return undefined
    return this.look(stage, partition, sequence, (message) => this.noLetter(message, stage))
  }

  private notHeld(partition: number, through: number): string | undefined {
    const { snapshotOffset, tables, truth } = this.outputs
    const ledgerThrough = tables.ledgerThrough(partition)
    if (ledgerThrough < through) return `acknowledged through ${through}, and the ledger reaches to ${ledgerThrough}`
    const covered = snapshotOffset(partition)
    if (covered < through && !this.outputs.snapshotsLost)
      return `acknowledged through ${through}, and the snapshot covers ${covered}`
    return this.look("all", partition, through, (message) => {
      const refused = tables.letters.ofMessage.get(message)?.filter(({ stage }) => isLate(stage)).length ?? 0
      const stored = tables.storedRows.get(message) ?? 0
      if (stored + refused < (truth.kept.get(message) ?? 0)) return `${stored} rows of message ${message} are stored`
      return this.noLetter(message)
    })
  }

  /** Looks at the messages of a partition that were not looked at before. */
  private look(
    name: string,
    partition: number,
    through: number,
    problemOf: (message: number) => string | undefined
  ): string | undefined {
    const lane = this.outputs.stream("raw").lane(`logs.raw.${partition}.>`)
    const end = indexBehind(lane, through)
    const key = `${name} ${partition}`
    for (let i = this.checked.get(key) ?? 0; i < end; i++) {
      const problem = problemOf(lane[i]?.sequence ?? 0)
      if (problem !== undefined) return `acknowledged through ${through}, and ${problem}`
    }
    this.checked.set(key, Math.max(end, this.checked.get(key) ?? 0))
    return undefined
  }

  private noLetter(message: number, stage?: string): string | undefined {
    const { tables, truth } = this.outputs
    const missing = truth.lettersOf
      .get(message)
      ?.find((id) => !tables.letters.byId.has(id) && (stage === undefined || parseDeadLetterId(id)?.stage === stage))
    return missing === undefined ? undefined : `there is no letter ${missing}`
  }
}
