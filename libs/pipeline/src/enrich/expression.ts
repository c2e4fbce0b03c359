// Expression: the small language of derived fields: its tree, and the parser that reads it from text.
import { Effect } from "effect"
import { ComponentConfigError } from "../config-error.ts"
import { type Token, tokenize } from "./expression-tokens.ts"

export type Operator = "||" | "+" | "-" | "*" | "/" | "%"

/** Names of the functions and how many arguments each takes, at least and at most. */
const functionArity: Readonly<Record<string, readonly [number, number]>> = {
  lower: [1, 1],
  upper: [1, 1],
  trim: [1, 1],
  length: [1, 1],
  substring: [2, 3],
  replace: [3, 3],
  round: [1, 2],
  coalesce: [1, 16]
}

export type Expression =
  | { readonly kind: "literal"; readonly value: string | number }
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "negate"; readonly operand: Expression }
  | { readonly kind: "binary"; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "call"; readonly name: string; readonly arguments: ReadonlyArray<Expression> }

const maximumLength = 4_096
const maximumDepth = 64
const strength: Readonly<Record<Operator, number>> = { "||": 1, "+": 2, "-": 2, "*": 3, "/": 3, "%": 3 }

/** Reads an expression; the error says what was found where. `key` is the configuration key it stands under. */
export const parseExpression = (text: string, key: string): Effect.Effect<Expression, ComponentConfigError> =>
  Effect.suspend(() => {
    if (text.length > maximumLength) return refuse(key, `expression is longer than ${maximumLength} characters`)
    const tokens = tokenize(text)
    if ("problem" in tokens) return refuse(key, tokens.problem)
    const parser = new Parser(tokens.tokens)
    const expression = parser.expression(0, 0)
    const problem = parser.problem ?? parser.rest()
    return problem === undefined && expression !== undefined
      ? Effect.succeed(expression)
      : refuse(key, problem ?? "expression is empty")
  })

const refuse = (key: string, message: string) => Effect.fail(new ComponentConfigError({ key, message }))

/** Precedence climbing; after the first problem every method answers undefined. */
class Parser {
  problem: string | undefined
  private at = 0
  private readonly tokens: ReadonlyArray<Token>

  constructor(tokens: ReadonlyArray<Token>) {
    this.tokens = tokens
  }

  rest(): string | undefined {
    const token = this.tokens[this.at]
    return token === undefined ? undefined : `unexpected ${shown(token)}`
  }

  expression(weakest: number, depth: number): Expression | undefined {
    let left = this.operand(depth)
    while (left !== undefined) {
      const token = this.tokens[this.at]
      if (token?.kind !== "operator") break
      const operator = token.text as Operator
      if (strength[operator] <= weakest) break
      this.at++
      const right = this.expression(strength[operator], depth + 1)
      if (right === undefined) return undefined
      left = { kind: "binary", operator, left, right }
    }
    return left
  }

  private operand(depth: number): Expression | undefined {
    if (depth > maximumDepth) return this.fail(`expression is nested deeper than ${maximumDepth} levels`)
    const token = this.tokens[this.at]
    if (token === undefined) return this.fail("a value is missing at the end")
    this.at++
    if (token.kind === "number") return { kind: "literal", value: Number(token.text) }
    if (token.kind === "text") return { kind: "literal", value: token.text }
    if (token.kind === "quoted") return { kind: "field", name: token.text }
    if (token.kind === "name") {
      return this.tokens[this.at]?.text === "(" && this.tokens[this.at]?.kind === "mark"
        ? this.call(token, depth)
        : { kind: "field", name: token.text }
    }
    if (token.text === "-") {
      const operand = this.operand(depth + 1)
      return operand === undefined ? undefined : { kind: "negate", operand }
    }
    if (token.text === "(" && token.kind === "mark") {
      const inner = this.expression(0, depth + 1)
      return inner !== undefined && this.expect(")") ? inner : undefined
    }
    return this.fail(`unexpected ${shown(token)} where a value should be`)
  }

  private call(name: Token, depth: number): Expression | undefined {
    const arity = Object.hasOwn(functionArity, name.text) ? functionArity[name.text] : undefined
    if (arity === undefined) {
      return this.fail(`no function ${name.text}, there are ${Object.keys(functionArity).join(", ")}`)
    }
    this.at++
    const given: Array<Expression> = []
    if (!this.accept(")")) {
      do {
        const argument = this.expression(0, depth + 1)
        if (argument === undefined) return undefined
        given.push(argument)
      } while (this.accept(","))
      if (!this.expect(")")) return undefined
    }
    const [least, most] = arity
    return given.length >= least && given.length <= most
      ? { kind: "call", name: name.text, arguments: given }
      : this.fail(`${name.text} takes ${least === most ? least : `${least} to ${most}`} values, not ${given.length}`)
  }

  private accept(mark: string): boolean {
    const token = this.tokens[this.at]
    if (token?.kind !== "mark" || token.text !== mark) return false
    this.at++
    return true
  }

  private expect(mark: string): boolean {
    if (this.accept(mark)) return true
    const token = this.tokens[this.at]
    this.fail(token === undefined ? `"${mark}" is missing at the end` : `"${mark}" expected, not ${shown(token)}`)
    return false
  }

  private fail(problem: string): undefined {
    this.problem ??= problem
    return undefined
  }
}

const shown = (token: Token): string => `${JSON.stringify(token.text)} at character ${token.at + 1}`
