// SourceCounters: what one source took, refused and cut, as metrics.
import type { MetricsShape } from "@tailrace/telemetry/metrics"

export interface SourceCounters {
  /** Messages the broker acknowledged, and their bytes in frames. */
  readonly accepted: (messages: number, bytes: number) => void
  /** Messages the sender was told no for, or that were lost where no answer is possible (udp). */
  readonly rejected: (messages: number, reason: string) => void
  /** Messages that were cut to the longest length taken. */
  readonly truncated: (messages: number) => void
}

export const sourceCounters = (metrics: MetricsShape, source: string): SourceCounters => {
  const accepted = metrics.counter("tailrace_collector_messages_total", "Messages acknowledged by the broker", [
    "source"
  ])
  const bytes = metrics.counter("tailrace_collector_bytes_total", "Bytes of messages acknowledged", ["source"])
  const rejected = metrics.counter("tailrace_collector_rejected_total", "Messages not taken, by reason", [
    "source",
    "reason"
  ])
  const truncated = metrics.counter("tailrace_collector_truncated_total", "Messages cut to the longest length taken", [
    "source"
  ])
  accepted.inc({ source }, 0)
  return {
    accepted: (messages, size) => {
      accepted.inc({ source }, messages)
      bytes.inc({ source }, size)
    },
    rejected: (messages, reason) => {
      if (messages > 0) rejected.inc({ source, reason }, messages)
    },
    truncated: (messages) => {
      if (messages > 0) truncated.inc({ source }, messages)
    }
  }
}
