// Sentence: an anomaly in words that a person understands.

import { formatDuration } from "@tailrace/domain/duration"
import type { ClosedWindow } from "../closed-window.ts"

/** "errors of service payment: 412 in 10 s, expected about 20 (robust z-score 18.3)". */
export const sentenceOf = (
  window: Pick<ClosedWindow, "metric" | "type" | "windowStart" | "windowEnd">,
  key: Readonly<Record<string, string>>,
  value: number,
  expected: number,
  measure: string
): string => {
  const names = Object.entries(key).map(([name, text]) => `${name} ${text === "" ? "(none)" : text}`)
  const whose = names.length === 0 ? "" : ` of ${names.join(", ")}`
  const unit = window.type === "rate" ? "/s" : ""
  const length = formatDuration(window.windowEnd - window.windowStart).replace(/([a-z]+)$/, " $1")
  return `${window.metric}${whose}: ${plain(value)}${unit} in ${length}, expected about ${plain(expected)}${unit} (${measure})`
}

/** A number with at most three significant decimals, without an exponent where a person would not write one. */
export const plain = (value: number): string => {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value)
  const size = Math.abs(value)
  return size >= 100
    ? value.toFixed(0)
    : size >= 1
      ? String(Number(value.toFixed(1)))
      : String(Number(value.toPrecision(2)))
}
