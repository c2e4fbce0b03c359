// Figures: numbers as the pages show them.
import type { Measured } from "../stand/window.ts"
import { median } from "./percentiles.ts"

/** 123456 as 123K. */
export const thousands = (value: number): string => `${Math.round(value / 1_000)}K`

/** 0.6 as 60 %. */
export const percent = (share: number): string => `${(share * 100).toFixed(0)} %`

/** The median of a figure over windows. */
export const over = (measured: ReadonlyArray<Measured>, read: (one: Measured) => number): number =>
  median(measured.map(read))

/** CPU microseconds per event of one process, over windows. */
export const microsecondsOf = (measured: ReadonlyArray<Measured>, name: string): number =>
  over(measured, ({ processes }) =>
    processes.reduce((sum, process) => (process.name === name ? sum + process.microseconds : sum), 0)
  )
