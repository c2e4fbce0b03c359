// Tests of the codec json: known answers, and agreement with JSON.parse.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isoOf, makeStage, recordOf, recordsOf } from "../records-of.ts"

const json = { codec: "json" }

describe("json", () => {
  it("fills the well-known fields and keeps the rest as attributes", () => {
    const record = recordOf(
      '{"time":"2026-01-19T10:30:00.5Z","level":"warning","msg":"disk is filling","service":"api","host":"node-1","trace_id":"4bf9","span_id":"00f0","free":12.50}',
      json
    )
    expect(isoOf(record.timestamp)).toBe("2026-01-19T10:30:00.500000000")
    expect(record).toMatchObject({
      severityNumber: 13,
      severity: "WARN",
      body: "disk is filling",
      service: "api",
      host: "node-1",
      traceId: "4bf9",
      spanId: "00f0",
      parsed: true
    })
    expect({ ...record.attributes }).toEqual({ free: "12.50" })
  })

  it("flattens nested objects with dots and keeps arrays as JSON text", () => {
    const record = recordOf(
      '{"message":"m","a":{"b":{"c":true}},"list":[1, {"x":2}],"none":{},"service":{"name":"api"}}',
      json
    )
    expect({ ...record.attributes }).toEqual({ "a.b.c": "true", list: '[1, {"x":2}]', none: "{}" })
    expect(record.service).toBe("api")
  })

  it("keeps objects below the depth as JSON text", () => {
    const record = recordOf('{"a":{"b":{"c":1}}}', json, makeStage({ json: { depth: 2 } }))
    expect({ ...record.attributes }).toEqual({ "a.b": '{"c":1}' })
  })

  it("keeps numbers digit by digit and null as an empty text", () => {
    const record = recordOf('{"message":"m","big":12345678901234567890,"small":-1.50e-3,"nothing":null}', json)
    expect({ ...record.attributes }).toEqual({ big: "12345678901234567890", small: "-1.50e-3", nothing: "" })
  })

  it("lets the last of equal keys win, at any depth", () => {
    const record = recordOf('{"a":1,"b":1,"a":2,"o":{"x":1},"o":{"x":2},"msg":"one","msg":"two"}', json)
    expect({ ...record.attributes }).toMatchObject({ a: "2", b: "1", "o.x": "2" })
    expect(record.body).toBe("two")
    expect(record.attributes["log.original"]).toContain('"msg":"one"')
  })

  it("prefers the better of two names for one field and keeps the other as an attribute", () => {
    const record = recordOf('{"log":"raw","message":"m","ts":1700000000,"timestamp":"2026-01-19T10:30:00Z"}', json)
    expect(record.body).toBe("m")
    expect(isoOf(record.timestamp)).toBe("2026-01-19T10:30:00.000000000")
    expect({ ...record.attributes }).toEqual({ log: "raw", ts: "1700000000" })
  })

  it("unescapes texts and keys, joins surrogate pairs and replaces lone surrogates", () => {
    const record = recordOf(
      String.raw`{"message":"a\"b\\c\/\b\f\n\r\té\ud83d\ude00\ud83dx\ude00","k\u0065y":"v"}`,
      json
    )
    expect(record.body).toBe('a"b\\c/\b\f\n\r\té😀\ufffdx\ufffd')
    expect({ ...record.attributes }).toEqual({ key: "v" })
  })

  it.each([
    ['"level":30', 9],
    ['"level":"50"', 17],
    ['"level":3', 17],
    ['"severity":"CRITICAL"', 18],
    ['"severity_number":11', 11],
    ['"level":400', 13],
    ['"@l":"Fatal"', 21],
    ['"log":{"level":"debug"}', 5]
  ])("reads the severity of %s", (member, number) => {
    expect(recordOf(`{"message":"m",${member}}`, json).severityNumber).toBe(number)
  })

  it("keeps a level word of the sender's own as an attribute, and no severity", () => {
    const record = recordOf('{"message":"m","level":"bananas"}', json)
    expect(record).toMatchObject({ severity: "", severityNumber: 0 })
    expect({ ...record.attributes }).toEqual({ level: "bananas" })
  })

  it.each([
    ['"severity":"customer-facing","level":"error"', 17, { severity: "customer-facing" }],
    ['"severity":"","level":"error"', 17, { severity: "" }],
    ['"severity":null,"level":"error"', 17, { severity: "" }],
    ['"level":30,"levelname":"ERROR"', 17, { level: "30" }],
    ['"level":400,"level_name":"ERROR"', 17, { level: "400" }],
    ['"level":600,"level_name":"EMERGENCY"', 21, { level: "600" }],
    ['"Level":4,"LevelDisplayName":"Information"', 9, { Level: "4" }],
    ['"level":8', 17, {}],
    ['"level":35', 9, {}],
    ['"level":30.0', 9, {}],
    ['"level":30000', 13, {}],
    ['"level":99', 0, { level: "99" }],
    ['"level":[]', 0, { level: "[]" }],
    ['"status":"error"', 17, { status: "error" }],
    ['"status":"error","level":"info"', 9, { status: "error" }],
    ['"method":"GET","status":503', 17, { method: "GET", status: "503" }],
    ['"method":"GET","status":200', 0, { method: "GET", status: "200" }],
    ['"status":503', 0, { status: "503" }]
  ])("tells words, numbers and scales of severity apart in %s", (members, number, attributes) => {
    const record = recordOf(`{"message":"m",${members}}`, json)
    expect(record.severityNumber).toBe(number)
    expect({ ...record.attributes }).toEqual(attributes)
  })

  it.each([
    ['"timestamp":"n/a","time":"2026-11-20T14:22:01Z"', "2026-11-20T14:22:01.000000000", { timestamp: "n/a" }],
    ['"timestamp":"","time":"2026-11-20T14:22:01Z"', "2026-11-20T14:22:01.000000000", { timestamp: "" }],
    ['"date":"2026-11-20","time":"14:22:01"', "2026-11-20T14:22:01.000000000", { date: "2026-11-20" }],
    ['"timestamp":{"seconds":1790000000,"nanos":5}', "2026-09-21T14:13:20.000000005", undefined],
    ['"created":"2026-11-20T14:22:01Z"', "2026-11-20T14:22:01.000000000", { created: "2026-11-20T14:22:01Z" }],
    [
      '"created":"2026-11-19T00:00:00Z","ts":1790000000',
      "2026-09-21T14:13:20.000000000",
      { created: "2026-11-19T00:00:00Z" }
    ]
  ])("takes the best readable time of %s", (members, time, attributes) => {
    const record = recordOf(`{"message":"m",${members}}`, json)
    expect(isoOf(record.timestamp)).toBe(time)
    if (attributes !== undefined) expect({ ...record.attributes }).toEqual(attributes)
  })

  it("lets no empty message hide another, and takes what happened for the message where there is none", () => {
    expect(recordOf('{"message":null,"msg":"real"}', json).body).toBe("real")
    expect(recordOf('{"message":"","msg":"real"}', json).body).toBe("real")
    expect(recordOf('{"event":"user in","level":"info"}', json)).toMatchObject({
      body: "user in",
      attributes: { event: "user in" }
    })
    expect(recordOf('{"log":"line one\\n","stream":"stdout"}', json).body).toBe("line one")
  })

  it("takes bunyan's name for the service, and no other name", () => {
    expect(recordOf('{"name":"shop","hostname":"web1","pid":1,"v":0,"msg":"m"}', json).service).toBe("shop")
    expect(recordOf('{"name":"shop","msg":"m"}', json).service).toBe("")
  })

  it("keeps a time that is none as an attribute", () => {
    const record = recordOf('{"message":"m","time":"soon"}', json)
    expect({ ...record.attributes }).toEqual({ time: "soon" })
    expect(record.timestamp).toBe(record.observedTimestamp)
  })

  it("takes the whole message for the body when the object has no message of its own", () => {
    expect(recordOf('{"a":1}', json).body).toBe('{"a":1}')
  })

  it("keeps keys of Object's own harmless", () => {
    const record = recordOf('{"__proto__":{"polluted":1},"constructor":"x","message":"m"}', json)
    expect(Object.entries(record.attributes)).toEqual([
      ["__proto__.polluted", "1"],
      ["constructor", "x"]
    ])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it("keeps the first attributes and the whole message of a record with too many", () => {
    const members = Array.from({ length: 5000 }, (_, index) => `"k${index}":${index}`)
    const text = `{${members.join(",")},"message":"m"}`
    const record = recordOf(text, json, makeStage({ maximumAttributes: 100 }))
    expect(Object.keys(record.attributes).length).toBeLessThanOrEqual(100)
    expect(record.attributes["log.original"] ?? record.body).toBe(text)
    expect(record.parsed).toBe(true)
  })

  it("survives objects nested ten thousand deep", () => {
    const deep = `{"a":${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}}`
    expect(recordOf(deep, json).parsed).toBe(true)
    const broken = `{"a":${"[".repeat(200_000)}`
    expect(recordOf(broken, json)).toMatchObject({ parsed: false, body: broken })
  })

  it("accepts exactly what JSON.parse accepts", () => {
    const nearly = fc.oneof(
      fc.json(),
      fc
        .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", "}", '"', "\\", "x", "1", " ", "\t"))
        .map(([text, at, piece]) => {
          const position = at % (text.length + 1)
          return text.slice(0, position) + piece + text.slice(position + 1)
        })
    )
    fc.assert(
      fc.property(nearly, (value) => {
        const text = `{"value":${value.replaceAll("\n", " ")}}`
        let valid = true
        try {
          JSON.parse(text)
        } catch {
          valid = false
        }
        expect(recordOf(text, json).parsed).toBe(valid)
      }),
      { numRuns: 1000 }
    )
  })

  it("reads every scalar of a random object as JSON.parse does", () => {
    const scalar = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean()
    )
    const key = fc.string({ minLength: 1 }).map((text) => `x_${text}`)
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(scalar, fc.dictionary(key, scalar, { minKeys: 1 }))), (object) => {
        const expected: Record<string, string> = Object.create(null)
        const flatten = (value: unknown, path: string): void => {
          if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
            for (const [name, inner] of Object.entries(value)) flatten(inner, path === "" ? name : `${path}.${name}`)
          } else if (path !== "")
            expected[path] = typeof value === "string" ? value.toWellFormed() : JSON.stringify(value)
        }
        flatten(object, "")
        const record = recordOf(JSON.stringify(object), json)
        expect({ ...record.attributes }).toEqual({ ...expected })
      })
    )
  })

  it("reads NDJSON line by line, a broken line leaving its neighbours alone", () => {
    const records = recordsOf('{"message":"one"}\n{"message":\r\n{"message":"three"}', json)
    expect(records.map(({ body, parsed }) => [body, parsed])).toEqual([
      ["one", true],
      ['{"message":', false],
      ["three", true]
    ])
  })

  it("reads a message the same, and refuses the same, whatever messages came before it", () => {
    const before = [
      '{"msg":"m","level":"info","a":1,"b":"2"}',
      '{"a":1,"b":"2","c":3,"msg":"m"}',
      '{"ts":"1700000000","time":"x","a":"y"}'
    ]
    const piece = fc.constantFrom(
      "",
      ",",
      "}",
      '"',
      "\\",
      "x",
      "1",
      " ",
      ":",
      "null",
      '"a":',
      "{}",
      ",,",
      '\\"',
      "\t",
      "-",
      "."
    )
    const changed = fc
      .tuple(fc.constantFrom(...before), fc.nat(), fc.nat(3), piece)
      .map(([text, at, removed, inserted]) => {
        const position = at % (text.length + 1)
        return text.slice(0, position) + inserted + text.slice(position + removed)
      })
    fc.assert(
      fc.property(changed, fc.constantFrom(...before), fc.constantFrom(2, 100), (message, usual, maximumAttributes) => {
        const stage = makeStage({ maximumAttributes })
        const fresh = (text: string) => recordsOf(text, json, makeStage({ maximumAttributes }))
        recordsOf(`${usual}\n${usual}\n`, json, stage)
        expect(recordsOf(message, json, stage)).toEqual(fresh(message))
        expect(recordsOf(usual, json, stage)).toEqual(fresh(usual))
      }),
      { numRuns: 5000 }
    )
  })

  it("takes no comma before the closing brace, though all keys are those expected", () => {
    const usual = '{"msg":"m","a":1}'
    const bodies = recordsOf(`${usual}\n${usual}\n{"msg":"m","a":1,}`, json).map(({ body }) => body)
    expect(bodies).toEqual(["m", "m", '{"msg":"m","a":1,}'])
  })

  it("reads no more keys of a record with too many, though they are those expected", () => {
    const message = '{"a":1,"b":2,"level":"error"}'
    const options = { maximumAttributes: 1 }
    const records = recordsOf(`{"msg":"m","b":1,"level":"info"}\n{"a":1}\n${message}`, json, makeStage(options))
    expect(records[2]?.severity).toBe(recordOf(message, json, makeStage(options)).severity)
  })
})
