// Report: one line for each chaos case, and the same as a line of JSON for the table that `npm run test:chaos` ends with.
import { appendFileSync } from "node:fs"

export interface Row {
  readonly case: string
  readonly sent: number
  readonly acknowledged: number
  readonly stored: number
  readonly dropped: number
  readonly deadLettered: number
  readonly doubled: number
  readonly lost: number
  /** Of raw stream, rows, rollup, dead letters and ledger, as `tailrace ledger --check` found them. */
  readonly differences: number
  /** Seconds from the end of the fault until what was taken after it is stored. */
  readonly recovery: number
  /** The shortest and the longest time, seconds, from the power being back until everything is ready. */
  readonly ready?: readonly [shortest: number, longest: number]
  /** Megabytes by role. */
  readonly memory: Readonly<Record<string, number>>
}

/** For `ready`: of the milliseconds that each time took. */
export const readyOf = (millis: ReadonlyArray<number>): { readonly ready?: readonly [number, number] } => {
  if (millis.length === 0) return {}
  const tenth = (one: number) => Math.round(one / 100) / 10
  return { ready: [tenth(Math.min(...millis)), tenth(Math.max(...millis))] }
}

/** Prints the row, and adds it to the file that TAILRACE_CHAOS_REPORT names. */
export const report = (row: Row): void => {
  const { memory, ready, recovery, ...counts } = row
  const figures = Object.entries(counts).map(([name, value]) => (name === "case" ? value : `${name} ${value}`))
  const megabytes = Object.entries(memory).map(([role, peak]) => `${role} ${peak} MB`)
  const untilReady = ready === undefined ? [] : [`ready in ${ready.join(" to ")} s`]
  console.log(["chaos:", ...figures, `recovery ${recovery} s`, ...untilReady, ...megabytes].join(" | "))
  const file = process.env.TAILRACE_CHAOS_REPORT
  if (file !== undefined && file !== "") appendFileSync(file, `${JSON.stringify(row)}\n`)
}
