// Severity: the world's level words and numbers mapped to OpenTelemetry severity numbers.

/** Canonical short names by severity number 0..24 (OpenTelemetry Logs Data Model, "Displaying Severity"). */
const canonicalNames: ReadonlyArray<string> = [
  "",
  ...["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap((name) => [name, name, name, name])
]

const wordsByNumber: ReadonlyArray<readonly [number, ReadonlyArray<string>]> = [
  [1, ["trace", "trc", "trce", "finest", "all", "t", "verbose", "v", "vrb", "silly"]],
  [2, ["trace2", "finer"]],
  [3, ["trace3"]],
  [4, ["trace4"]],
  [5, ["debug", "dbg", "dbug", "debg", "fine", "d", "debug1"]],
  [6, ["debug2"]],
  [7, ["debug3"]],
  [8, ["debug4", "debug5"]],
  [9, ["info", "information", "informational", "inf", "i", "log", "default", "audit", "ok", "success", "config"]],
  [9, ["http", "audit_success", "informative", "msg"]],
  [10, ["info2", "notice", "note", "n"]],
  [11, ["info3"]],
  [12, ["info4"]],
  [13, ["warn", "warning", "warnings", "wrn", "w", "warning1", "caution", "deprecated", "deprecation"]],
  [14, ["warn2"]],
  [15, ["warn3"]],
  [16, ["warn4"]],
  [17, ["error", "errors", "err", "eror", "e", "severe", "failure", "fail", "failed", "exception", "audit_failure"]],
  [18, ["error2", "critical", "crit", "crt", "c", "critical error"]],
  [19, ["error3", "alert", "a"]],
  [20, ["error4"]],
  [21, ["fatal", "ftl", "f", "emerg", "emergency", "panic", "dpanic", "wtf", "assert", "fatal error"]],
  [22, ["fatal2"]],
  [23, ["fatal3"]],
  [24, ["fatal4"]]
]

const numberByWord = new Map<string, number>(
  wordsByNumber.flatMap(([number, words]) => words.map((word) => [word, number] as const))
)

/**
 * OpenTelemetry severity number 1..24 of a level word in any case, or 0 when the word is no level. Brackets and angles
 * around it, steps behind it (slog's `WARN+2`, `DEBUG-1`) and OpenTelemetry's `SEVERITY_NUMBER_` before it are read over.
 */
export const severityNumberOf = (word: string): number => {
  const direct = numberByWord.get(word)
  if (direct !== undefined) return direct
  const lower = word.trim().toLowerCase()
  return numberByWord.get(lower) ?? numberByWord.get(bare(lower)) ?? 0
}

const bare = (word: string): string =>
  word
    .replace(/^[[<(]\s*(.*?)\s*[\])>]$/, "$1")
    .replace(/^severity_number_/, "")
    .replace(/(?<=^[a-z]{4,5})[+-]\d{1,2}$/, "")

/** Canonical text (TRACE DEBUG INFO WARN ERROR FATAL) of a severity number, or "" for 0 and numbers outside 1..24. */
export const severityTextOf = (severityNumber: number): string => canonicalNames[severityNumber] ?? ""

/** Severity number of a syslog severity 0 (emergency) .. 7 (debug), after the OpenTelemetry data model's appendix B. */
export const severityNumberOfSyslog = (severity: number): number => syslogNumbers[severity] ?? 0
const syslogNumbers: ReadonlyArray<number> = [21, 19, 18, 17, 13, 10, 9, 5]

/** Severity number of a bunyan or pino level (10 trace .. 60 fatal, custom ones between), or 0 when it is none. */
export const severityNumberOfPino = (level: number): number =>
  level >= 10 && level < 70 ? (Math.floor(level / 10) - 1) * 4 + 1 : 0
