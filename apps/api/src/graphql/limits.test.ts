// Tests of the limits of an operation: depth, aliases and cost.
import { assert, describe, it } from "@effect/vitest"
import { type GraphQLSchema, parse, validate } from "graphql"
import { costProblem } from "./cost.ts"
import { limitsRule } from "./limits.ts"
import { schema } from "./schema.ts"

const problems = (text: string, limits = { depth: 3, aliases: 2 }): ReadonlyArray<string> =>
  validate(schema, parse(text), [limitsRule(limits)]).map((error) => `${error.extensions.code} ${error.message}`)

const problem = (
  text: string,
  most: { readonly cost: number; readonly reads: number },
  variableValues: Record<string, unknown> = {}
) => costProblem({ schema: schema as GraphQLSchema, document: parse(text), variableValues }, most)

const cost = (text: string, most: number, variables: Record<string, unknown> = {}): boolean =>
  problem(text, { cost: most, reads: 1_000_000 }, variables) === undefined

const reads = (text: string, most: number, variables: Record<string, unknown> = {}): boolean =>
  problem(text, { cost: 1_000_000_000, reads: most }, variables) === undefined

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

  it("counts what the variables become: defaults, null for the schema's default, and other ways around `first`", () => {
    const byDefault = "query ($n: Int = 5000) { logs(first: $n) { nodes { id } } }"
    assert.isFalse(cost(byDefault, 10_000))
    assert.isTrue(cost(byDefault, 10_001))
    assert.isTrue(cost(byDefault, 21, { n: 10 }))
    const byNull = "{ logs(first: null) { nodes { id } } }"
    assert.isFalse(cost(byNull, 200))
    assert.isTrue(cost(byNull, 201))
    assert.isFalse(cost("query ($n: Int) { logs(first: $n) { nodes { id } } }", 200, { n: null }))
    const inFragment =
      "query ($n: Int = 5000) { ...f } fragment f on Query { ... on Query { logs(first: $n) { nodes { id } } } }"
    assert.isFalse(cost(inFragment, 10_000))
  })

  it("leaves out what is skipped and counts what is included", () => {
    const query = "query ($on: Boolean = true) { logs(first: 1000) @include(if: $on) { nodes { id } } }"
    assert.isFalse(cost(query, 2_000))
    assert.isTrue(cost(query, 1, { on: false }))
    assert.isFalse(cost("query ($off: Boolean = false) { logs(first: 1000) @skip(if: $off) { nodes { id } } }", 2_000))
  })

  it("counts lists without a page, and asking for the schema", () => {
    assert.isFalse(cost("{ pipeline { partitions { stages { name } } } }", 300))
    assert.isTrue(cost("{ pipeline { partitions { stages { name } sinks { reason } } } }", 1_000))
    assert.isTrue(cost("{ __schema { types { name } } }", 40_000))
    assert.isFalse(cost("{ a: __schema { types { name } } b: __schema { types { name } } }", 79_999))
  })
})

describe("reads", () => {
  it("are one for each field of the root and each field that reads by itself", () => {
    const counts = Array.from({ length: 30 }, (_, i) => `a${i}: logs(first: 0) { totalCount }`).join(" ")
    assert.isTrue(reads(`{ ${counts} }`, 60))
    assert.isFalse(reads(`{ ${counts} }`, 59))
  })

  it("count those of a list for each of its rows, those beside it once", () => {
    assert.isTrue(reads("{ logs(first: 5000) { totalCount nodes { id } } }", 2))
    assert.isTrue(reads("query ($n: Int = 20) { deadLetters(first: $n) { totalCount nodes { payload } } }", 22))
    assert.isFalse(reads("query ($n: Int = 20) { deadLetters(first: $n) { totalCount nodes { payload } } }", 21))
  })
})
