// Duration: a length of time as it stands in configuration ("250ms", "10s", "5m", "1h", "1d"), held in milliseconds.
import { Schema, SchemaTransformation } from "effect"

const unitMillis: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/

const parse = (text: string): number => {
  const match = pattern.exec(text)
  return match === null ? Number.NaN : Number(match[1]) * (unitMillis[match[2] as string] as number)
}

/** The shortest exact text of a number of milliseconds. */
export const formatDuration = (millis: number): string => {
  for (const unit of ["d", "h", "m", "s"] as const) {
    const size = unitMillis[unit] as number
    if (millis >= size && millis % size === 0) return `${millis / size}${unit}`
  }
  return `${millis}ms`
}

/** Milliseconds from a text such as "10s". */
export const DurationMillis = Schema.String.check(
  Schema.isPattern(pattern, { message: 'must be a number and a unit ms, s, m, h or d, such as "10s"' })
).pipe(Schema.decodeTo(Schema.Finite, SchemaTransformation.transform({ decode: parse, encode: formatDuration })))
