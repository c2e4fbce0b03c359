// Errors: what the engine throws becomes one code, one type, one sentence.
import { describe, expect, test } from "vitest"
import { exceptionBlock, exceptionText, FrontException, toException } from "./errors.ts"

describe("exceptions", () => {
  test("a plain one keeps its words", () => {
    const exception = toException(
      new Error("Code: 47. DB::Exception: Unknown identifier `a (b)`. (UNKNOWN_IDENTIFIER)")
    )
    expect(exception).toMatchObject({
      code: 47,
      type: "UNKNOWN_IDENTIFIER",
      status: 404,
      message: "Unknown identifier `a (b)`."
    })
  })
  test("one wrapped twice is told once", () => {
    const text =
      "Code: 164. DB::Exception: Code: 164. DB::Exception: Cannot modify 'max_threads' setting in readonly mode. (READONLY) (version 26.7.2.1). (READONLY)"
    const exception = toException(new Error(text))
    expect(exceptionText(exception, "26.7.2.1")).toBe(
      "Code: 164. DB::Exception: Cannot modify 'max_threads' setting in readonly mode. (READONLY) (version 26.7.2.1 (official build))\n"
    )
  })
  test("the front's own files and clauses do not show", () => {
    const text =
      "Code: 62. DB::Exception: Syntax error: failed at 9: x\nINTO OUTFILE '/dev/shm/tailrace-front-1-a/result-0' TRUNCATE FORMAT TSV (SYNTAX_ERROR)"
    expect(toException(new Error(text)).message).toBe("Syntax error: failed at 9: x FORMAT TSV")
  })
  test("whatever else is thrown is an unknown exception", () => {
    expect(toException("broken")).toMatchObject({ code: 1002, status: 500, message: "broken" })
  })
  test("the block within a stream tells its own length in bytes", () => {
    const block = exceptionBlock(new FrontException(395, "FUNCTION_THROW", "wörk"), "1", "tag")
    const [, text, length] = /__exception__\r\ntag\r\n([\s\S]*\n)(\d+) tag\r\n__exception__\r\n$/.exec(block) ?? []
    expect(Buffer.byteLength(text ?? "")).toBe(Number(length))
  })
})
