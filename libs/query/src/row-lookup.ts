// Row lookup: the rows of a batch that many queries at once may match, found in one pass over each field that they name.
import type { DictionaryColumn } from "@tailrace/domain/dictionary-column"
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { PairList } from "@tailrace/domain/pair-list"
import type { TextColumn } from "@tailrace/domain/text-column"
import type { Node } from "./ast.ts"
import { inToken } from "./byte-search.ts"
import { targetOf } from "./fields.ts"
import { meaningOf } from "./meaning.ts"
import { type Necessary, necessaryFor } from "./necessary.ts"
import type { TextTarget } from "./primitive-test.ts"
import { type Bucket, ValueTable } from "./value-table.ts"

/** A query's place in the lookup; the lookup's own affair. */
export interface LookupEntry {
  readonly need: Need | undefined
}

type Need =
  | { readonly _tag: "Rows"; readonly table: ValueTable; readonly bucket: Bucket }
  | { readonly _tag: "Any" | "All"; readonly of: ReadonlyArray<Need> }

/** Cutting bodies into words costs as much as looking for a phrase in them a few times. */
const fewestWords = 4

const tenantField = targetOf("tenant") as TextTarget

/**
 * Of every query the rows that meet what is necessary for it. Where that is the choice among conditions of which all must
 * hold, the one that fewest rows of the batch meet is taken, so nothing has to be known of fields beforehand.
 */
export class RowLookup {
  private readonly dictionaries = new Map<string, ValueTable>()
  private readonly texts = new Map<string, ValueTable>()
  private readonly attributes = new Map<string, ValueTable>()
  private readonly resource = new Map<string, ValueTable>()
  private readonly numbers = new Map<string, ValueTable>()
  private readonly words = new ValueTable()
  private filled: Array<Bucket> = []

  /** Takes up a query, of one tenant's records where one is named. */
  add(ast: Node, options: { readonly tenant: string | undefined }): LookupEntry {
    const { tenant } = options
    // Times are no equalities, so that it does not matter what they are relative to.
    const known = necessaryFor(meaningOf(ast, 0))
    const own: Necessary | undefined =
      tenant === undefined || tenant === ""
        ? undefined
        : { _tag: "Text", target: tenantField, text: tenant.toLowerCase() }
    const both = own === undefined ? known : known === undefined ? own : ({ _tag: "All", of: [own, known] } as const)
    return { need: both === undefined ? undefined : this.want(both) }
  }

  /** Forgets a query. */
  remove(entry: LookupEntry): void {
    if (entry.need === undefined) return
    release(entry.need)
    for (const tables of [this.dictionaries, this.texts, this.numbers, this.attributes, this.resource])
      dropEmpty(tables)
  }

  /** Fields that are looked at, for as long as a query names them. */
  get fields(): number {
    return this.dictionaries.size + this.texts.size + this.attributes.size + this.resource.size
  }

  /** Reads a batch; what `rowsOf` answers is of this batch from here on. */
  read(batch: LogBatch): void {
    for (const bucket of this.filled) bucket.rows = []
    this.filled = []
    for (const [name, table] of this.dictionaries) this.readDictionary(batch.dictionaryOf(name), table, batch.length)
    for (const [name, table] of this.texts) this.readTexts(batch.textOf(name), table, batch.length)
    this.readPairs(batch.attributes, this.attributes, batch.length)
    this.readPairs(batch.resource, this.resource, batch.length)
    for (const [name, table] of this.numbers) {
      const numbers = batch.numbersOf(name)
      for (let row = 0; row < batch.length; row++) this.put(table.ofNumber(numbers[row] as number), row)
    }
    if (this.wordsAreRead) this.readWords(batch.body, batch.length)
  }

  /** Rows in ascending order that a query may match, beside which it matches none; undefined for all rows. */
  rowsOf({ need }: LookupEntry): ReadonlyArray<number> | undefined {
    if (need === undefined) return undefined
    if (need._tag === "Rows" && need.table !== this.words) return need.bucket.rows
    if (this.countOf(need) === Number.POSITIVE_INFINITY) return undefined
    return this.collect(need)
  }

  private countOf(need: Need): number {
    if (need._tag === "Rows")
      return need.table === this.words && !this.wordsAreRead ? Number.POSITIVE_INFINITY : need.bucket.rows.length
    let count = need._tag === "Any" ? 0 : Number.POSITIVE_INFINITY
    for (const one of need.of)
      count = need._tag === "Any" ? count + this.countOf(one) : Math.min(count, this.countOf(one))
    return count
  }

  private collect(need: Need): ReadonlyArray<number> {
    if (need._tag === "Rows") return need.bucket.rows
    if (need._tag === "Any") {
      let rows: ReadonlyArray<number> = []
      for (const one of need.of) rows = union(rows, this.collect(one))
      return rows
    }
    let least = need.of[0] as Need
    for (const one of need.of) if (this.countOf(one) < this.countOf(least)) least = one
    return this.collect(least)
  }

  private get wordsAreRead(): boolean {
    return this.words.size >= fewestWords
  }

  private want(necessary: Necessary): Need {
    switch (necessary._tag) {
      case "Any":
      case "All":
        return { _tag: necessary._tag, of: necessary.of.map((one) => this.want(one)) }
      case "Word":
        return rowsOfText(this.words, necessary.word)
      case "Number": {
        const { number, target } = necessary
        const table =
          target.kind === "number"
            ? tableOf(this.numbers, target.of.name)
            : tableOf(target.kind === "attribute" ? this.attributes : this.resource, target.key)
        return { _tag: "Rows", table, bucket: table.wantNumber(number) }
      }
      default:
        return rowsOfText(this.tableOfTexts(necessary.target), necessary.text)
    }
  }

  private tableOfTexts(target: TextTarget): ValueTable {
    if (target.kind === "attribute") return tableOf(this.attributes, target.key)
    if (target.kind === "resource") return tableOf(this.resource, target.key)
    return tableOf(target.of.kind === "text" ? this.texts : this.dictionaries, target.of.name)
  }

  private put(bucket: Bucket | undefined, row: number): void {
    if (bucket === undefined) return
    const { rows } = bucket
    if (rows.length === 0) this.filled.push(bucket)
    // A row may have a key twice.
    else if (rows[rows.length - 1] === row) return
    rows.push(row)
  }

  private readDictionary(column: DictionaryColumn, table: ValueTable, rows: number): void {
    const byCode = Array.from({ length: column.size }, (_, code) => table.ofText(column.text(code)))
    if (byCode.every((bucket) => bucket === undefined)) return
    for (let row = 0; row < rows; row++) this.put(byCode[column.codes[row] as number], row)
  }

  private readTexts(column: TextColumn, table: ValueTable, rows: number): void {
    const { arena, length, start } = column
    for (let row = 0; row < rows; row++) {
      const size = length[row] as number
      if (size > 0) this.put(table.ofBytes(arena, start[row] as number, size), row)
    }
  }

  private readPairs(list: PairList, tables: ReadonlyMap<string, ValueTable>, rows: number): void {
    const byCode = new Array<ValueTable | undefined>(list.keys.size).fill(undefined)
    let wanted = false
    for (const [key, table] of tables) {
      const code = list.keys.codeOf(key)
      if (code !== 0) {
        byCode[code] = table
        wanted = true
      }
    }
    if (!wanted) return
    const { first, next, values } = list
    const { codes } = list.keys
    for (let row = 0; row < rows; row++) {
      for (let pair = (first[row] as number) - 1; pair >= 0; pair = (next[pair] as number) - 1) {
        const table = byCode[codes[pair] as number]
        if (table === undefined) continue
        const start = values.start[pair] as number
        const length = values.length[pair] as number
        if (length === 0) continue
        this.put(table.ofBytes(values.arena, start, length), row)
        if (table.hasNumbers) this.put(table.ofDigits(values.arena, start, length), row)
      }
    }
  }

  private readWords(body: TextColumn, rows: number): void {
    const { arena, length, start } = body
    for (let row = 0; row < rows; row++) {
      let at = start[row] as number
      const end = at + (length[row] as number)
      while (at < end) {
        while (at < end && inToken[arena[at] as number] === 0) at++
        const from = at
        while (at < end && inToken[arena[at] as number] === 1) at++
        if (at > from) this.put(this.words.ofBytes(arena, from, at - from), row)
      }
    }
  }
}

const tableOf = <K>(tables: Map<K, ValueTable>, key: K): ValueTable => {
  const table = tables.get(key) ?? new ValueTable()
  tables.set(key, table)
  return table
}

const rowsOfText = (table: ValueTable, text: string): Need => ({ _tag: "Rows", table, bucket: table.wantText(text) })

const release = (need: Need): void => {
  if (need._tag === "Rows") need.table.release(need.bucket)
  else for (const one of need.of) release(one)
}

const dropEmpty = <K>(tables: Map<K, ValueTable>): void => {
  for (const [key, table] of tables) if (table.empty) tables.delete(key)
}

/** Both ascending lists as one, what is in both once. */
const union = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): ReadonlyArray<number> => {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const rows: Array<number> = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const x = a[i] ?? Number.POSITIVE_INFINITY
    const y = b[j] ?? Number.POSITIVE_INFINITY
    rows.push(Math.min(x, y))
    if (x <= y) i++
    if (y <= x) j++
  }
  return rows
}
