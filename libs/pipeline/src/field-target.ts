// FieldTarget: where in a batch a field named in configuration lies; names mean what they mean in a query.
import { type RecordColumn, recordColumns } from "@tailrace/domain/record-columns"
import { targetOf as queryTargetOf } from "@tailrace/query/fields"

/** A column, or a key of a map. */
export type FieldTarget =
  | { readonly kind: "dictionary" | "text" | "number"; readonly of: RecordColumn }
  | { readonly kind: "pair"; readonly list: RecordColumn; readonly key: string }

/** The place of a field: a well-known name or alias, `resource.<key>`, or else the attribute of that name. */
export const targetOf = (name: string, columns: ReadonlyArray<RecordColumn> = recordColumns): FieldTarget => {
  const target = queryTargetOf(name, columns)
  if (target.kind === "attribute" || target.kind === "resource")
    return { kind: "pair", list: columns.find(({ role }) => role === target.kind) as RecordColumn, key: target.key }
  const { of } = target
  return { kind: of.kind === "dictionary" || of.kind === "text" ? of.kind : "number", of }
}
