// Tests of the codec application: lines of application loggers.
import { describe, expect, it } from "vitest"
import { missingWords } from "../missing-words.ts"
import { isoOf, recordOf } from "../records-of.ts"

const application = { codec: "application" }

describe("application", () => {
  it.each([
    [
      "2026-01-19 10:30:00 ERROR [Component] message",
      "2026-01-19T10:30:00.000",
      17,
      "message",
      { component: "Component" }
    ],
    [
      "2015-10-18 18:01:47,978 INFO [main] org.apache.App: Created",
      "2015-10-18T18:01:47.978",
      9,
      "Created",
      { thread: "main", component: "org.apache.App" }
    ],
    [
      "2015-07-29 17:41:44,747 - WARN  [Quorum[myid=1]/0:0:2181:Fast@774] - Time out: 3",
      "2015-07-29T17:41:44.747",
      13,
      "Time out: 3",
      { component: "Quorum[myid=1]/0:0:2181:Fast@774" }
    ],
    [
      "081109 203615 148 INFO dfs.DataNode$Responder: done",
      "2008-11-09T20:36:15.000",
      9,
      "done",
      { pid: "148", component: "dfs.DataNode$Responder" }
    ],
    [
      "17/06/09 20:10:40 INFO executor.Backend: Registered",
      "2017-06-09T20:10:40.000",
      9,
      "Registered",
      { component: "executor.Backend" }
    ],
    [
      "03-17 16:13:38.811  1702  2395 D WindowManager: app wtoken = x",
      "2026-03-17T16:13:38.811",
      5,
      "app wtoken = x",
      { pid: "1702", tid: "2395", component: "WindowManager" }
    ],
    [
      "[Sun Dec 04 04:47:44 2005] [error] [client 192.0.2.1] denied",
      "2005-12-04T04:47:44.000",
      17,
      "[client 192.0.2.1] denied",
      {}
    ],
    [
      "[Tue Jun 08 11:54:08.929301 2021] [php7:emerg] [pid 13] rest",
      "2021-06-08T11:54:08.929",
      21,
      "[pid 13] rest",
      { component: "php7" }
    ],
    [
      "api.log.1 2017-05-16 00:00:00.008 25746 INFO nova.wsgi [req-1 - -] GET",
      "2017-05-16T00:00:00.008",
      9,
      "[req-1 - -] GET",
      { prefix: "api.log.1", pid: "25746", component: "nova.wsgi" }
    ],
    [
      "E0517 15:04:22.619632 1952 file.cc:253] Log every 3",
      "2026-05-17T15:04:22.619",
      17,
      "Log every 3",
      { pid: "1952", component: "file.cc:253" }
    ],
    [
      "2024-01-01 10:00:00.000  INFO 1234 --- [main] c.e.Foo        : Started",
      "2024-01-01T10:00:00.000",
      9,
      "Started",
      { pid: "1234", thread: "main", component: "c.e.Foo" }
    ],
    [
      "2024-01-01 10:00:00,123 - my.logger - WARNING - low disk",
      "2024-01-01T10:00:00.123",
      13,
      "low disk",
      { component: "my.logger" }
    ],
    ["2016-09-28 04:30:30, Info                  CBS    Loaded", "2016-09-28T04:30:30.000", 9, "CBS    Loaded", {}],
    ["2009-07-20 22:59:27,672:DEBUG:Hello, World!", "2009-07-20T22:59:27.672", 5, "Hello, World!", {}],
    [
      "2025-08-13 01:45:01.123 UTC [12345] LOG:  starting",
      "2025-08-13T01:45:01.123",
      9,
      "starting",
      { thread: "12345" }
    ],
    ["2022-06-02T11:58:12.193Z info vpxd[45715] [x] BEGIN", "2022-06-02T11:58:12.193", 9, "vpxd[45715] [x] BEGIN", {}],
    ["INFO [2026-01-19 10:00:00] hi there", "2026-01-19T10:00:00.000", 9, "hi there", {}],
    [
      "- 1117838570 2005.06.03 R02 RAS KERNEL INFO parity error",
      "2005-06-03T22:42:50.000",
      9,
      "parity error",
      { prefix: "-", header: "R02 RAS KERNEL" }
    ],
    ["2024-01-01 10:00:00 nothing but a message", "2024-01-01T10:00:00.000", 0, "nothing but a message", {}]
  ])("reads %s", (text, iso, severityNumber, body, attributes) => {
    const record = recordOf(text, application)
    expect(isoOf(record.timestamp).slice(0, 23)).toBe(iso)
    expect(record).toMatchObject({ severityNumber, body, parsed: true })
    expect({ ...record.attributes }).toEqual(attributes)
  })

  it("reads a level without a timestamp", () => {
    expect(recordOf("[WARN] low disk", application)).toMatchObject({ severityNumber: 13, body: "low disk" })
    expect(recordOf("ERROR: it broke", application)).toMatchObject({ severityNumber: 17, body: "it broke" })
  })

  it("reads host, service and process of RFC 3164 lines", () => {
    expect(recordOf("Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user", application)).toMatchObject({
      host: "LabSZ",
      service: "sshd",
      body: "Invalid user",
      attributes: { procid: "24200" }
    })
  })

  it("takes words of the message for no level", () => {
    expect(recordOf("2024-01-01 10:00:00 disk error on sda", application)).toMatchObject({
      severityNumber: 0,
      body: "disk error on sda"
    })
    expect(recordOf("2024-01-01 10:00:00 user: ERROR in form", application).severityNumber).toBe(0)
  })

  it.each([
    "just words of a message",
    "    at java.lang.Thread.run(Thread.java:745)",
    "error while reading",
    "Caused by: java.io.IOException"
  ])("keeps %s raw", (text) => {
    expect(recordOf(text, application)).toMatchObject({ parsed: false, body: text, attributes: {} })
  })

  it.each([
    ["[2026-11-20T14:22:01,345][WARN ][o.e.m.Gc] [node-1] overhead", 13],
    ["2026-11-20 14:22:01 [INFO ] app started", 9],
    ["2026.11.20 14:22:01.345678 [ 4711 ] {3f1c} <Error> executeQuery: Code: 60", 17],
    ["[2026-11-20 14:22:01,345: ERROR/ForkPoolWorker-2] Task raised", 17],
    ["[2026-11-20 14:22:01] production.ERROR: Payment failed", 17],
    ["2026-11-20 14:22:01 [E] boom", 17],
    ["[E 2026-11-20 14:22:01.345 ServerApp] boom", 17],
    ["WARN  [ScheduledTasks:1] 2026-11-20 14:22:01,345 QueryProcessor.java:103 - discarded", 13],
    ["E, [2026-11-20T14:22:01.345678 #4711] ERROR -- : boom", 17],
    ["2026-11-20T14:22:01.3456789Z ##[error]Process completed", 17],
    ["[2026-11-20T14:22:01Z ERROR shop::pay] boom", 17]
  ])("reads the level in %s", (text, severityNumber) => {
    const record = recordOf(text, application)
    expect(record.severityNumber).toBe(severityNumber)
    expect(isoOf(record.timestamp)).toMatch(/^2026-11-20T14:22:01/)
    expect(missingWords(text, record)).toEqual([])
  })

  it.each([
    ["dbug: Microsoft.Hosting.Lifetime[0]", 5],
    ["fail: App.Pay[3]", 17],
    ["WARNING:app.pay:slow card", 13],
    ["14:22:01.345 [error] GenServer terminating", 17],
    ['Exception in thread "main" java.lang.NullPointerException: x', 17]
  ])("reads the level of %s, which has no time", (text, severityNumber) => {
    const record = recordOf(text, application)
    expect(record.severityNumber).toBe(severityNumber)
    expect(record.timestamp).toBe(record.observedTimestamp)
    expect(missingWords(text, record)).toEqual([])
  })

  it.each([
    "Changed log level from INFO to WARN",
    "Error rate dropped to 0%",
    "trace 4bf92f3577b3 finished",
    "notice period of customer 7 ends",
    "0 FATAL 2 ERROR 5 WARN in last minute",
    "panic button pressed in hall 3",
    "GET /api/ERROR 200"
  ])("takes no word of the sentence %j for its level", (sentence) => {
    expect(recordOf(`2026-11-20 14:22:01 ${sentence}`, application)).toMatchObject({ body: sentence, severity: "" })
  })

  it.each([
    "Backup from 2026-10-01 03:00:00 was deleted",
    "job nightly next run 2026-11-20 23:00:00 scheduled",
    "id,name 2026-10-01 03:00:00,5",
    "-rw-r--r-- 1 root root 42 Nov 20 14:22:01 a.txt",
    "commit abc Date: 2021-05-05 10:00:00 fix",
    "v2.3.1 2026-10-01 03:00:00 released"
  ])("takes no date of the sentence %j for its time", (sentence) => {
    const record = recordOf(sentence)
    expect(record.body).toBe(sentence)
    expect(record.timestamp).toBe(record.observedTimestamp)
  })

  it("takes levels that begin no sentence for levels, whatever follows", () => {
    for (const [word, number] of [
      ["err", 17],
      ["warn", 13],
      ["dbg", 5],
      ["debug2", 6],
      ["crit", 18]
    ] as const)
      expect(recordOf(`2026-11-20 14:22:01 ${word} something happened`)).toMatchObject({
        severityNumber: number,
        body: "something happened"
      })
    for (const word of ["error", "debug", "trace", "fatal", "info"])
      expect(recordOf(`2026-11-20 14:22:01 ${word} something happened`)).toMatchObject({
        severityNumber: 0,
        body: `${word} something happened`
      })
  })
})
