// Multiline: stack traces stay with the line they belong to.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { JoinRule } from "./join-rule.ts"
import { byPatterns, type JoinPatterns, patternProblem } from "./patterns.ts"
import { recognised } from "./recognised.ts"
import { forEachRecord } from "./records.ts"

const usual = { maxBytes: 10_000, maxLines: 100 }

const join = (text: string, complete = true, limits = usual, rule: JoinRule | "none" = recognised) => {
  const bytes = Buffer.from(text)
  const records: Array<string> = []
  const rest = forEachRecord(
    bytes,
    0,
    bytes.length,
    complete,
    { ...limits, rule: rule === "none" ? undefined : rule },
    (record, start, end) => records.push(Buffer.from(record).toString("utf8", start, end))
  )
  return { records, rest: bytes.toString("utf8", rest) }
}

const trace = [
  "2026-01-19 10:30:00 ERROR failed",
  "java.lang.IllegalStateException: broken",
  "\tat com.example.A.b(A.java:1)",
  "at com.example.C",
  "Caused by: java.io.IOException: gone",
  "    ... 12 more"
].join("\n")

describe("forEachRecord", () => {
  it("joins a Java stack trace to the line before it", () => {
    const { records } = join(`start\n${trace}\n{"json": 1}\nend\n`)
    expect(records).toEqual(["start", trace, '{"json": 1}', "end"])
  })

  it("keeps back the last record while more of it may come", () => {
    expect(join("one\ntwo\n\tat x\n", false)).toEqual({ records: ["one"], rest: "two\n\tat x\n" })
  })

  it("joins no more lines and bytes than allowed", () => {
    const lines = `a\n${" b\n".repeat(5)}`
    expect(join(lines, true, { maxBytes: 10_000, maxLines: 3 }).records).toEqual(["a\n b\n b", " b\n b\n b"])
    expect(join(lines, true, { maxBytes: 4, maxLines: 100 }).records).toEqual(["a\n b", " b", " b", " b", " b"])
  })

  it("leaves line ends of Windows out of the record's end", () => {
    expect(join("a\r\n b\r\nc").records).toEqual(["a\n b", "c"])
  })

  it.each([
    [
      "Python, chained",
      "ERROR app: failed\nTraceback (most recent call last):\n  File \"/a.py\", line 3, in f\nKeyError: 'k'\nDuring handling of the above exception, another exception occurred:\nTraceback (most recent call last):\n  File \"/a.py\", line 5, in g\nException: ('spam', 'eggs')"
    ],
    ["Node", "ERROR failed\nTypeError: Cannot read properties\n    at f (/a.js:3:5) {\n  code: 'E1'\n}"],
    [
      "Go",
      "panic: boom [recovered]\n\tpanic: boom\n\n[signal SIGSEGV: segmentation violation]\n\ngoroutine 1 [running]:\nmain.(*T).f(0x0, {0x1, 0x2})\n\t/app/main.go:12 +0x1d\ncreated by main.main in goroutine 1\n\t/app/main.go:3 +0x20\nexit status 2"
    ],
    [
      "Rust",
      "thread 'main' panicked at src/main.rs:2:5:\nindex out of bounds: the len is 3\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/lib.rs:5:5\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace"
    ],
    [
      ".NET",
      "Unhandled exception. System.InvalidOperationException: outer\n ---> System.Exception: inner\n   at A.B() in /a.cs:line 3\n   --- End of inner exception stack trace ---\n   at A.C()\n--- End of stack trace from previous location ---\n   at A.D()"
    ],
    [
      "PHP",
      "PHP Fatal error:  Uncaught Exception: boom in /a.php:3\nStack trace:\n#0 /a.php(9): f()\n#1 {main}\n  thrown in /a.php on line 3"
    ],
    [
      "C++",
      "terminate called after throwing an instance of 'std::runtime_error'\n  what():  boom\n#0  0x00007f in f () at a.cc:3\n#1  0x00008f in main () at a.cc:9"
    ],
    [
      "Node, uncaught",
      "/app/a.js:3\n    throw new Error('x')\n    ^\n\nError: x\n    at f (/app/a.js:3:9)\n\nNode.js v26.10.0"
    ],
    [
      "zap",
      "2026-01-19T10:30:00Z\terror\tsent.go:3\tfailed\ngo.example/a/b/internal.(*T[...]).f.func1\n\tgo.example/a/b@v1.2.3/internal/f.go:12"
    ],
    ["VMware", "2026-01-19T10:30:00Z warning vpxd[1] Exception was thrown (\n--> )"],
    ["XML over lines", "10:30:00 INFO Response :\n<a>\n\t<b>1</b>\n</a>"],
    ["JSON over lines", '{\n"level": "error",\n"nested": {\n"text": "a } in text"\n}\n}'],
    ["SQL over lines", "ERROR: syntax error\n\tSELECT a\n\t  FROM b"],
    ["Ruby, by its first line", "/app/a.rb:3:in `f': divided by 0 (ZeroDivisionError)\n\tfrom /app/a.rb:9:in `<main>'"],
    ["Ruby", "E, boom (RuntimeError)\n/a.rb:3:in `f'\n/a.rb:9:in `main'"]
  ])("joins a trace of %s, and no line behind it", (_, text) => {
    expect(join(`start\n${text}\nnext line\nEnd\n`).records).toEqual(["start", text, "next line", "End"])
  })

  it.each([["<13>Jan 19 10:30:00 h a: b"], ["  1234:20260119:103000.345 started"]])(
    "lets %s begin a record, whatever the line before announces",
    (line) => {
      expect(join(`see:\n${line}\n`).records).toEqual(["see:", line])
    }
  )

  it("takes an error of its own for a record of its own", () => {
    expect(join("start\nError: listen EADDRINUSE\nKey: value\n").records).toEqual([
      "start",
      "Error: listen EADDRINUSE",
      "Key: value"
    ])
  })
})

describe("patterns", () => {
  const by = (patterns: JoinPatterns, text: string) => join(text, true, usual, byPatterns(patterns)).records

  it("begin a record with every line that looks like `start`", () => {
    expect(by({ start: "^\\d{4}-" }, "2026-01-01 a\nb\n\nc\n2026-01-02 d\n")).toEqual([
      "2026-01-01 a\nb\n\nc",
      "2026-01-02 d"
    ])
  })

  it("go on with lines that look like `continue`, and leave the others alone", () => {
    expect(by({ continue: "^[>|]" }, "a\n> b\n| c\nd\n")).toEqual(["a\n> b\n| c", "d"])
  })

  it("end a record with a line that looks like `end`, a backslash going on", () => {
    expect(by({ end: "[^\\\\]$" }, "a \\\nb\nc\n")).toEqual(["a \\\nb", "c"])
    expect(by({ start: "^BEGIN", end: "^END" }, "BEGIN\nx\nEND\ny\nBEGIN\n")).toEqual(["BEGIN\nx\nEND", "y", "BEGIN"])
  })

  it("are refused when they cannot be compiled or take exponential time", () => {
    expect(patternProblem("(a")).toContain("Unterminated group")
    expect(patternProblem("^(a+)+$")).toBe("repeats a repetition at character 2, which can take exponential time")
    expect(patternProblem("^\\d{4}-(?:x|y)+")).toBeUndefined()
  })
})

describe("lines of containers", () => {
  const at = "2026-01-19T10:30:00.904275087Z"
  const docker = (log: string, stream = "stdout") => JSON.stringify({ log, stream, time: at })
  const parts = (text: string) => join(text, true, usual, "none").records

  it("of CRI that the runtime broke are one, each output by itself", () => {
    const lines = [`${at} stdout P a`, `${at} stderr P x`, `${at} stdout F b`, `${at} stderr F y`, `${at} stdout F c`]
    expect(parts(`${lines.join("\n")}\n`)).toEqual([`${at} stdout F ab`, `${at} stderr F xy`, `${at} stdout F c`])
  })

  it("of Docker that the runtime broke are one", () => {
    const lines = [docker("a\n"), docker("b"), docker("x", "stderr"), docker('c"\n'), docker("y\n", "stderr")]
    expect(parts(`${lines.join("\n")}\n`)).toEqual([docker("a\n"), docker('bc"\n'), docker("xy\n", "stderr")])
  })

  it("are cut at the cap, and say by how much", () => {
    const cuts: Array<number> = []
    const text = `${at} stdout P ${"a".repeat(100)}\n${at} stdout F ${"b".repeat(100)}\n`
    const bytes = Buffer.from(text)
    forEachRecord(bytes, 0, bytes.length, true, { maxBytes: 150, maxLines: 100 }, (_, start, end, cut) => {
      expect(end - start).toBeLessThanOrEqual(150)
      cuts.push(cut)
    })
    expect(cuts).toEqual([at.length + 10 + 200 - 150])
  })

  it("keep the stack traces inside them together", () => {
    const cri = ["ERROR failed", "java.io.IOException: gone", "\tat a.B(C.java:1)", "INFO next"]
    const text = cri.map((line) => `${at} stdout F ${line}`).join("\n")
    expect(join(`${text}\n`).records).toEqual([
      `${at} stdout F ERROR failed\njava.io.IOException: gone\n\tat a.B(C.java:1)`,
      `${at} stdout F INFO next`
    ])
    const all = cri.map((line) => docker(`${line}\n`)).join("\n")
    expect(join(`${all}\n`).records.map((line) => JSON.parse(line).log)).toEqual([
      "ERROR failed\njava.io.IOException: gone\n\tat a.B(C.java:1)\n",
      "INFO next\n"
    ])
  })
})

describe("a cut at any place where nothing waits", () => {
  const at = "2026-01-19T10:30:00.904275087Z"
  const line = fc.constantFrom(
    ...["INFO a", "\tat a.B(C.java:1)", "Caused by: x.Y: z", "", "panic: boom", "goroutine 1 [running]:", "main.f(1)"],
    ...[
      "see:",
      "<a>",
      "</a>",
      "{",
      '"a": 1',
      "}",
      "Traceback (most recent call last):",
      "ValueError: x",
      `${at} stdout P a`
    ],
    ...[`${at} stdout F b`, `${at} stderr P x`, `${at} stderr F \ty`, '{"log":"a","stream":"stderr"}'],
    ...['{"log":"b\\n","stream":"stderr"}', "thread 'main' panicked at a.rs:1:1:"]
  )

  it.each([
    ["recognised", recognised],
    ["parts alone", "none"]
  ] as const)("gives the same records as no cut (%s)", (_, rule) => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.integer({ min: 1, max: 40 }), (lines, step) => {
        const whole = join(lines.map((text) => `${text}\n`).join(""), true, usual, rule).records
        const seen: Array<string> = []
        let rest = ""
        for (let i = 0; i < lines.length; i += step) {
          const text =
            rest +
            lines
              .slice(i, i + step)
              .map((text) => `${text}\n`)
              .join("")
          const bytes = Buffer.from(text)
          const safe = forEachRecord(
            bytes,
            0,
            bytes.length,
            false,
            { ...usual, rule: rule === "none" ? undefined : rule },
            () => undefined
          )
          seen.push(...join(bytes.toString("utf8", 0, safe), true, usual, rule).records)
          rest = bytes.toString("utf8", safe)
        }
        seen.push(...join(rest, true, usual, rule).records)
        expect(seen).toEqual(whole)
      }),
      { numRuns: 500 }
    )
  })
})
