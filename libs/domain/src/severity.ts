// Severity: the world's level words and numbers mapped to OpenTelemetry severity numbers.

/** Canonical short names by severity number 0..24 (OpenTelemetry Logs Data Model, "Displaying Severity"). */
const canonicalNames: ReadonlyArray<string> = [
  "",
  ...["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap((name) => [name, name, name, name])
]

const wordsByNumber: ReadonlyArray<readonly [number, ReadonlyArray<string>]> = [
  [1, ["trace", "trc", "finest", "all", "t", "verbose", "v", "vrb"]],
  [2, ["trace2", "finer"]],
  [3, ["trace3"]],
  [4, ["trace4"]],
  [5, ["debug", "dbg", "debg", "fine", "d", "debug1"]],
  [6, ["debug2"]],
  [7, ["debug3"]],
  [8, ["debug4"]],
  [9, ["info", "information", "informational", "inf", "i", "log", "default", "audit", "ok", "success", "config"]],
  [10, ["info2", "notice", "note", "n"]],
  [11, ["info3"]],
  [12, ["info4"]],
  [13, ["warn", "warning", "wrn", "w", "warning1", "caution"]],
  [14, ["warn2"]],
  [15, ["warn3"]],
  [16, ["warn4"]],
  [17, ["error", "err", "eror", "e", "severe", "failure", "fail", "failed"]],
  [18, ["error2", "critical", "crit", "crt", "c"]],
  [19, ["error3", "alert", "a"]],
  [20, ["error4"]],
  [21, ["fatal", "ftl", "f", "emerg", "emergency", "panic", "wtf", "assert"]],
  [22, ["fatal2"]],
  [23, ["fatal3"]],
  [24, ["fatal4"]]
]

const numberByWord = new Map<string, number>(
  wordsByNumber.flatMap(([number, words]) => words.map((word) => [word, number] as const))
)

/** OpenTelemetry severity number 1..24 of a level word in any case, or 0 when the word is no level. */
export const severityNumberOf = (word: string): number => {
  const direct = numberByWord.get(word)
  return direct ?? numberByWord.get(word.trim().toLowerCase()) ?? 0
}

/** Canonical text (TRACE DEBUG INFO WARN ERROR FATAL) of a severity number, or "" for 0 and numbers outside 1..24. */
export const severityTextOf = (severityNumber: number): string => canonicalNames[severityNumber] ?? ""

/** Severity number of a syslog severity 0 (emergency) .. 7 (debug), after the OpenTelemetry data model's appendix B. */
export const severityNumberOfSyslog = (severity: number): number => syslogNumbers[severity] ?? 0
const syslogNumbers: ReadonlyArray<number> = [21, 19, 18, 17, 13, 10, 9, 5]

/** Severity number of a bunyan or pino level (10 trace .. 60 fatal), or 0 when it is none. */
export const severityNumberOfPino = (level: number): number =>
  level % 10 === 0 && level >= 10 && level <= 60 ? (level / 10 - 1) * 4 + 1 : 0
