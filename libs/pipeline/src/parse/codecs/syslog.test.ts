// Tests of the codec syslog: RFC 3164 and RFC 5424.
import { describe, expect, it } from "vitest"
import { isoOf, recordOf } from "../records-of.ts"

const syslog = { codec: "syslog", layout: "single" } as const

describe("syslog", () => {
  it("reads RFC 5424 with structured data", () => {
    const record = recordOf(
      String.raw`<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 8710 ID47 [exampleSDID@32473 iut="3" eventSource="a \"b\" \\ \]"][empty] An event`,
      syslog
    )
    expect(isoOf(record.timestamp)).toBe("2003-10-11T22:14:15.003000000")
    expect(record).toMatchObject({
      severityNumber: 10,
      severity: "INFO",
      host: "mymachine.example.com",
      service: "evntslog",
      body: "An event"
    })
    expect({ ...record.attributes }).toEqual({
      facility: "local4",
      procid: "8710",
      msgid: "ID47",
      "exampleSDID@32473.iut": "3",
      "exampleSDID@32473.eventSource": String.raw`a "b" \ ]`,
      empty: ""
    })
  })

  it("reads RFC 5424 whose every field is absent, and takes off a byte order mark", () => {
    expect(recordOf("<13>1 - - - - - - \ufeffgrüße", syslog)).toMatchObject({
      body: "grüße",
      host: "",
      service: "",
      attributes: { facility: "user" }
    })
    expect(recordOf("<13>1 - - - - - -", syslog)).toMatchObject({ body: "", parsed: true })
  })

  it("keeps the text of RFC 5424 messages whose structured data is broken", () => {
    const text = '<13>1 2003-10-11T22:14:15Z host app - - [id name="unterminated'
    expect(recordOf(text, syslog)).toMatchObject({
      host: "host",
      service: "app",
      body: '[id name="unterminated',
      attributes: { "log.original": text }
    })
  })

  it("reads structured data that strays from the RFC, and keeps the message's text beside it", () => {
    const text = String.raw`<13>1 - - - - - [id a= "1" b="\n" c="]"] m`
    expect(recordOf(text, syslog)).toMatchObject({
      body: "m",
      attributes: { "id.a": "1", "id.b": String.raw`\n`, "id.c": "]", "log.original": text }
    })
  })

  it("reads RFC 5424 whose priority was taken off on the way", () => {
    expect(recordOf("1 2020-05-22T14:59:09.250-03:00 mx rpd 6589 - - peer is gone", syslog)).toMatchObject({
      host: "mx",
      service: "rpd",
      body: "peer is gone",
      severityNumber: 0
    })
  })

  it("takes the level at the head of the message when there is no priority", () => {
    expect(recordOf("Apr  7 07:31:56 mac sshd[36403]: error: kex failed", syslog)).toMatchObject({
      severityNumber: 17,
      body: "error: kex failed"
    })
    expect(recordOf("Apr  7 07:31:56 mac sshd[36403]: error is not its level", syslog).severityNumber).toBe(0)
  })

  it.each([
    ["<34>Oct 11 22:14:15 mymachine su: 'su root' failed", "mymachine", "su", "'su root' failed", undefined],
    ["<0>Oct 22 10:52:01 10.1.2.3 sched[0]: That's All Folks!", "10.1.2.3", "sched", "That's All Folks!", "0"],
    ["<133>Jun 13 16:33:35 haproxy[73411]: Proxy started.", "", "haproxy", "Proxy started.", "73411"],
    ["<190>Apr 15 2007 21:28:13: %PIX-6-302014: Teardown", "", "%PIX-6-302014", "Teardown", undefined],
    ["<133>2011-03-01T11:22:12Z host tag msgh ...", "host", "tag", "msgh ...", undefined],
    ["<129>Mar 10 01:00:00 Hostname3 tag:msgnum:3", "Hostname3", "tag", "msgnum:3", undefined],
    [
      "<38>Sep 22 10:11:56 Message forwarded from cdaix66: sshd[679960]: Accepted",
      "cdaix66",
      "sshd",
      "Accepted",
      "679960"
    ],
    ["Jun 14 15:16:01 combo sshd(pam_unix)[19939]: check pass", "combo", "sshd(pam_unix)", "check pass", "19939"],
    ["<14>Aug 30 23:00:05 X4711", "X4711", "", "", undefined]
  ])("reads %s", (text, host, service, body, procid) => {
    const record = recordOf(text, syslog)
    expect(record).toMatchObject({ host, service, body, parsed: true })
    expect(record.attributes.procid).toBe(procid)
  })

  it("takes severity and facility from the priority", () => {
    const numbers = [21, 19, 18, 17, 13, 10, 9, 5]
    numbers.forEach((number, severity) => {
      const record = recordOf(`<${16 * 8 + severity}>Oct 11 22:14:15 h t: m`, syslog)
      expect(record.severityNumber).toBe(number)
      expect(record.attributes.facility).toBe("local0")
    })
    expect(recordOf("Oct 11 22:14:15 h t: m", syslog).severityNumber).toBe(0)
  })

  it("keeps the text of a message that has a priority and nothing else right", () => {
    expect(recordOf("<13>last message repeated 5 times", syslog)).toMatchObject({
      severityNumber: 10,
      body: "last message repeated 5 times",
      attributes: { "log.original": "<13>last message repeated 5 times" }
    })
  })

  it.each(["some message", "<>x", "<1234>x", "", "<13"])("keeps %j raw", (text) => {
    if (text === "") return expect(() => recordOf(text, syslog)).toThrow("got 0")
    return expect(recordOf(text, syslog)).toMatchObject({ parsed: false, body: text })
  })

  it("takes what a header leaves to be read, and nothing for the severity, when the priority is above the RFC's", () => {
    const record = recordOf("<192>Nov 20 14:22:01 h app: m", { codec: "syslog" })
    expect(record).toMatchObject({ host: "h", service: "app", body: "m", severityNumber: 0 })
    expect(record.attributes["log.original"]).toBe("<192>Nov 20 14:22:01 h app: m")
  })

  it.each([
    ["<13>1 2026-11-20T14:22:01Z host app 42 - no data", "host", "app", "no data"],
    ["<34>1 Nov 20 14:22:01 h app: m", "h", "app", "m"],
    ["<13>Nov 20 14:22:01 10.0.0.1 Interface Gi0/1 down", "10.0.0.1", "", "Interface Gi0/1 down"],
    ["<13>Nov 20 14:22:01 h pam_unix(sshd:session): opened", "h", "pam_unix(sshd:session)", "opened"],
    ["<189>4211: Nov 20 14:22:01.345: %SYS-5-CONFIG_I: conf", "", "%SYS-5-CONFIG_I", "conf"],
    ["<180>782431: m1: .Nov 20 14:22:01.631 GMT: %CDP-4-X: x", "m1", "%CDP-4-X", "x"],
    ["<189>: 2026 Nov 20 14:22:01 UTC: %ETHPORT-5-IF_UP: up", "", "%ETHPORT-5-IF_UP", "up"],
    ["<14>Nov 20 14:22:01 pa1 1,2026/11/20 14:22:01,TRAFFIC", "pa1", "", "1,2026/11/20 14:22:01,TRAFFIC"]
  ])("reads %s as devices mean it", (text, host, service, body) => {
    const record = recordOf(text, { codec: "syslog" })
    expect(record).toMatchObject({ host, service, body })
    expect(isoOf(record.timestamp)).toMatch(/^2026-11-20T14:22:01/)
  })

  it.each([
    ['<14>1 2026-11-20T14:22:01Z h app - - - {"level":"error","msg":"boom","id":7}', 17, "boom"],
    ['<14>Nov 20 14:22:01 h app: @cee: {"level":"error","msg":"boom","id":7}', 17, "boom"],
    ['{"level":"error","msg":"boom","id":7}', 17, "boom"],
    ['<189>date=2026-11-20 time=14:22:01 id=7 msg="boom"', 10, "boom"]
  ])("reads the message inside %s", (text, severityNumber, body) => {
    expect(recordOf(text, { codec: "syslog" })).toMatchObject({ severityNumber, body, attributes: { id: "7" } })
  })
})
