// NativeReader: reads a block of the table `logs` in ClickHouse's Native format, as far as a model of the store looks at it.
import { blockColumns } from "@tailrace/store/native-block"

export interface NativeRow {
  readonly tenant: string
  readonly partition: number
  readonly sequence: number
  readonly row: number
  readonly attempt: number
  /** Milliseconds since 1970. */
  readonly ingestedAt: number
  readonly timestampMillis: number
  readonly service: string
  readonly severity: string
  readonly body: string
  readonly bodyBytes: number
}

type Column = ReadonlyArray<string | number>

/** The rows of a block. Throws where the bytes are no block of these columns. */
export const readNativeRows = (bytes: Uint8Array): ReadonlyArray<NativeRow> => {
  const reader = new Reader(bytes)
  const columns = reader.varint()
  const count = reader.varint()
  const read: Record<string, Column> = {}
  for (let i = 0; i < columns; i++) {
    const name = reader.string()
    const type = reader.string()
    const [expected, expectedType] = blockColumns[i] ?? []
    if (name !== expected || type !== expectedType) throw new Error(`column ${i} is ${name} ${type}`)
    read[name] = reader.column(type, count)
  }
  if (reader.at !== bytes.length) throw new Error(`${bytes.length - reader.at} bytes behind the block`)
  const text = (name: string, i: number) => String(read[name]?.[i])
  const number = (name: string, i: number) => Number(read[name]?.[i])
  return Array.from({ length: count }, (_, i) => ({
    tenant: text("tenant", i),
    partition: number("partition", i),
    sequence: number("sequence", i),
    row: number("row", i),
    attempt: number("attempt", i),
    ingestedAt: number("ingested_at", i),
    timestampMillis: number("timestamp", i),
    service: text("service", i),
    severity: text("severity", i),
    body: text("body", i),
    bodyBytes: Buffer.byteLength(text("body", i))
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
