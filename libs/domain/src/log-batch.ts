// LogBatch: a columnar run of log records with its account. The unit of work, delivery, insert and settlement.
import { type BatchColumns, ColumnStore, grown } from "./column-store.ts"
import { addCount, type FrameAccount } from "./frame-account.ts"
import type { LogRecord } from "./log-record.ts"
import { type RecordColumn, recordColumns } from "./record-columns.ts"
import { readValues, writeValues } from "./record-values.ts"

/** Why a row is not kept; `selected` holds 1 for kept rows and 0 for the others. */
const kept = 1

/**
 * Rows 0..length-1 of one partition in order of (sequence, row). Stages write columns in place; a stage that leaves a row
 * out calls `drop` or `reject`, which keeps the account of the row's frame true. Readers skip rows where `selected` is 0.
 * One batch is reused over and over: `reset` keeps the buffers. Its columns are those of the table of record-columns.ts.
 */
export class LogBatch extends (ColumnStore as new (
  columns: ReadonlyArray<RecordColumn>,
  capacity: number
) => ColumnStore & BatchColumns) {
  /** Changes only when another batch is decoded into this one. */
  partition: number
  /** Rows appended, kept or not. */
  length = 0
  /** Rows that are still kept. */
  keptCount = 0
  /** Rows there is room for; grows by half. */
  capacity: number
  /** Accounts of the frames the batch covers, in order of sequence, frames without any row included. */
  readonly frames: Array<FrameAccount> = []
  /** Sequence of the raw message of each row (an integer below 2^53). */
  sequence: Float64Array
  /** Index of each row within its raw message. */
  row: Uint32Array
  /** Index of each row's frame in `frames`. */
  frame: Uint32Array
  /** 1 where the row is kept. */
  selected: Uint8Array

  constructor(partition: number, capacity: number, columns: ReadonlyArray<RecordColumn> = recordColumns) {
    super(columns, capacity)
    this.partition = partition
    this.capacity = capacity
    this.sequence = new Float64Array(capacity)
    this.row = new Uint32Array(capacity)
    this.frame = new Uint32Array(capacity)
    this.selected = new Uint8Array(capacity)
  }

  static make(options: {
    readonly partition: number
    readonly rowCapacity?: number
    readonly columns?: ReadonlyArray<RecordColumn>
  }): LogBatch {
    return new LogBatch(options.partition, options.rowCapacity ?? 1024, options.columns)
  }

  /** Sequence of the first covered frame, or 0 when the batch covers none. */
  get firstSequence(): number {
    return this.frames[0]?.sequence ?? 0
  }

  /** Sequence of the last covered frame, or 0 when the batch covers none: the offset a stored output carries. */
  get lastSequence(): number {
    return this.frames[this.frames.length - 1]?.sequence ?? 0
  }

  /** Sequence of the last kept row, or 0 when none is kept: how far the batch's rows will be seen to reach. */
  get lastKeptSequence(): number {
    let row = this.length - 1
    while (row >= 0 && this.selected[row] !== kept) row--
    return row < 0 ? 0 : (this.sequence[row] as number)
  }

  /** Begins the account of the next frame; rows appended from here on belong to it. */
  beginFrame(frame: {
    readonly sequence: number
    readonly tenant: string
    readonly source: string
    readonly receivedMillis: number
  }): FrameAccount {
    this.mustFollow(frame.sequence)
    const account: FrameAccount = {
      sequence: frame.sequence,
      tenant: frame.tenant,
      source: frame.source,
      receivedMillis: frame.receivedMillis,
      received: 0,
      deduplicated: 0,
      dropped: new Map(),
      rejected: new Map()
    }
    this.frames.push(account)
    this.frameTenant = this.tenant.internText(frame.tenant)
    this.frameSource = this.source.internText(frame.source)
    return account
  }

  /** Appends an empty, kept row to the current frame and counts it received; answers its index. Observed time is the frame's. */
  appendRow(): number {
    const account = this.frames[this.frames.length - 1]
    if (account === undefined) throw new RangeError("a row needs a frame: call beginFrame first")
    const index = this.length
    if (index >= this.capacity) this.grow(Math.ceil(this.capacity * 1.5))
    this.sequence[index] = account.sequence
    this.row[index] = account.received++
    this.frame[index] = this.frames.length - 1
    this.tenant.codes[index] = this.frameTenant
    this.source.codes[index] = this.frameSource
    this.timeMillis[index] = account.receivedMillis
    this.observedMillis[index] = account.receivedMillis
    this.selected[index] = kept
    this.length = index + 1
    this.keptCount++
    return index
  }

  /**
   * Appends frames with their accounts, and so many kept rows, whose columns the caller then fills; answers the index of
   * the first of these.
   */
  appendFrames(frames: ReadonlyArray<FrameAccount>, rows: number): number {
    for (const account of frames) {
      this.mustFollow(account.sequence)
      this.frames.push(account)
    }
    const at = this.length
    if (at + rows > this.capacity) this.grow(Math.max(at + rows, Math.ceil(this.capacity * 1.5)))
    this.selected.fill(kept, at, at + rows)
    this.length += rows
    this.keptCount += rows
    return at
  }

  /** Leaves a row out by a named rule. */
  drop(row: number, reason: string): void {
    const account = this.leaveOut(row)
    if (account !== undefined) addCount(account.dropped, reason, 1)
  }

  /** Leaves a row out because it goes to the dead letters. */
  reject(row: number, reason: string): void {
    const account = this.leaveOut(row)
    if (account !== undefined) addCount(account.rejected, reason, 1)
  }

  /** Leaves a row out because its idempotency key was seen before. */
  deduplicate(row: number): void {
    const account = this.leaveOut(row)
    if (account !== undefined) account.deduplicated++
  }

  /** A row as an object, for the borders. */
  record(row: number): LogRecord {
    const identity = { partition: this.partition, sequence: this.sequence[row], row: this.row[row] }
    readValues(this, row, identity)
    return identity as unknown as LogRecord
  }

  /** Appends a record given as an object to the current frame; its identity, tenant and source are the frame's. */
  appendRecord(record: Partial<Omit<LogRecord, "partition" | "sequence" | "row" | "tenant" | "source">>): number {
    const index = this.appendRow()
    writeValues(this, index, record)
    return index
  }

  /** Bytes held in arenas, a measure of how full the batch is. */
  get byteLength(): number {
    let bytes = 0
    for (const { kind, name } of this.columns) {
      if (kind === "text") bytes += this.textOf(name).used
      else if (kind === "pairs") bytes += this.pairsOf(name).values.used
    }
    return bytes
  }

  /** Empties the batch for the next run; buffers stay. */
  reset(): void {
    const rows = this.length
    this.length = 0
    this.keptCount = 0
    this.frames.length = 0
    this.resetColumns(rows)
  }

  private frameTenant = 0
  private frameSource = 0

  private mustFollow(sequence: number): void {
    if (this.frames.length > 0 && sequence <= this.lastSequence)
      throw new RangeError(`frame ${sequence} does not follow frame ${this.lastSequence} of the batch`)
  }

  private leaveOut(row: number): FrameAccount | undefined {
    if (this.selected[row] !== kept) return undefined
    this.selected[row] = 0
    this.keptCount--
    return this.frames[this.frame[row] as number]
  }

  private grow(capacity: number): void {
    this.capacity = capacity
    this.sequence = grown(this.sequence, capacity)
    this.row = grown(this.row, capacity)
    this.frame = grown(this.frame, capacity)
    this.selected = grown(this.selected, capacity)
    this.growColumns(capacity)
  }
}
