// SeverityReader: level words and numbers, as bytes, to OpenTelemetry severity numbers.
import { severityNumberOf, severityNumberOfPino, severityNumberOfSyslog } from "@tailrace/domain/severity"
import { decodeUtf8 } from "@tailrace/domain/utf8"
import { ByteTable } from "./byte-table.ts"

const wordLimit = 512
const longestWord = 32
const guessCount = 64

/**
 * Severity number of a level text: a word of any logger, or a number of slog, syslog, OpenTelemetry, pino, bunyan, Google
 * Cloud, Monolog and log4j, whose scales do not overlap but at 8 (slog's error) and at 200 to 800 (Google's).
 */
const severityOfText = (text: string): number => {
  const trimmed = text.trim()
  if (!/^-?\d{1,5}(\.0+)?$/.test(trimmed)) return severityNumberOf(text)
  const level = Number(trimmed)
  if (level >= 1000) return log4jSeverities.get(level) ?? 0
  if (level >= 100) return monologSeverities.get(level) ?? googleCloudSeverities[level / 100] ?? 0
  if (level < 0) return level === -4 ? 5 : level === -8 ? 1 : 0
  if (level <= 7) return severityNumberOfSyslog(level)
  if (level === 8) return 17
  return level <= 24 && level % 10 !== 0 ? level : severityNumberOfPino(level)
}

// LogSeverity of Google Cloud Logging: 100 debug, 200 info, 300 notice, 400 warning, 500 error, 600 critical, 700 alert, 800 emergency.
const googleCloudSeverities: ReadonlyArray<number> = [0, 5, 9, 10, 13, 17, 18, 19, 21]
// Monolog's numbers that Google has not.
const monologSeverities = new Map([
  [250, 10],
  [550, 19]
])
// level_value of logback, and the integers of log4j.
const log4jSeverities = new Map([
  [5_000, 1],
  [10_000, 5],
  [20_000, 9],
  [30_000, 13],
  [40_000, 17],
  [50_000, 21]
])

/** Remembers the words it has met, so that a level costs no text object. */
export class SeverityReader {
  private readonly words = new ByteTable(wordLimit)
  private readonly numbers = new Uint8Array(wordLimit * 2)
  // Few words make up most records: their ids by a mix of length, first and last byte, looked at before the table.
  private readonly guesses = new Int16Array(guessCount)

  /** Severity number 1..24 of `bytes[start, end)`, or 0 when it is no level. */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > longestWord || end <= start) return 0
    const guess = (end - start + bytes[start] * 3 + bytes[end - 1] * 7) & (guessCount - 1)
    const guessed = this.guesses[guess]
    if (guessed < this.words.size && this.words.matches(guessed, bytes, start, end)) return this.numbers[guessed]
    if (this.words.isFull) this.words.truncate(0)
    const known = this.words.size
    const id = this.words.intern(bytes, start, end)
    if (id === known) this.numbers[id] = severityOfText(decodeUtf8(bytes, start, end))
    this.guesses[guess] = id
    return this.numbers[id]
  }
}
