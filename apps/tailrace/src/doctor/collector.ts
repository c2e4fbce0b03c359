// Collector: its spool and the ledger's metrics, as the doctor judges them from a page of metrics.
import { bytesText, type Finding, findingsOf } from "./finding.ts"

/** Sum of a metric's values over all labels; undefined when the page does not have it. */
const sumOf = (metrics: string, name: string): number | undefined => {
  const values = metrics
    .split("\n")
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(" ") + 1)))
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
}

/** `metrics` is the text of the collector's /metrics; in `tailrace up` it holds those of the processor too. */
export const judgeCollector = (metrics: string): ReadonlyArray<Finding> => {
  const { fail, ok, warn } = findingsOf("collector")
  const findings: Array<Finding> = []
  const frames = sumOf(metrics, "tailrace_spool_frames")
  if (frames !== undefined) {
    const seen = `${frames} frames, ${bytesText(sumOf(metrics, "tailrace_spool_bytes") ?? 0)}`
    findings.push(
      frames === 0
        ? ok("spool", "empty")
        : warn(
            "spool",
            seen,
            "the broker is away, full or behind: what lies here is kept, and found once it is sent",
            "see the broker above; the spool empties by itself, in order"
          )
    )
  }
  const missing = sumOf(metrics, "tailrace_spool_missing_frames_total") ?? 0
  if (missing > 0)
    findings.push(
      fail(
        "spool damage",
        `${missing} frames lost`,
        "files of the spool were damaged on the disk, and what was acknowledged is gone",
        "look for faults of the disk; the collector's log names the files"
      )
    )
  const unaccounted = sumOf(metrics, "tailrace_ledger_unaccounted_records")
  if (unaccounted !== undefined)
    findings.push(
      unaccounted === 0
        ? ok("ledger", "every record of the last hour is accounted for")
        : fail(
            "ledger",
            `${unaccounted} records of the last hour are unaccounted for`,
            "rows and ledger do not say the same: something was lost, doubled or deleted by hand",
            "`tailrace ledger --check` names each difference"
          )
    )
  return findings
}
