// Check type: warns of a literal that a field of its type can never equal, and so matches nothing.
import { severityNumberOf } from "@tailrace/domain/severity"
import type { Value } from "./ast.ts"
import { targetOf } from "./fields.ts"
import type { FieldAt, Scanner } from "./scanner.ts"
import { timePoint } from "./time.ts"

/** Reports `type_mismatch` at the value when the comparison (":" and "=" by default) can hold for no record. */
export const checkType = (scanner: Scanner, field: FieldAt, value: Value, operator = "="): void => {
  const wanted = wantedType(field.name, value, operator)
  if (wanted === undefined) return
  const shown = value.text.slice(0, 40)
  scanner.report(value, "type_mismatch", `${field.name} is ${wanted}, "${shown}" is none: this matches nothing`)
}

const wantedType = (name: string, value: Value, operator: string): string | undefined => {
  switch (targetOf(name).kind) {
    case "number":
      return value.number === undefined ? "a number" : undefined
    case "time":
      return timePoint(value.text) === undefined ? "a time" : undefined
    case "flag":
      return /^(?:true|false|1|0)$/i.test(value.text) ? undefined : "true or false"
    case "severity":
      return operator === "=" || value.number !== undefined || severityNumberOf(value.text) > 0
        ? undefined
        : "a severity"
    default:
      return undefined
  }
}
