// Guard: no way out of the store by SQL that the engine's grants would let through.
import { describe, expect, test } from "vitest"
import { guardReadOnly, guardStatement } from "./guard.ts"
import { readStatement } from "./statement.ts"

const guard = (sql: string, outside = false) => guardStatement(readStatement(sql), outside)

describe("the guard", () => {
  test.each([
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    "SELECT 1 into/**/outfile '/tmp/x' TRUNCATE FORMAT TSV",
    "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT TSV",
    "INSERT INTO t FROM INFILE $$/etc/passwd$$ FORMAT TSV"
  ])("refuses %s, even where outside sources are allowed", (sql) => {
    expect(() => guard(sql, true)).toThrow("is not served over HTTP")
  })
  test.each([
    "SELECT file('/etc/passwd')",
    "SELECT FILE ('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    "SELECT \"f\\x69le\"('/etc/passwd')",
    "SELECT 1.file('/etc/passwd')",
    "INSERT INTO FUNCTION file('/tmp/x', 'TSV') SELECT 1",
    "CREATE TABLE t (a Int8) ENGINE = File(TSV)",
    "CREATE TABLE t (a Int8) engine `URL`('http://x/')",
    "CREATE DATABASE d ENGINE = Filesystem('/etc')",
    "ATTACH DATABASE d ENGINE = SQLite('/x')"
  ])("refuses %s", (sql) => {
    expect(() => guard(sql)).toThrow("reaches outside")
    expect(() => guard(sql, true)).not.toThrow()
  })
  test.each([
    "SELECT file, infile, outfile FROM t WHERE body LIKE '%INTO OUTFILE%'",
    "SELECT count() FROM logs WHERE body = $$file('x')$$",
    "CREATE TABLE t (engine String, file String) ENGINE = ReplicatedReplacingMergeTree ORDER BY file",
    "CREATE VIEW v AS SELECT engine FROM system.tables",
    "CREATE DATABASE d ENGINE = Atomic",
    "INSERT INTO t VALUES ('file(1)')"
  ])("lets %s through", (sql) => {
    expect(() => guard(sql)).not.toThrow()
  })
  test("a read-only request may ask and nothing else", () => {
    for (const sql of ["SELECT 1", "SHOW TABLES", "EXPLAIN SELECT 1", "USE x"]) {
      expect(() => guardReadOnly(readStatement(sql), "default")).not.toThrow()
    }
    for (const sql of [
      "DROP TABLE t",
      "INSERT INTO t VALUES (1)",
      "WITH 1 AS x INSERT INTO t SELECT x",
      "KILL QUERY WHERE 1"
    ]) {
      expect(() => guardReadOnly(readStatement(sql), "default")).toThrow("readonly mode")
    }
  })
})
