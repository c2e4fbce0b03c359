// DeadLetter: a record (or a whole frame) that cannot be processed, with its bytes as they came in and the reason.

/** The identity of a dead letter: a letter made again replaces itself. */
export interface DeadLetterId {
  readonly tenant: string
  /** The stage that could not take it: parse, filter, enrich, watch or sink. */
  readonly stage: string
  readonly partition: number
  readonly sequence: number
  /** Row within the raw message; of the first record where the letter stands for several. */
  readonly row: number
}

export interface DeadLetter extends DeadLetterId {
  readonly source: string
  /** What the ledger counts it under: few different texts. */
  readonly reason: string
  /** What exactly was said about it. */
  readonly detail: string
  /** Records it stands for: 1, or those of a frame that could not be taken apart. */
  readonly records: number
  /** Milliseconds since 1970. */
  readonly rejectedAt: number
  /** Name of the pipeline and a short hash of its configuration, such as "default@1f0c9a3e". */
  readonly pipelineVersion: string
  /** The frame's headers with which the payload can be published again. */
  readonly headers: Readonly<Record<string, string>>
  /** The record as it came in, byte for byte. */
  readonly payload: Uint8Array
}

/** `tenant/stage/partition-sequence-row`. */
export const deadLetterIdText = (id: DeadLetterId): string =>
  `${id.tenant}/${id.stage}/${id.partition}-${id.sequence}-${id.row}`

const idPattern = /^([A-Za-z0-9_-]{1,64})\/([a-z]{1,32})\/(\d{1,5})-(\d{1,16})-(\d{1,10})$/

/** The identity that `deadLetterIdText` wrote, or undefined when the text is none. */
export const parseDeadLetterId = (text: string): DeadLetterId | undefined => {
  const match = idPattern.exec(text)
  if (match === null) return undefined
  const [, tenant, stage, partition, sequence, row] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string
  ]
  return { tenant, stage, partition: Number(partition), sequence: Number(sequence), row: Number(row) }
}
