// Share table: rates and CPU per event of several ways side by side, each as a share of the first's too.
import type { Measured } from "../stand/window.ts"
import { microsecondsOf, over, percent, thousands } from "./figures.ts"
import type { Table } from "./report.ts"

const parts = ["broker", "store", "processor", "collector", "generator"]

/** A row for each way, named in the first column, whose heading is `what`; medians over each way's windows. */
export const shareTable = (
  caption: string,
  what: string,
  ways: ReadonlyArray<readonly [name: string, measured: ReadonlyArray<Measured>]>
): Table => {
  const rate = (measured: ReadonlyArray<Measured>) => over(measured, ({ eventsPerSecond }) => eventsPerSecond)
  const cost = (measured: ReadonlyArray<Measured>) => over(measured, ({ totalMicroseconds }) => totalMicroseconds)
  const [baseName, base] = ways[0] ?? ["", []]
  return {
    caption,
    columns: [what, "events/s", `of ${baseName}`, ...parts, "all us/event", `of ${baseName}`],
    rows: ways.map(([name, measured]) => [
      name,
      thousands(rate(measured)),
      percent(rate(measured) / rate(base)),
      ...parts.map((part) => microsecondsOf(measured, part).toFixed(2)),
      cost(measured).toFixed(2),
      percent(cost(measured) / cost(base))
    ])
  }
}
