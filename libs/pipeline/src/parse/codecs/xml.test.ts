// Tests of the codec xml.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ParseConfig } from "../parse-config.ts"
import { isoOf, makeStage, recordOf } from "../records-of.ts"

type Options = NonNullable<(typeof ParseConfig.Encoded)["xml"]>

const read = (text: string, xml: Options = {}) => recordOf(text, { layout: "single" }, makeStage({ codec: "xml", xml }))
const fieldsOf = (text: string, xml: Options = {}) => ({ ...read(text, xml).attributes })

describe("xml", () => {
  it("reads an event of Windows: elements by their path, data by its name", () => {
    const text =
      "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Security' Guid='{54}'/>" +
      "<EventID>4625</EventID><Computer>dc1</Computer></System>" +
      "<EventData><Data Name='TargetUserName'>ann</Data><Data Name='IpPort'>0</Data></EventData></Event>"
    const record = read(text)
    expect(record).toMatchObject({ parsed: true, body: text })
    expect({ ...record.attributes }).toMatchObject({
      "System.Provider.@Name": "Security",
      "System.EventID": "4625",
      "EventData.TargetUserName": "ann",
      "EventData.IpPort": "0",
      "xml.root": "Event"
    })
  })

  it("fills well-known fields and keeps the message beside them", () => {
    const text =
      "<log><time>2026-11-20T10:30:00Z</time><level>error</level><message>a &lt; b &amp; &#x263A;</message></log>"
    const record = read(text)
    expect(isoOf(record.timestamp)).toBe("2026-11-20T10:30:00.000000000")
    expect(record).toMatchObject({ severity: "ERROR", body: "a < b & ☺", attributes: { "log.original": text } })
  })

  it.each<[string, Record<string, string>]>([
    ["<b>test</b>", { b: "test" }],
    ['<a href="x">test</a>', { "@href": "x", "log.original": '<a href="x">test</a>' }],
    ["<a><b>one</b><b>two</b></a>", { b: '["one","two"]' }],
    ["<a><b i='1'>x</b><b i='2'>y</b></a>", { b: '[{"@i":"1","text":"x"},{"@i":"2","text":"y"}]' }],
    ["<?xml version='1.0'?><!-- c --><a><b><![CDATA[1 < 2]]></b><c/></a>", { b: "1 < 2" }]
  ])("reads %s", (text, fields) => {
    const { "xml.root": _, ...seen } = fieldsOf(text)
    expect(seen).toEqual(fields)
  })

  it.each([
    "true",
    "<a><b></a></b>",
    "<a>",
    "<a></a><b></b>",
    "<a>x</a> y",
    "<a b=c></a>",
    '<a b="1"c="2"></a>',
    "<a>&nope;</a>",
    "<a>1 & 2</a>",
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    "<a>&#0;</a>",
    "<a>&#x110000;</a>"
  ])("leaves %s as it came", (text) => {
    expect(read(text)).toMatchObject({ parsed: false, body: text, attributes: {} })
  })

  it("leaves what is deeper or has more elements than may be", () => {
    expect(read(`${"<a>".repeat(33)}${"</a>".repeat(33)}`).parsed).toBe(false)
    expect(read(`${"<a>".repeat(3)}x${"</a>".repeat(3)}`, { depth: 3 }).parsed).toBe(true)
    expect(read(`<a>${"<b/>".repeat(20)}</a>`, { elements: 20 }).parsed).toBe(false)
  })

  it("reads any text without a throw", () => {
    const piece = fc.constantFrom(
      "<a>",
      "</a>",
      "<a",
      ">",
      "/>",
      "&amp;",
      "&",
      "x",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      " b='1'",
      '"',
      "<?",
      "?>"
    )
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 20 }), (pieces) => {
        const text = pieces.join("")
        fc.pre(text.trim() !== "")
        const record = read(text)
        expect(record.parsed || record.body === text).toBe(true)
      })
    )
  })
})
