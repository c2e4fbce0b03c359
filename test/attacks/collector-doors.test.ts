// Attacks on the collector's entrances, against `tailrace up` as it starts by default: pages, tricks of protocols, floods.
import { connect } from "node:net"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RunningTailrace } from "../e2e/running-tailrace.ts"
import { httpRequest, talk } from "./raw-http.ts"

let running: RunningTailrace

beforeAll(async () => {
  running = await RunningTailrace.start()
})
afterAll(() => running.remove())

const evil = "https://evil.example"
const post = (headers: Record<string, string>, body = "forged\n", path = "/ingest/forged") =>
  httpRequest(running.ports.http, { method: "POST", path, headers: { "content-type": "text/plain", ...headers }, body })

/** What a sender of a marked line sees last: when it is stored, all that came before it has been judged. */
const untilMarked = async (mark: string) => {
  expect((await post({}, `${mark}\n`, "/ingest/marks")).status).toBe(202)
  await running.untilCount(`source:marks ${mark}`, 1)
}

/** Sends pieces to the syslog port; resolves with what was said once the collector has closed the connection. */
const overSyslog = (pieces: ReadonlyArray<string | Uint8Array>) => talk(running.ports.syslog, pieces)

/** Sends honest bytes and ends; the collector closes when it has stored them. */
const deliver = (text: string): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect({ port: running.ports.syslog, host: "127.0.0.1" }, () => socket.end(text))
    socket.resume().once("close", () => resolve())
  })

interface Entry {
  readonly received: number
  readonly stored: number
  readonly droppedBy: Readonly<Record<string, number>>
}

/** How often the ledger counts a reason for the syslog source; waits until it is `wanted`. */
const untilDropped = (reason: string, wanted: number) =>
  waitFor(
    async () => {
      const { ledger } = await running.graphql<{ ledger: { entries: ReadonlyArray<Entry> } }>(
        '{ ledger(source: "syslog") { entries { received stored droppedBy } } }'
      )
      return ledger.entries.reduce((sum, { droppedBy }) => sum + (droppedBy[reason] ?? 0), 0)
    },
    (seen) => seen >= wanted,
    { what: `${wanted} dropped by ${reason}` }
  )

describe("a page of another origin", () => {
  it("forges nothing by HTTP, whatever its browser tells", async () => {
    const attempts: ReadonlyArray<Record<string, string>> = [
      { origin: evil },
      { origin: "null" },
      { origin: evil, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
      { "sec-fetch-site": "same-site" },
      // A form that is sent in a window of its own.
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
      // A page whose name was made to resolve to this machine.
      { host: "evil.example" },
      { host: `evil.example:${running.ports.http}`, origin: `http://evil.example:${running.ports.http}` }
    ]
    for (const headers of attempts) {
      const answer = await post(headers)
      expect(answer.status, JSON.stringify(headers)).toBe(403)
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined()
    }
    await untilMarked("after-pages")
    expect(await running.count("source:forged")).toBe(0)
  })

  it("gets no permission to ask, and reads neither health nor metrics", async () => {
    const preflight = await httpRequest(running.ports.http, {
      method: "OPTIONS",
      path: "/ingest",
      headers: {
        origin: evil,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
        "access-control-request-private-network": "true"
      }
    })
    expect(preflight.status).toBe(403)
    for (const path of ["/health/ready", "/health/live", "/metrics", "/ingest", "/"]) {
      const answer = await httpRequest(running.ports.http, { path, headers: { origin: evil } })
      expect([path, answer.status]).toEqual([path, 403])
      expect((await httpRequest(running.ports.http, { path, headers: { host: "evil.example" } })).status).toBe(403)
    }
    const names = Object.keys(preflight.headers).filter((name) => name.startsWith("access-control-"))
    expect(names).toEqual([])
  })

  it("forges nothing by a line protocol: HTTP, HTTP/2 and TLS are closed and counted", async () => {
    const forged = "<14>1 - - forged - - - by a page"
    const body = `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n\r\n${forged}\n${forged}\n`
    await overSyslog([body])
    await overSyslog([...body].slice(0, 60))
    await overSyslog([`GET /${"a".repeat(200_000)}`, "\r\n", forged, "\n"])
    await overSyslog([`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${forged}\n`])
    await overSyslog([Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), `\n${forged}\n`])
    const answer = await fetch(`http://127.0.0.1:${running.ports.syslog}/`, { method: "POST", body: forged }).then(
      () => "an answer",
      () => "nothing"
    )
    expect(answer).toBe("nothing")
    const counted = "<14>1 - - honest - - - GET /a HTTP/1.1 counted"
    await deliver(`<14>1 - - honest - - - GET / HTTP/1.1\nGET lost in translation\n${counted.length} ${counted}`)
    await running.untilCount("source:syslog", 3)
    expect(await running.count("source:syslog")).toBe(3)
    expect(await untilDropped("collector:http-on-tcp", 5)).toBe(5)
    expect(await untilDropped("collector:tls-on-tcp", 1)).toBe(1)
  })
})
