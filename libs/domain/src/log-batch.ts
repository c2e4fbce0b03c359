// LogBatch: a columnar run of log records with its account. The unit of work, delivery, insert and settlement.
import { DictionaryColumn } from "./dictionary-column.ts"
import { addCount, type FrameAccount } from "./frame-account.ts"
import type { LogRecord } from "./log-record.ts"
import { PairList } from "./pair-list.ts"
import { grownUint32, TextColumn } from "./text-column.ts"

/** Why a row is not kept; `selected` holds 1 for kept rows and 0 for the others. */
const kept = 1

/**
 * Rows 0..length-1 of one partition in order of (sequence, row). Stages write columns in place; a stage that leaves a row
 * out calls `drop` or `reject`, which keeps the account of the row's frame true. Readers skip rows where `selected` is 0.
 * One batch is reused over and over: `reset` keeps the buffers.
 */
export class LogBatch {
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
  /** Event time: milliseconds since 1970, and the nanoseconds 0..999999 within that millisecond. */
  timeMillis: Float64Array
  timeNanos: Uint32Array
  /** When the record was first seen by Tailrace, in the same two parts. */
  observedMillis: Float64Array
  observedNanos: Uint32Array
  /** OpenTelemetry severity number, 0 for none. */
  severityNumber: Uint8Array
  /** 1 where a codec understood the message. */
  parsed: Uint8Array
  /** 1 where the row is kept. */
  selected: Uint8Array
  readonly severity: DictionaryColumn
  readonly service: DictionaryColumn
  readonly host: DictionaryColumn
  readonly source: DictionaryColumn
  readonly tenant: DictionaryColumn
  readonly body: TextColumn
  readonly traceId: TextColumn
  readonly spanId: TextColumn
  readonly attributes: PairList
  readonly resource: PairList

  constructor(partition: number, capacity: number) {
    this.partition = partition
    this.capacity = capacity
    this.sequence = new Float64Array(capacity)
    this.row = new Uint32Array(capacity)
    this.frame = new Uint32Array(capacity)
    this.timeMillis = new Float64Array(capacity)
    this.timeNanos = new Uint32Array(capacity)
    this.observedMillis = new Float64Array(capacity)
    this.observedNanos = new Uint32Array(capacity)
    this.severityNumber = new Uint8Array(capacity)
    this.parsed = new Uint8Array(capacity)
    this.selected = new Uint8Array(capacity)
    this.severity = new DictionaryColumn(capacity)
    this.service = new DictionaryColumn(capacity)
    this.host = new DictionaryColumn(capacity)
    this.source = new DictionaryColumn(capacity)
    this.tenant = new DictionaryColumn(capacity)
    this.body = new TextColumn(capacity)
    this.traceId = new TextColumn(capacity)
    this.spanId = new TextColumn(capacity)
    this.attributes = new PairList(capacity)
    this.resource = new PairList(capacity)
  }

  static make(options: { readonly partition: number; readonly rowCapacity?: number }): LogBatch {
    return new LogBatch(options.partition, options.rowCapacity ?? 1024)
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
    return {
      partition: this.partition,
      sequence: this.sequence[row] as number,
      row: this.row[row] as number,
      timestamp: nanosecondsOf(this.timeMillis[row] as number, this.timeNanos[row] as number),
      observedTimestamp: nanosecondsOf(this.observedMillis[row] as number, this.observedNanos[row] as number),
      severityNumber: this.severityNumber[row] as number,
      severity: this.severity.textAt(row),
      service: this.service.textAt(row),
      host: this.host.textAt(row),
      source: this.source.textAt(row),
      tenant: this.tenant.textAt(row),
      traceId: this.traceId.text(row),
      spanId: this.spanId.text(row),
      body: this.body.text(row),
      parsed: this.parsed[row] === 1,
      attributes: this.attributes.object(row),
      resource: this.resource.object(row)
    }
  }

  /** Appends a record given as an object to the current frame; its identity, tenant and source are the frame's. */
  appendRecord(record: Partial<Omit<LogRecord, "partition" | "sequence" | "row" | "tenant" | "source">>): number {
    const index = this.appendRow()
    if (record.timestamp !== undefined) {
      this.timeMillis[index] = Number(floorDivide(record.timestamp, 1_000_000n))
      this.timeNanos[index] = Number(record.timestamp - floorDivide(record.timestamp, 1_000_000n) * 1_000_000n)
    }
    if (record.observedTimestamp !== undefined) {
      this.observedMillis[index] = Number(floorDivide(record.observedTimestamp, 1_000_000n))
      this.observedNanos[index] = Number(
        record.observedTimestamp - floorDivide(record.observedTimestamp, 1_000_000n) * 1_000_000n
      )
    }
    this.severityNumber[index] = record.severityNumber ?? 0
    this.severity.codes[index] = this.severity.internText(record.severity ?? "")
    this.service.codes[index] = this.service.internText(record.service ?? "")
    this.host.codes[index] = this.host.internText(record.host ?? "")
    this.body.putText(index, record.body ?? "")
    this.traceId.putText(index, record.traceId ?? "")
    this.spanId.putText(index, record.spanId ?? "")
    this.parsed[index] = record.parsed === false ? 0 : 1
    for (const [key, value] of Object.entries(record.attributes ?? {})) this.attributes.set(index, key, value)
    for (const [key, value] of Object.entries(record.resource ?? {})) this.resource.set(index, key, value)
    return index
  }

  /** Bytes held in arenas, a measure of how full the batch is. */
  get byteLength(): number {
    return (
      this.body.used + this.traceId.used + this.spanId.used + this.attributes.values.used + this.resource.values.used
    )
  }

  /** Empties the batch for the next run; buffers stay. */
  reset(): void {
    const rows = this.length
    this.length = 0
    this.keptCount = 0
    this.frames.length = 0
    for (const column of [this.timeNanos, this.observedNanos, this.severityNumber, this.parsed]) column.fill(0, 0, rows)
    for (const column of [this.severity, this.service, this.host, this.source, this.tenant]) column.reset(rows)
    for (const column of [this.body, this.traceId, this.spanId, this.attributes, this.resource]) column.reset(rows)
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
    this.sequence = grownFloat64(this.sequence, capacity)
    this.timeMillis = grownFloat64(this.timeMillis, capacity)
    this.observedMillis = grownFloat64(this.observedMillis, capacity)
    this.row = grownUint32(this.row, capacity)
    this.frame = grownUint32(this.frame, capacity)
    this.timeNanos = grownUint32(this.timeNanos, capacity)
    this.observedNanos = grownUint32(this.observedNanos, capacity)
    this.severityNumber = grownUint8(this.severityNumber, capacity)
    this.parsed = grownUint8(this.parsed, capacity)
    this.selected = grownUint8(this.selected, capacity)
    for (const column of [this.severity, this.service, this.host, this.source, this.tenant]) column.grow(capacity)
    for (const column of [this.body, this.traceId, this.spanId, this.attributes, this.resource]) column.grow(capacity)
  }
}

/** Nanoseconds since 1970 of a time held in two parts. */
const nanosecondsOf = (millis: number, nanos: number): bigint => BigInt(millis) * 1_000_000n + BigInt(nanos)

const floorDivide = (value: bigint, divisor: bigint): bigint => {
  const quotient = value / divisor
  return value % divisor < 0n ? quotient - 1n : quotient
}

const grownFloat64 = (source: Float64Array, capacity: number): Float64Array => {
  const target = new Float64Array(capacity)
  target.set(source)
  return target
}

const grownUint8 = (source: Uint8Array, capacity: number): Uint8Array => {
  const target = new Uint8Array(capacity)
  target.set(source)
  return target
}
