// Fields: the names that always work, their aliases and columns; any other name is an attribute path.
import { type ColumnRole, type RecordColumn, recordColumns } from "@tailrace/domain/record-columns"

interface ColumnTarget<K extends ColumnRole> {
  readonly kind: K
  /** Column of the table `logs`. */
  readonly column: string
  /** The same in a batch. */
  readonly of: RecordColumn
}

/**
 * - keyword: a column of short texts, compared whole; - text: the body, searched by token; - number; - time: nanoseconds;
 * - flag: true or false; - attribute and resource: a key of the map column.
 * A field whose text is empty counts as missing.
 */
export type FieldTarget =
  | ColumnTarget<"keyword">
  | ColumnTarget<"severity">
  | ColumnTarget<"text">
  | ColumnTarget<"number">
  | ColumnTarget<"time">
  | ColumnTarget<"flag">
  | { readonly kind: "attribute"; readonly key: string }
  | { readonly kind: "resource"; readonly key: string }

export interface WellKnownField {
  readonly name: string
  readonly target: FieldTarget
  readonly aliases: ReadonlyArray<string>
  readonly summary: string
}

const fieldOf = (of: RecordColumn): ReadonlyArray<WellKnownField> => {
  const { aliases = [], column, role, summary } = of
  if (role === undefined || role === "attribute" || role === "resource") return []
  const target = { kind: role === "identity" ? "keyword" : role, column, of } as FieldTarget
  return [{ name: column, target, aliases, summary }]
}

/** Fields that have names of their own, in the order of the table of columns. */
export const wellKnownFields: ReadonlyArray<WellKnownField> = recordColumns.flatMap(fieldOf)

type Names = ReadonlyMap<string, FieldTarget>

const namesIn = (fields: ReadonlyArray<WellKnownField>): Names =>
  new Map(fields.flatMap(({ aliases, name, target }) => [name, ...aliases].map((one) => [one, target] as const)))

const byName = namesIn(wellKnownFields)
const namesOfTables = new WeakMap<ReadonlyArray<RecordColumn>, Names>([[recordColumns, byName]])

const namesOf = (columns: ReadonlyArray<RecordColumn>): Names => {
  const known = namesOfTables.get(columns)
  if (known !== undefined) return known
  const names = namesIn(columns.flatMap(fieldOf))
  namesOfTables.set(columns, names)
  return names
}

/**
 * What a field name means in a table of columns, the product's where none is given. Well-known names in any case;
 * `attributes.x` and `resource.x` name the maps outright.
 */
export const targetOf = (name: string, columns: ReadonlyArray<RecordColumn> = recordColumns): FieldTarget => {
  const known = namesOf(columns).get(name.toLowerCase())
  if (known !== undefined) return known
  if (/^attributes?\../.test(name)) return { kind: "attribute", key: name.slice(name.indexOf(".") + 1) }
  if (/^resource\../.test(name)) return { kind: "resource", key: name.slice("resource.".length) }
  return { kind: "attribute", key: name }
}

/** A well-known name close to a name that is none (one edit, or two in long names), for a hint. */
export const nearestField = (name: string): string | undefined => {
  const lower = name.toLowerCase()
  if (byName.has(lower) || lower.includes(".") || lower.length < 3) return undefined
  const remembered = nearestNames.get(lower)
  if (remembered !== undefined) return remembered === "" ? undefined : remembered
  let best: string | undefined
  let least = lower.length >= 6 ? 3 : 2
  for (const known of byName.keys()) {
    if (known.length < 3 || Math.abs(known.length - lower.length) >= least) continue
    const distance = editDistance(lower, known)
    if (distance < least) {
      least = distance
      best = known
    }
  }
  if (nearestNames.size >= 1_000) nearestNames.clear()
  nearestNames.set(lower, best ?? "")
  return best
}

// The same attributes are asked for over and over; "" means that no name is near.
const nearestNames = new Map<string, string>()

/** Edits (insert, delete, replace, swap of neighbours) between two texts: the optimal string alignment distance. */
const editDistance = (a: string, b: string): number => {
  let before: Array<number> = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row[j] = least
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
