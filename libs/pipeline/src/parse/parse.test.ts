// Tests of the parse stage: layouts, headers, whole frames, and any bytes at all.

import { writePrefixed } from "@tailrace/domain/frame"
import { keptOf } from "@tailrace/domain/frame-account"
import { LogBatch } from "@tailrace/domain/log-batch"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { codecNames } from "./catalogue.ts"
import { batchOf, isoOf, makeStage, receivedMillis, recordOf, recordsOf } from "./records-of.ts"

const prefixed = (...messages: ReadonlyArray<Uint8Array | string>): Uint8Array => {
  const target = new Uint8Array(messages.reduce((sum, message) => sum + message.length * 4 + 5, 0))
  let at = 0
  for (const message of messages)
    at = writePrefixed(target, at, typeof message === "string" ? encodeUtf8(message) : message)
  return target.subarray(0, at)
}

/** NUL ends a message, and is none of it before its first byte; a message of NULs alone stays. */
const withoutNuls = (message: Uint8Array): Uint8Array => {
  const from = message.findIndex((byte) => byte !== 0)
  return from < 0 ? message : message.subarray(from, message.findLastIndex((byte) => byte !== 0) + 1)
}

describe("parse", () => {
  it("makes one row of every message and none of empty lines", () => {
    const batch = batchOf("one\n\n\r\ntwo\r\n \nlast")
    expect(Array.from({ length: batch.length }, (_, row) => batch.body.text(row))).toEqual(["one", "two", " ", "last"])
    expect(batch.frames[0]?.received).toBe(4)
    expect([...batch.row.subarray(0, 4)]).toEqual([0, 1, 2, 3])
  })

  it("keeps line ends inside length-prefixed messages", () => {
    const records = recordsOf(prefixed("2026-01-19 10:30:00 ERROR boom\n\tat x", '{"message":"a\\nb"}'), {
      layout: "prefixed"
    })
    expect(records.map(({ body }) => body)).toEqual(["boom\n\tat x", "a\nb"])
  })

  it("reads no further than its message, whatever stands behind it", () => {
    const records = recordsOf(
      prefixed('{"message":"open', '"}', "<13>1 - - - - - [a", ' b="c"] x', "2026-01-19 10:30", ":45 x"),
      {
        layout: "prefixed"
      }
    )
    expect(records.map(({ body, parsed }) => [body, parsed])).toEqual([
      ['{"message":"open', false],
      ['"}', false],
      ["[a", true],
      [' b="c"] x', false],
      ["2026-01-19 10:30", true],
      [":45 x", false]
    ])
  })

  it("uses the codec that the frame names, and its own for names nobody knows", () => {
    expect(recordOf('{"message":"m"}', { codec: "raw" }).body).toBe('{"message":"m"}')
    expect(recordOf('{"message":"m"}', { codec: "klingon" }).body).toBe("m")
    expect(recordOf("a=1 msg=m", { codec: "auto" }, makeStage({ codec: "logfmt" })).body).toBe("m")
  })

  it("gives the frame's attributes to every record, the record's own winning", () => {
    const header = {
      attributes: { "file.path": "/var/log/app.log", host: "node-1", peer: "192.0.2.1" },
      resource: { "service.name": "api", region: "north" }
    }
    const [first, second] = recordsOf('{"message":"m"}\n{"message":"m","host":"own","peer":"own"}', header)
    expect(first).toMatchObject({
      host: "node-1",
      service: "api",
      resource: { "service.name": "api", region: "north" }
    })
    expect({ ...first?.attributes }).toEqual({ "file.path": "/var/log/app.log", peer: "192.0.2.1" })
    expect(second?.host).toBe("own")
    expect(second?.attributes.peer).toBe("own")
  })

  it("reads a bare message as lines, or as one JSON object printed over several", () => {
    const bare = { receivedMillis: undefined }
    expect(recordsOf('{\n  "message": "m",\n  "a": 1\n}\n', bare)).toHaveLength(1)
    expect(recordsOf('{"message":"m"}\n{"message":"n"}\n', bare)).toHaveLength(2)
    expect(recordsOf('{\n"message": \n', bare)).toHaveLength(2)
    expect(recordOf("m", bare).observedTimestamp).toBe(BigInt(receivedMillis) * 1_000_000n)
  })

  it("puts a record of a clock far off at its receipt and keeps what it said", () => {
    for (const time of ["2026-11-23T12:00:00Z", "1970-01-01T00:00:00Z", "4102444800"]) {
      const record = recordOf(`{"message":"m","time":"${time}"}`)
      expect(record.timestamp).toBe(BigInt(receivedMillis) * 1_000_000n)
      expect(record.attributes["timestamp.original"]).toBe(time)
    }
    const stage = makeStage({ maximumFuture: "3d", oldest: "1960-01-01" })
    expect(isoOf(recordOf('{"message":"m","time":"2026-11-23T12:00:00Z"}', {}, stage).timestamp)).toBe(
      "2026-11-23T12:00:00.000000000"
    )
  })

  it("cuts bodies above the limit at a character's border and says how much is gone", () => {
    const stage = makeStage({ maximumBodyBytes: 1024 })
    const record = recordOf(`x${"é".repeat(1000)}`, { codec: "raw" }, stage)
    expect(record.body).toBe(`x${"é".repeat(511)}`)
    expect(record.attributes["log.truncated_bytes"]).toBe("978")
    expect(recordOf("y".repeat(1024), { codec: "raw" }, stage).body).toBe("y".repeat(1024))
  })

  it("keeps a body of 64 KiB intact", () => {
    const body = "0123456789abcdef".repeat(4096)
    expect(recordOf(JSON.stringify({ message: body })).body).toBe(body)
  })

  it("stores bytes that are no UTF-8 as they came", () => {
    const bytes = Uint8Array.of(0x66, 0xff, 0x00, 0xc3, 0x28, 0x66)
    const batch = batchOf(bytes, { layout: "single" })
    const start = batch.body.start[0] as number
    expect([...batch.body.arena.subarray(start, start + 6)]).toEqual([...bytes])
    expect(batch.body.text(0)).toBe("f\ufffd\u0000\ufffd(f")
  })

  it("takes what was dropped before the frame into its account, which no row's place depends on", () => {
    const dropped = { "collector:sample": 18, "collector:no-room": 2 }
    const batch = batchOf("one\ntwo\n", { dropped })
    expect([...batch.row.subarray(0, 2)]).toEqual([0, 1])
    const [account] = batch.frames
    expect(account).toMatchObject({ received: 22, dropped: new Map(Object.entries(dropped)) })
    expect(account === undefined ? 0 : keptOf(account)).toBe(2)
    const empty = batchOf("", { dropped })
    expect(empty.length).toBe(0)
    expect(empty.frames[0]?.received).toBe(20)
  })

  it("forgets nothing and mixes nothing up when a batch is used again", () => {
    const stage = makeStage()
    const batch = LogBatch.make({ partition: 0, rowCapacity: 2 })
    const texts = ['{"message":"a","k1":"1"}', "level=error msg=b k2=2 k3=3", '{"message":"c","k3":"3","level":"info"}']
    for (let round = 0; round < 3; round++) {
      batch.reset()
      texts.forEach((text, index) => {
        stage.parseFrame(
          {
            sequence: round * 10 + index + 1,
            tenant: "default",
            source: "test",
            header: { layout: "lines", codec: "auto", receivedMillis, attributes: {}, resource: {} },
            storedMillis: receivedMillis,
            payload: encodeUtf8(text)
          },
          batch
        )
      })
      expect(
        [0, 1, 2].map((row) => [batch.body.text(row), { ...batch.attributes.object(row) }, batch.severity.textAt(row)])
      ).toEqual([
        ["a", { k1: "1" }, ""],
        ["b", { k2: "2", k3: "3" }, "ERROR"],
        ["c", { k3: "3" }, "INFO"]
      ])
    }
  })

  it("learns new keys for ever without growing", () => {
    const stage = makeStage()
    for (let round = 0; round < 30; round++) {
      const text = Array.from({ length: 500 }, (_, index) => `{"message":"m","key_${round}_${index}":"${index}"}`).join(
        "\n"
      )
      const records = recordsOf(text, {}, stage)
      expect(records.at(-1)?.attributes).toEqual({ [`key_${round}_499`]: "499" })
    }
  })

  it("throws over no bytes and makes one row per message, under every codec", () => {
    const pieces = fc.constantFrom(
      ...[
        '{"',
        '":',
        '"}',
        "\\u",
        "\\",
        "<34>",
        "1 ",
        "- ",
        "[",
        "]",
        "=",
        '"',
        " ",
        ":",
        "\t",
        "\ud83d\ude00",
        "{",
        "}",
        ","
      ],
      ...[
        "2026-01-19T10:30:00",
        ".5Z",
        "Oct 11 22:14:15 ",
        "10/Oct/2000:13:55:36 +0000",
        "ERROR",
        "I0517 15:04:22.6",
        "1117838570 2005.06.03"
      ],
      ...['HTTP/1.1" 200', "081109 203615", "03-17 16:13:38", '"time":', '"level":', "null", "-1e5"]
    )
    const text = fc
      .array(fc.oneof(pieces, fc.string({ maxLength: 4 })), { maxLength: 30 })
      .map((parts) => encodeUtf8(parts.join("")))
    const message = fc.oneof(text, fc.uint8Array({ maxLength: 60 }))
    const stages = codecNames.map((codec) => ({ codec, stage: makeStage() }))
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        const filled = messages.filter(({ length }) => length > 0)
        for (const { codec, stage } of stages) {
          const batch = batchOf(prefixed(...messages), { codec, layout: "prefixed" }, stage)
          expect(batch.length).toBe(filled.length)
          for (let row = 0; row < batch.length; row++) {
            batch.record(row)
            if (batch.parsed[row] === 0) {
              const message = filled[row] as Uint8Array
              const start = batch.body.start[row] as number
              const kept = batch.body.arena.subarray(start, start + (batch.body.length[row] as number))
              expect(Buffer.compare(kept, codec === "raw" ? message : withoutNuls(message))).toBe(0)
            }
          }
        }
      }),
      { numRuns: 1000 }
    )
  })

  it("reads any payload as lines without throwing, a row for each line that is not empty", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (payload) => {
        const lines = Buffer.from(payload).toString("latin1").split("\n")
        const filled = lines.filter((line) => line.replace(/\r$/, "") !== "")
        expect(batchOf(payload).length).toBe(filled.length)
      })
    )
  })
})
