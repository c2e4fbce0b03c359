// Tests of the codec auto: every line is judged by itself.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeStage, recordOf, recordsOf } from "../records-of.ts"

const samples = {
  json: '{"level":"error","message":"m"}',
  syslog: "<34>Oct 11 22:14:15 mymachine su: m",
  clf: '192.0.2.7 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 200 1',
  cri: "2026-11-20T14:22:01.345678912Z stderr F m",
  docker: '{"log":"ERROR: m\\n","stream":"stdout","time":"2026-11-20T14:22:01.345678912Z"}',
  application: "2026-01-19 10:30:00 ERROR [Component] m",
  logfmt: "level=error msg=m code=1"
}

describe("auto", () => {
  it.each(Object.entries(samples))("reads %s", (_, text) => {
    expect(recordOf(text).parsed).toBe(true)
  })

  it("reads a source of mixed messages line by line", () => {
    const lines = Object.values(samples)
    const records = recordsOf([...lines, "no form at all", ...lines].join("\n"))
    const once = lines.map(() => true)
    expect(records.map(({ parsed }) => parsed)).toEqual([...once, false, ...once])
    expect(records.slice(lines.length + 1).map(({ body }) => body)).toEqual(["m", "m", samples.clf, "m", "m", "m", "m"])
  })

  it("reads a line the same whatever lines came before it", () => {
    const lines = [
      ...Object.values(samples),
      "no form at all",
      "\tat java.lang.Thread.run(Thread.java:745)",
      '2026/11/20 14:22:00 [error] 29#29: *1 open() "/x" failed, client: 203.0.113.9',
      "2026-11-20 14:22:01 ERROR failed a=1 b=2 c=3 d=4 e=5",
      '{"message": "backup of 2026-10-01 03:00:00 done", "level": "warning", "n": 1}',
      "[NOTICE]   (1) : New worker (8) forked",
      "Retrying request id=42 attempt=3 message=timeout after=5s",
      "I1120 14:22:01.345678       1 c.go:1] x",
      "<34>1 2026-11-20T14:22:01Z h1 app1 77 - - hello",
      "Nov 20 14:22:01 h app[7]: m"
    ]
    const alone = new Map(lines.map((line) => [line, recordOf(line)]))
    const stage = makeStage()
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...lines), { minLength: 1, maxLength: 20 }), (chosen) => {
        const records = recordsOf(chosen.join("\n"), {}, stage)
        records.forEach((record, row) => {
          expect(record).toEqual({ ...alone.get(chosen[row] as string), row })
        })
      })
    )
  })

  it("does not take prose with an equals sign for logfmt", () => {
    expect(recordOf("x=1 y=2 is what the user typed into the form").parsed).toBe(false)
    expect(recordOf("a=b").parsed).toBe(false)
  })
})
