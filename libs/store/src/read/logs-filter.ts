// Logs filter: which rows of `logs` a reader looks at, as a parameterised condition.
import { recordColumns } from "@tailrace/domain/record-columns"

/** A condition over the columns of `logs` with its typed parameters, as the query language compiles to. */
export interface Condition {
  readonly condition: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface LogsFilter {
  /** Undefined: all tenants, for callers that answer for it. */
  readonly tenant: string | undefined
  /** Undefined: every row. */
  readonly condition?: Condition | undefined
  /** Nanoseconds since 1970; inclusive. */
  readonly from?: bigint | undefined
  /** Nanoseconds since 1970; exclusive. */
  readonly to?: bigint | undefined
}

/** The filter as text behind WHERE and its parameters. Own parameters begin with "f_" and collide with no condition's. */
export const whereLogs = (filter: LogsFilter): { readonly where: string; readonly params: Record<string, unknown> } => {
  const terms: Array<string> = []
  const params: Record<string, unknown> = { ...filter.condition?.params }
  if (filter.tenant !== undefined) {
    terms.push("tenant = {f_tenant:String}")
    params.f_tenant = filter.tenant
  }
  if (filter.from !== undefined) {
    terms.push("timestamp >= fromUnixTimestamp64Nano({f_from:Int64})")
    params.f_from = String(filter.from)
  }
  if (filter.to !== undefined) {
    terms.push("timestamp < fromUnixTimestamp64Nano({f_to:Int64})")
    params.f_to = String(filter.to)
  }
  if (filter.condition !== undefined && filter.condition.condition.trim() !== "") {
    terms.push(`(${filter.condition.condition})`)
  }
  return { where: terms.length === 0 ? "1" : terms.join(" AND "), params }
}

/** Columns of `logs` that `logs_per_minute` lacks. */
const otherColumns = new RegExp(
  `\\b(${[
    ...["partition", "sequence", "row", "attempt", "ingested_at", "template"],
    ...recordColumns.map(({ column }) => column).filter((name) => !["tenant", "service", "severity"].includes(name))
  ].join("|")})\\b`
)

/** Whether a condition speaks only of columns that the rollup has too, so that counts can come from there. */
export const holdsInRollup = (condition: Condition | undefined): boolean => {
  if (condition === undefined) return true
  const text = condition.condition.replace(/\{\w+:[^}]*\}/g, "")
  return !otherColumns.test(text) && !/'/.test(text)
}
