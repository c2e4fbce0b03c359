// Patterns: lines are joined by what the lines that begin, continue or end a record look like.
import type { JoinRule } from "./join-rule.ts"

/** Regular expressions; at least one. */
export interface JoinPatterns {
  /** What a record's first line looks like; every other line goes on with it. */
  readonly start?: string | undefined
  /** What a line that goes on with a record looks like. */
  readonly continue?: string | undefined
  /** What a record's last line looks like. */
  readonly end?: string | undefined
}

/** Bytes of a line that patterns look at. */
const seenBytes = 1_024

/** A pattern that repeats a repetition takes exponential time; what is wrong with it, or undefined. */
export const patternProblem = (pattern: string): string | undefined => {
  const nested = /\([^()]*[*+][^()]*\)\s*(?:[*+]|\{\d+,)/.exec(pattern)
  if (nested !== null) return `repeats a repetition at character ${nested.index + 1}, which can take exponential time`
  try {
    new RegExp(pattern)
    return undefined
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

/**
 * A line goes on with the record before it when it looks like `continue`; else, where `start` is given, when it does not
 * look like that; else, where `end` alone is given, when the line before did not look like that.
 */
export const byPatterns = (patterns: JoinPatterns): JoinRule => {
  const [start, further, last] = [patterns.start, patterns.continue, patterns.end].map((pattern) =>
    pattern === undefined ? undefined : new RegExp(pattern)
  )
  return () => {
    let hasEnded = false
    return {
      joins: (bytes, from, to) => {
        const line = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(to - from, seenBytes)).toString()
        const wasOpen = !hasEnded
        hasEnded = last?.test(line) ?? false
        if (further?.test(line)) return true
        if (start !== undefined) return !start.test(line)
        return further === undefined && wasOpen
      },
      ends: () => hasEnded
    }
  }
}
