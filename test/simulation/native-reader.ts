// NativeReader: reads blocks in ClickHouse's Native format, rows and dead letters, as far as a model of the store looks at them.

import type { KnownLetter } from "@tailrace/store/recover/settled-records"
import { blockColumns } from "@tailrace/store/write/native-block"

export interface NativeRow {
  readonly tenant: string
  readonly partition: number
  readonly sequence: number
  readonly row: number
  readonly attempt: number
  /** Milliseconds since 1970. */
  readonly ingestedAt: number
  readonly timestampMillis: number
  readonly observedMillis: number
  readonly service: string
  readonly severity: string
  readonly body: string
  readonly bodyBytes: number
}

type Column = ReadonlyArray<string | number>

/** A letter as it was inserted; its payload and headers as text. */
export interface NativeLetter extends KnownLetter {
  readonly tenant: string
  readonly source: string
  readonly partition: number
  readonly headers: string
  readonly payload: string
}

interface Block {
  readonly count: number
  readonly text: (name: string, row: number) => string
  readonly number: (name: string, row: number) => number
}

/** Throws where the bytes are no block, or not one of these columns. */
const readBlock = (bytes: Uint8Array, expected?: typeof blockColumns): Block => {
  const reader = new Reader(bytes)
  const columns = reader.varint()
  const count = reader.varint()
  const read: Record<string, Column> = {}
  for (let i = 0; i < columns; i++) {
    const name = reader.string()
    const type = reader.string()
    const [expectedName, expectedType] = expected?.[i] ?? [name, type]
    if (name !== expectedName || type !== expectedType) throw new Error(`column ${i} is ${name} ${type}`)
    read[name] = reader.column(type, count)
  }
  if (reader.at !== bytes.length) throw new Error(`${bytes.length - reader.at} bytes behind the block`)
  return {
    count,
    text: (name, row) => String(read[name]?.[row]),
    number: (name, row) => Number(read[name]?.[row])
  }
}

/** The rows of a block of the table `logs`. */
export const readNativeRows = (bytes: Uint8Array): ReadonlyArray<NativeRow> => {
  const { count, number, text } = readBlock(bytes, blockColumns)
  return Array.from({ length: count }, (_, i) => ({
    tenant: text("tenant", i),
    partition: number("partition", i),
    sequence: number("sequence", i),
    row: number("row", i),
    attempt: number("attempt", i),
    ingestedAt: number("ingested_at", i),
    timestampMillis: number("timestamp", i),
    observedMillis: number("observed_at", i),
    service: text("service", i),
    severity: text("severity", i),
    body: text("body", i),
    bodyBytes: Buffer.byteLength(text("body", i))
  }))
}

/** The letters of a block of the table `dead_letters`. */
export const readNativeLetters = (bytes: Uint8Array): ReadonlyArray<NativeLetter> => {
  const { count, number, text } = readBlock(bytes)
  return Array.from({ length: count }, (_, i) => ({
    tenant: text("tenant", i),
    source: text("source", i),
    stage: text("stage", i),
    partition: number("partition", i),
    sequence: number("sequence", i),
    row: number("row", i),
    records: number("records", i),
    reason: text("reason", i),
    headers: text("headers", i),
    payload: text("payload", i)
  }))
}

class Reader {
  at = 0
  private readonly bytes: Buffer

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes.readUInt8(this.at++)
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  string(): string {
    const length = this.varint()
    const start = this.at
    this.at += length
    if (this.at > this.bytes.length) throw new Error("the block breaks off")
    return this.bytes.toString("utf8", start, this.at)
  }

  /** Times come as milliseconds. */
  column(type: string, count: number): Column {
    const many = (read: () => string | number) => Array.from({ length: count }, read)
    switch (type) {
      case "UInt8":
      case "Bool":
        return many(() => this.bytes.readUInt8(this.at++))
      case "UInt16":
        return many(() => this.number(2))
      case "UInt32":
        return many(() => this.number(4))
      case "UInt64":
      case "DateTime64(3)":
        return many(() => this.word())
      case "DateTime64(9)":
        return many(() => Number(this.nanos() / 1_000_000n))
      case "String":
        return many(() => this.string())
      case "LowCardinality(String)":
        this.word()
        return this.dictionary(count)
      default:
        return this.map(count)
    }
  }

  private map(count: number): Column {
    this.word()
    const ends = Array.from({ length: count }, () => this.word())
    const pairs = ends.at(-1) ?? 0
    this.dictionary(pairs)
    for (let i = 0; i < pairs; i++) this.string()
    return ends
  }

  private dictionary(count: number): Column {
    if (count === 0) return []
    const flags = this.word()
    const words = Array.from({ length: this.word() }, () => this.string())
    if (this.word() !== count) throw new Error("a dictionary of another length")
    const width = 1 << (flags & 0xff)
    return Array.from({ length: count }, () => words[this.number(width)] ?? "")
  }

  private number(width: number): number {
    const value = this.bytes.readUIntLE(this.at, width)
    this.at += width
    return value
  }

  private nanos(): bigint {
    const value = this.bytes.readBigUInt64LE(this.at)
    this.at += 8
    return value
  }

  private word(): number {
    return Number(this.nanos())
  }
}
