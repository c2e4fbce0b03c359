// Metric page: every counter, gauge and histogram the processes serve under /metrics.
import { cell, code, page, table } from "./markdown.ts"
import type { SourceFile } from "./source-files.ts"

const registration = /\.(counter|gauge|gaugeFrom|histogram)\(\s*"(tailrace_\w+)",\s*"([^"]+)"(?:,\s*(\[[^\]]*\]))?/g

export const metricPage = (files: ReadonlyArray<SourceFile>): string => {
  const rows = new Map<string, ReadonlyArray<string>>()
  for (const { path, text } of files) {
    for (const [, kind, name, help, labels] of text.matchAll(registration)) {
      const words = [...(labels ?? "").matchAll(/"(\w+)"/g)].map((match) => match[1] as string)
      const process = /^apps\/(\w+)\//.exec(path)?.[1] ?? "all"
      rows.set(`${name} ${process}`, [
        code(name as string),
        kind === "gaugeFrom" ? "gauge" : (kind as string),
        words.map(code).join(", "),
        cell(help as string),
        process
      ])
    }
  }
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  return page(
    "Metrics",
    "Served as Prometheus text at `/metrics` by the collector's http source, the processor's status server and the api, beside the process figures of prom-client. Counters change once per batch.",
    table(["name", "kind", "labels", "meaning", "process"], sorted)
  )
}
