// ModelRollup: what the materialized view counts of the rows of each insert, by day, partition, tenant, minute, service and severity.
import type { NativeRow } from "./native-reader.ts"

interface Cell {
  records: number
  bytes: number
}

const day = 86_400_000
const minute = 60_000

export class ModelRollup {
  readonly cells = new Map<string, Cell>()

  add(rows: ReadonlyArray<NativeRow>): void {
    for (const row of rows) this.change(keyOf(row), 1, row.bodyBytes)
  }

  /**
   * Where these rows, which are all of a partition, are counted otherwise in the minutes of a batch, and what is missing there. A
   * mistake: `ofAll` takes the counts of all partitions together.
   */
  gaps(partition: number, batch: ReadonlyArray<NativeRow>, rows: ReadonlyArray<NativeRow>, ofAll = false): ModelRollup {
    const ofPartition = (key: string) => (ofAll ? key.replace(/ \d+/, ` ${partition}`) : key)
    const minutes = new Set(batch.map((row) => minuteOf(keyOf(row))))
    const missing = new ModelRollup()
    const count = (key: string, records: number, bytes: number) => {
      const own = ofPartition(key)
      if (own.split(" ")[1] === String(partition) && minutes.has(minuteOf(own))) missing.change(own, records, bytes)
    }
    for (const row of rows) count(keyOf(row), 1, row.bodyBytes)
    for (const [key, { bytes, records }] of this.cells) count(key, -records, -bytes)
    return missing
  }

  addAll(other: ModelRollup): void {
    for (const [key, { bytes, records }] of other.cells) this.change(key, records, bytes)
  }

  private change(key: string, records: number, bytes: number): void {
    const cell = this.cells.get(key) ?? { records: 0, bytes: 0 }
    cell.records += records
    cell.bytes += bytes
    if (cell.records === 0 && cell.bytes === 0) this.cells.delete(key)
    else this.cells.set(key, cell)
  }
}

const keyOf = ({ ingestedAt, partition, service, severity, tenant, timestampMillis }: NativeRow): string =>
  `${Math.floor(ingestedAt / day)} ${partition} ${tenant} ${Math.floor(timestampMillis / minute)} ${service} ${severity}`

/** Day and minute of a key. */
const minuteOf = (key: string): string => {
  const [on, , , at] = key.split(" ")
  return `${on} ${at}`
}
