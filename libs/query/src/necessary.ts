// Necessary: what must hold of a record wherever a query holds, in equalities and words by which rows can be looked up.
import type { NumberTarget, Test, TextTarget } from "./primitive-test.ts"

/** A condition that every record meets which a query matches; records that meet it need not match. */
export type Necessary =
  /** The target's text equals this one, both lower-cased. */
  | { readonly _tag: "Text"; readonly target: TextTarget; readonly text: string }
  /** The target's text spells this number, or the column holds it. */
  | { readonly _tag: "Number"; readonly target: LookupNumber; readonly number: number }
  /** The body holds this token: a lower-cased run of ASCII letters and digits. */
  | { readonly _tag: "Word"; readonly word: string }
  /** One of them; none of none, so that an empty one is never met. */
  | { readonly _tag: "Any"; readonly of: ReadonlyArray<Necessary> }
  /** Each of them. */
  | { readonly _tag: "All"; readonly of: ReadonlyArray<Necessary> }

type LookupNumber = Extract<NumberTarget, { kind: "number" | "attribute" | "resource" }>

const never: Necessary = { _tag: "Any", of: [] }

/** What is necessary for a test, or undefined when it can hold without any equality or word. */
export const necessaryFor = (test: Test): Necessary | undefined => {
  switch (test._tag) {
    case "Always":
      return test.value ? undefined : never
    case "And": {
      const known = test.tests.map(necessaryFor).filter((one) => one !== undefined)
      return known.length > 1 ? { _tag: "All", of: known } : known[0]
    }
    case "Or": {
      const known = test.tests.map(necessaryFor).filter((one) => one !== undefined)
      if (known.length < test.tests.length) return undefined
      return known.length === 1 ? known[0] : { _tag: "Any", of: known }
    }
    case "Text":
      if (test.test.kind === "equals") return oneOf(test.target, [test.test.text])
      if (test.test.kind === "oneOf") return oneOf(test.target, test.test.texts)
      return test.test.kind === "phrase" && test.target.kind === "text" && test.target.column === "body"
        ? wordsOf(test.test)
        : undefined
    case "Number":
      return test.operator === "=" ? numberEqual(test.target, test.number) : undefined
    default:
      return undefined
  }
}

/** A missing text equals nothing, not even "". */
const oneOf = (target: TextTarget, texts: ReadonlyArray<string>): Necessary => {
  const lower = new Set(texts.map((text) => text.toLowerCase()).filter((text) => text !== ""))
  const of = [...lower].map((text): Necessary => ({ _tag: "Text", target, text }))
  return of.length === 1 ? (of[0] as Necessary) : { _tag: "Any", of }
}

const numberEqual = (target: NumberTarget, number: number): Necessary | undefined =>
  target.kind === "number" || target.kind === "attribute" || target.kind === "resource"
    ? { _tag: "Number", target, number }
    : undefined

/** The tokens of a phrase that have a border on both sides; what is not ASCII may change its bytes with its case. */
const wordsOf = (phrase: {
  readonly text: string
  readonly left: boolean
  readonly right: boolean
}): Necessary | undefined => {
  const text = phrase.text.toLowerCase()
  const of: Array<Necessary> = []
  for (const { 0: word, index } of text.matchAll(/[0-9a-z\u0080-\uffff]+/g)) {
    const bordered = (index > 0 || phrase.left) && (index + word.length < text.length || phrase.right)
    if (bordered && /^[0-9a-z]+$/.test(word)) of.push({ _tag: "Word", word })
  }
  return of.length > 1 ? { _tag: "All", of } : of[0]
}
