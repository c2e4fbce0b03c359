// The csv codec: rows of a table, with commas, tabs or another character between cells.
import { field } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { type BindCodec, type CodecContext, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import type { RecordDraft } from "../record-draft.ts"
import { scratchText } from "../text-fields.ts"

const character = Schema.String.check(
  Schema.isPattern(/^[\t -~]$/, { message: "must be one character of ASCII that can be seen, a blank or a tab" })
)

const options = Schema.Struct({
  separator: field(character, ",", "The character between cells: `,`, `;`, a tab for TSV."),
  quote: field(character, '"', "The character around cells that hold a separator; within, it stands twice."),
  columns: field(
    Schema.Array(Schema.String.check(Schema.isMaxLength(256))).check(Schema.isMaxLength(1000)),
    [],
    "Names of the columns in order, `column1` and so on where there are none; an empty name leaves the cell out of the fields. A row that repeats the names is no record of its own and stays text."
  )
})

export const CsvConfig = options.check(
  Schema.makeFilter(({ quote, separator }) => separator !== quote || "separator and quote must be different")
)
export type CsvConfig = typeof CsvConfig.Type

export const csv = defineCodec({
  name: "csv",
  summary: "Reads rows of a table: CSV as RFC 4180 has it, TSV, and what has another character between cells.",
  config: CsvConfig,
  examples: [
    { title: "Named columns", config: { columns: ["time", "level", "user", "message"] } },
    { title: "Tabs between cells", config: { separator: "\t", columns: ["ts", "uid", "service", "msg"] } }
  ],
  make: (config) => Effect.succeed(bindCsv(config))
})

const mostNamed = 1000

/** The codec as a function of its options. Rows of one cell where several are named, and quotes left open, stay whole. */
export const bindCsv =
  (config: CsvConfig): BindCodec =>
  (context) => {
    const reader = new RowReader(config, context)
    return { name: "csv", decode: (bytes, start, end, draft) => reader.read(bytes, start, end, draft) }
  }

class RowReader {
  private readonly separator: number
  private readonly quote: number
  private readonly columns: ReadonlyArray<number>
  private readonly names: ReadonlyArray<string>
  private readonly keys: CodecContext["keys"]
  private cellStart = 0
  private cellLength = 0
  private repeatsNames = true

  constructor(config: CsvConfig, { keys }: CodecContext) {
    this.separator = config.separator.charCodeAt(0)
    this.quote = config.quote.charCodeAt(0)
    this.names = config.columns
    this.keys = keys
    this.columns = config.columns.map((name) => (name === "" ? -1 : keys.fix(name)))
  }

  read(bytes: Uint8Array, start: number, end: number, draft: RecordDraft): boolean {
    let at = start
    let cells = 0
    this.repeatsNames = this.names.length > 0
    for (;;) {
      const behind = this.cell(bytes, at, end, draft)
      if (behind < 0) return false
      this.add(bytes, cells++, draft)
      if (behind >= end) break
      at = behind + 1
    }
    if (cells === 1 && this.names.length !== 1) return false
    if (this.repeatsNames && cells === this.names.length) return false
    if (this.names.length > 0 && cells !== this.names.length) draft.keepOriginal = true
    if (draft.hasRole(role.body)) draft.keepOriginal ||= this.names.includes("")
    else draft.setRole(role.body, start, end - start)
    return true
  }

  private add(bytes: Uint8Array, index: number, draft: RecordDraft): void {
    if (this.repeatsNames && this.textOf(bytes, draft) !== this.names[index]) this.repeatsNames = false
    if (index >= mostNamed) {
      draft.overflow = true
      return
    }
    const key = index < this.columns.length ? this.columns[index] : this.numbered(index)
    if (key >= 0 && this.cellLength > 0) draft.addField(key, this.cellStart, this.cellLength)
  }

  private numbered(index: number): number {
    const name = Buffer.from(`column${index + 1}`)
    return this.keys.intern(name, 0, name.length)
  }

  private textOf(bytes: Uint8Array, draft: RecordDraft): string {
    const source = draft.sourceOf(this.cellStart, bytes)
    const from = this.cellStart >= 0 ? this.cellStart : -1 - this.cellStart
    return Buffer.from(source.subarray(from, from + this.cellLength)).toString()
  }

  /** Reads a cell; answers where its separator stands or the end, -1 when a quote is left open or text follows one. */
  private cell(bytes: Uint8Array, start: number, end: number, draft: RecordDraft): number {
    let at = start
    if (at >= end || bytes[at] !== this.quote) {
      while (at < end && bytes[at] !== this.separator) at++
      this.cellStart = start
      this.cellLength = at - start
      return at
    }
    let doubled = false
    for (at++; at < end; at++) {
      if (bytes[at] !== this.quote) continue
      if (bytes[at + 1] !== this.quote || at + 1 >= end) break
      doubled = true
      at++
    }
    if (at >= end || (at + 1 < end && bytes[at + 1] !== this.separator)) return -1
    this.cellStart = start + 1
    this.cellLength = at - start - 1
    if (doubled) {
      const text = withoutDoubled(bytes, start + 1, at, this.quote)
      this.cellStart = scratchText(draft, text)
      this.cellLength = text.length
    }
    return at + 1
  }
}

/** A cell's text with one quote where two stand. */
const withoutDoubled = (bytes: Uint8Array, start: number, end: number, quote: number): Uint8Array => {
  const text = new Uint8Array(end - start)
  let length = 0
  for (let at = start; at < end; at++) {
    text[length++] = bytes[at]
    if (bytes[at] === quote) at++
  }
  return text.subarray(0, length)
}
