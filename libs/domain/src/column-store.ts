// ColumnStore: the columns of a batch, made from a table of columns; each is a property of the batch under its own name.
import { DictionaryColumn } from "./dictionary-column.ts"
import type { NumberColumn } from "./integer-run.ts"
import { PairList } from "./pair-list.ts"
import type { ColumnName, RecordColumn, TimePart } from "./record-columns.ts"
import { TextColumn } from "./text-column.ts"

/** The product's columns as properties of a batch. */
export type BatchColumns = { readonly [N in ColumnName<"dictionary">]: DictionaryColumn } & {
  readonly [N in ColumnName<"text">]: TextColumn
} & { readonly [N in ColumnName<"pairs">]: PairList } & { [N in ColumnName<"number" | "flag">]: Uint8Array } & {
  [N in TimePart<0>]: Float64Array
} & { [N in TimePart<1>]: Uint32Array }

type Storage = Record<string, DictionaryColumn | TextColumn | PairList | NumberColumn>

export class ColumnStore {
  /** What the batch consists of. */
  readonly columns: ReadonlyArray<RecordColumn>

  constructor(columns: ReadonlyArray<RecordColumn>, capacity: number) {
    this.columns = columns
    // In one go: properties put one by one under computed names would make every batch slow to read.
    Object.assign(this, storageFor(columns, capacity))
  }

  dictionaryOf(name: string): DictionaryColumn {
    return (this as unknown as Storage)[name] as DictionaryColumn
  }

  textOf(name: string): TextColumn {
    return (this as unknown as Storage)[name] as TextColumn
  }

  pairsOf(name: string): PairList {
    return (this as unknown as Storage)[name] as PairList
  }

  /** Numbers and flags, and the parts of a time. */
  numbersOf(name: string): NumberColumn {
    return (this as unknown as Storage)[name] as NumberColumn
  }

  /** Makes room for so many rows in each column. */
  protected growColumns(capacity: number): void {
    const storage = this as unknown as Storage
    for (const column of this.columns) {
      for (const name of column.parts ?? [column.name]) {
        const own = storage[name]
        if (own instanceof DictionaryColumn || own instanceof TextColumn || own instanceof PairList) own.grow(capacity)
        else storage[name] = grown(own as NumberColumn, capacity)
      }
    }
  }

  /** Empties each column of its `rows`; milliseconds stay, because every row that is appended sets its own. */
  protected resetColumns(rows: number): void {
    for (const { kind, name, parts } of this.columns) {
      if (kind === "dictionary") this.dictionaryOf(name).reset(rows)
      else if (kind === "text") this.textOf(name).reset(rows)
      else if (kind === "pairs") this.pairsOf(name).reset(rows)
      else this.numbersOf(parts?.[1] ?? name).fill(0, 0, rows)
    }
  }
}

const storageFor = (columns: ReadonlyArray<RecordColumn>, capacity: number): Storage => {
  const storage: Storage = {}
  for (const { kind, name, parts } of columns) {
    if (kind === "dictionary") storage[name] = new DictionaryColumn(capacity)
    else if (kind === "text") storage[name] = new TextColumn(capacity)
    else if (kind === "pairs") storage[name] = new PairList(capacity)
    else if (parts === undefined) storage[name] = new Uint8Array(capacity)
    else {
      storage[parts[0]] = new Float64Array(capacity)
      storage[parts[1]] = new Uint32Array(capacity)
    }
  }
  return storage
}

/** A larger array of the same kind with the same numbers. */
export const grown = <N extends NumberColumn>(source: N, capacity: number): N => {
  const target = new (source.constructor as new (length: number) => N)(capacity)
  target.set(source)
  return target
}
