// Tests of the limits of an operation: depth, aliases and cost.
import { assert, describe, it } from "@effect/vitest"
import { type GraphQLSchema, parse, validate } from "graphql"
import { costProblem } from "./cost.ts"
import { limitsRule } from "./limits.ts"
import { schema } from "./schema.ts"

const problems = (text: string, limits = { depth: 3, aliases: 2 }): ReadonlyArray<string> =>
  validate(schema, parse(text), [limitsRule(limits)]).map((error) => `${error.extensions.code} ${error.message}`)

const cost = (text: string, most: number, variableValues: Record<string, unknown> = {}): boolean =>
  costProblem({ schema: schema as GraphQLSchema, document: parse(text), variableValues }, most) === undefined

describe("limits", () => {
  it("count the depth of fields through fragments", () => {
    assert.deepStrictEqual(problems("{ logs { pageInfo { endCursor } } }"), [])
    assert.match(problems("{ logs { edges { node { id } } } }")[0] ?? "", /^LIMIT .* 4 fields deep/)
    const spread = "{ logs { ...a } } fragment a on LogConnection { edges { ... on LogEdge { node { id } } } }"
    assert.match(problems(spread)[0] ?? "", /4 fields deep/)
  })

  it("count aliases wherever they stand, in introspection too", () => {
    assert.deepStrictEqual(problems("{ a: sources { source } b: sources { source } }"), [])
    assert.match(problems("{ a: sources { x: source } b: sources { source } }")[0] ?? "", /^LIMIT .* 3 aliases/)
    assert.match(problems("{ a: __typename b: __typename c: __schema { description } }")[0] ?? "", /3 aliases/)
    const often = `{ ${"...a ".repeat(3)} } fragment a on Query { x: __typename }`
    assert.match(problems(often)[0] ?? "", /3 aliases/)
  })

  it("do not follow a circle of fragments", () => {
    assert.deepStrictEqual(problems("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"), [])
  })
})

describe("cost", () => {
  it("is one per field, those of a list times its first", () => {
    assert.isTrue(cost("{ logs(first: 10) { nodes { id body } } }", 31))
    assert.isFalse(cost("{ logs(first: 10) { nodes { id body } } }", 30))
  })

  it("takes first from variables and from the schema's defaults", () => {
    const query = "query ($n: Int) { logs(first: $n) { nodes { id body } } }"
    assert.isTrue(cost(query, 31, { n: 10 }))
    assert.isFalse(cost(query, 31, { n: 11 }))
    assert.isTrue(cost("{ logs { nodes { id body } } }", 301))
    assert.isFalse(cost("{ logs { nodes { id body } } }", 300))
  })

  it("counts fragments where they are spread", () => {
    const query =
      "{ a: logs(first: 10) { ...f } b: logs(first: 10) { ...f } } fragment f on LogConnection { totalCount }"
    assert.isTrue(cost(query, 22))
    assert.isFalse(cost(query, 21))
  })
})
