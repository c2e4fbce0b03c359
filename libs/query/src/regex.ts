// Regex: RE2 expressions in memory, as ClickHouse's match() reads them: "." matches line ends, time is linear.
import { RE2JS } from "re2js"

/** The compiled expression, or in words why it is none. */
export const compileRegex = (pattern: string): RE2JS | string => {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL)
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

/** A test for texts that contain a match. The pattern must compile. */
export const regexTest = (pattern: string): ((text: string) => boolean) => {
  const compiled = compileRegex(pattern)
  if (typeof compiled === "string") throw new RangeError(`not an RE2 expression: ${compiled}`)
  return (text) => compiled.matcher(text).find()
}

/** A text as a pattern that matches it and nothing else. */
export const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&").replace(/\0/g, "\\x00")
