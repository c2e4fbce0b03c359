// Primitive test: the few tests of a record that every query comes down to, and that each back end carries out alike.
import type { CompareOperator } from "./ast.ts"
import type { FieldTarget } from "./fields.ts"

/** A target whose value is a text; "" is missing, and every test of a missing text is false. */
export type TextTarget = Extract<FieldTarget, { kind: "keyword" | "severity" | "text" | "attribute" | "resource" }>

export type TextTest =
  | { readonly kind: "equals"; readonly text: string; readonly ignoreCase: boolean }
  | { readonly kind: "oneOf"; readonly texts: ReadonlyArray<string> }
  /** Order of the UTF-8 bytes. */
  | { readonly kind: "order"; readonly operator: Exclude<CompareOperator, "=">; readonly text: string }
  | { readonly kind: "contains" | "starts" | "ends"; readonly text: string; readonly ignoreCase: boolean }
  /** The text within, any case, at a token's border on each side where `left` or `right` says so. */
  | { readonly kind: "phrase"; readonly text: string; readonly left: boolean; readonly right: boolean }
  /** RE2; with ignoreCase both sides are lower-cased first. */
  | { readonly kind: "regex"; readonly pattern: string; readonly ignoreCase: boolean }

export type Test =
  | { readonly _tag: "Always"; readonly value: boolean }
  | { readonly _tag: "And" | "Or"; readonly tests: ReadonlyArray<Test> }
  | { readonly _tag: "Not"; readonly test: Test }
  | { readonly _tag: "Text"; readonly target: TextTarget; readonly test: TextTest }
  | { readonly _tag: "Present"; readonly target: TextTarget }
  /** Numbers of a column, or of a text that looks like a number; false where it does not. */
  | {
      readonly _tag: "Number"
      readonly target: NumberTarget
      readonly operator: CompareOperator
      readonly number: number
    }
  | { readonly _tag: "Time"; readonly operator: CompareOperator; readonly nanos: bigint }
  /** Local second of the day in [start, end), or outside [end, start) when start > end. */
  | { readonly _tag: "DayTime"; readonly start: number; readonly end: number; readonly zone: string }
  | { readonly _tag: "Weekday"; readonly first: number; readonly last: number; readonly zone: string }

export type NumberTarget = Extract<
  FieldTarget,
  { kind: "number" | "flag" | "attribute" | "resource" | "keyword" | "text" }
>
