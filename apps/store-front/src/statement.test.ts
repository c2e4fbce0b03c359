// Statement: what the front reads out of SQL before the engine does.
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { quoteName, quoteText, readStatement } from "./statement.ts"

const plain = (sql: string) => {
  const { tokens: _, ...rest } = readStatement(sql)
  return rest
}

describe("reading statements", () => {
  test("a SELECT keeps its text and gives up its FORMAT", () => {
    expect(plain("SELECT 1 -- one\nFORMAT JSON ;\n")).toMatchObject({
      kind: "read",
      head: "SELECT 1 -- one",
      format: "JSON",
      settings: ""
    })
  })
  test("SETTINGS may stand before FORMAT or after it", () => {
    expect(plain("SELECT 1 SETTINGS a = 1 FORMAT TSV")).toMatchObject({
      head: "SELECT 1 SETTINGS a = 1",
      format: "TSV"
    })
    expect(plain("SELECT 1 FORMAT TSV SETTINGS a = 1")).toMatchObject({ head: "SELECT 1", settings: "SETTINGS a = 1" })
  })
  test.each([
    "SELECT 'x FORMAT JSON'",
    "SELECT 1 AS format",
    "SELECT `a FORMAT JSON`",
    "SELECT 1 /* FORMAT JSON */",
    "SELECT (SELECT 1 FORMAT JSON)",
    "SELECT $x$ FORMAT JSON $x$"
  ])("the word FORMAT inside of %s is not a clause", (sql) => {
    expect(readStatement(sql).format).toBeUndefined()
  })
  test.each([
    ["(SELECT 1) UNION ALL (SELECT 2)", "read"],
    ["/* a */ with 1 as x select x", "read"],
    ["show tables", "read"],
    ["INSERT INTO t SELECT 1 FORMAT JSON", "command"],
    ["INSERT INTO t (a) (SELECT 1)", "command"],
    ["DROP TABLE t", "command"],
    ["insert into t values (1)", "insert"],
    ["INSERT INTO TABLE t (format, values) FORMAT CSV\n1,2", "insert"]
  ])("%s is of kind %s", (sql, kind) => {
    expect(readStatement(sql).kind).toBe(kind)
  })
  test("data of an INSERT begins after the line of its FORMAT, or right after VALUES", () => {
    const dataOf = (sql: string) => sql.slice(readStatement(sql).dataStart)
    expect(dataOf("INSERT INTO t FORMAT CSV\n1,2\n")).toBe("1,2\n")
    expect(dataOf("INSERT INTO t FORMAT JSONEachRow {}")).toBe("{}")
    expect(dataOf("INSERT INTO t FORMAT CSV \r\n\n1")).toBe("\n1")
    expect(dataOf("INSERT INTO t VALUES (1); DROP TABLE t")).toBe(" (1); DROP TABLE t")
  })
  test("an INSERT's SETTINGS are set apart, so that its source can go before them", () => {
    expect(plain("INSERT INTO t (a) SETTINGS async_insert = 0 FORMAT Native\n")).toMatchObject({
      head: "INSERT INTO t (a)",
      settings: "SETTINGS async_insert = 0",
      format: "Native"
    })
  })
  test("an INSERT without FORMAT leaves the format to the request", () => {
    expect(plain("INSERT INTO t")).toMatchObject({ kind: "insert", format: undefined, head: "INSERT INTO t" })
  })
  test.each(["", "  ;", "-- nothing"])("an empty text %j is refused", (sql) => {
    expect(() => readStatement(sql)).toThrow("Empty query")
  })
  test("two statements in one text are refused, a closing semicolon is not", () => {
    expect(() => readStatement("SELECT 1; DROP TABLE t")).toThrow("Multi-statements")
    expect(readStatement("SELECT ';' ; -- end").head).toBe("SELECT ';'")
  })
})

describe("quoting", () => {
  test("a quoted text or name is one token, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const tokens = readStatement(`SELECT ${quoteText(text)}, ${quoteName(text)} FORMAT TSV`).tokens
        expect(tokens.map((token) => token.kind)).toEqual(["word", "string", "sign", "quoted", "word", "word"])
      })
    )
  })
  test("any text is read in time that grows with its length only", () => {
    const deep = `SELECT ${"(".repeat(50_000)}'${"''\\".repeat(50_000)}`
    expect(readStatement(deep).kind).toBe("read")
  })
})
