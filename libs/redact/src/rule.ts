// Rule: what one kind of secret or personal value looks like, and where in a text it lies.

export const ruleGroups = ["secrets", "cards", "personal", "addresses"] as const
export type RuleGroup = (typeof ruleGroups)[number]

/** Bytes of a text, as characters of the same number; of what is found, `start` to `end` gives way. */
export interface Span {
  readonly start: number
  readonly end: number
  /** Whether what takes its place in JSON needs quotes around it, with so many backslashes before each. */
  readonly quote?: number
}

interface RuleName {
  /** Kebab-case; stands in counters and in what takes the value's place. */
  readonly name: string
  readonly group: RuleGroup
  /** One sentence. */
  readonly summary: string
}

/** Found by a piece of text that every match holds, whatever its case; at least three characters, so that most bytes are skipped. */
export interface NeedleRule extends RuleName {
  readonly needles: ReadonlyArray<string>
  /** What the needle at `at`, `length` characters of it, belongs to; undefined when to nothing that matters. */
  readonly find: (text: string, at: number, length: number) => Span | undefined
}

/** Found by a look at the bytes that is cheap, and then by a look at the text. */
export interface ScanRule extends RuleName {
  /** Never false where the text holds a match. */
  readonly mayHold: (bytes: Uint8Array, start: number, end: number) => boolean
  /** All matches in order; they do not overlap. */
  readonly findAll: (text: string) => ReadonlyArray<Span>
}

export type Rule = NeedleRule | ScanRule
