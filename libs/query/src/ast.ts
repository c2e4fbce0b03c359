// Ast: the tree of a query. Positions are UTF-16 offsets into the query's text, `to` exclusive.

export interface Span {
  readonly from: number
  readonly to: number
}

/** A literal as written behind an operator. */
export interface Value extends Span {
  /** The text meant: unquoted and unescaped. For a pattern the stars and question marks stand as written. */
  readonly text: string
  readonly quoted: boolean
  /** The number meant, when the literal is one; with a unit in milliseconds or bytes. Undefined when quoted. */
  readonly number?: number
  readonly unit?: "duration" | "bytes"
  /** Set when an unquoted literal holds an unescaped "*" or "?". */
  readonly pattern?: ReadonlyArray<PatternPart>
  /** How the literal was written. */
  readonly raw: string
}

/** A piece of a wildcard pattern: literal text, any run of characters, or exactly one. */
export type PatternPart = { readonly literal: string } | "any" | "one"

export type CompareOperator = "=" | ">" | ">=" | "<" | "<="

export type Node =
  | (Span & { readonly _tag: "All" })
  | (Span & { readonly _tag: "And" | "Or"; readonly children: ReadonlyArray<Node> })
  | (Span & { readonly _tag: "Not"; readonly child: Node })
  | (Span & { readonly _tag: "Text"; readonly value: Value })
  | (Span & { readonly _tag: "Match"; readonly field: string; readonly value: Value })
  | (Span & {
      readonly _tag: "Compare"
      readonly field: string
      readonly operator: CompareOperator
      readonly value: Value
    })
  | (Span & { readonly _tag: "In"; readonly field: string; readonly values: ReadonlyArray<Value> })
  | (Span & { readonly _tag: "Like"; readonly field: string; readonly pattern: string; readonly ignoreCase: boolean })
  | (Span & {
      readonly _tag: "Range"
      readonly field: string
      readonly low: Value | undefined
      readonly high: Value | undefined
      readonly lowInclusive: boolean
      readonly highInclusive: boolean
    })
  | (Span & { readonly _tag: "Regex"; readonly field: string; readonly pattern: string })
  | (Span & { readonly _tag: "Exists"; readonly field: string })
  | (Span & { readonly _tag: "Time"; readonly spec: TimeSpec })

/** When a record was made, relative to now or to the calendar of a zone. */
export type TimeSpec =
  | { readonly _tag: "Last"; readonly millis: number; readonly raw: string }
  | {
      readonly _tag: "Between"
      readonly low: TimePoint | undefined
      readonly high: TimePoint | undefined
      readonly lowInclusive: boolean
      readonly highInclusive: boolean
    }
  | {
      readonly _tag: "DayRange"
      /** Seconds since midnight; a start after the end spans midnight. */
      readonly start: number
      readonly end: number
      readonly startInclusive: boolean
      readonly endInclusive: boolean
      readonly zone: string
    }
  /** Days 1 (Monday) to 7 (Sunday), both included; a first after the last spans the weekend. */
  | { readonly _tag: "WeekRange"; readonly first: number; readonly last: number; readonly zone: string }
  | { readonly _tag: "BusinessHours"; readonly zone: string }

/** A point in time: absolute nanoseconds since 1970, or an offset in milliseconds from now. */
export type TimePoint =
  | { readonly nanos: bigint; readonly raw: string }
  | { readonly fromNow: number; readonly raw: string }

export const everything = (at: number): Node => ({ _tag: "All", from: at, to: at })
