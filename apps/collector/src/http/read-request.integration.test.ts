// Reading requests over a real socket: what is refused before it costs anything.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { send } from "./answer.ts"
import { Permits } from "./permits.ts"
import { readRequest } from "./read-request.ts"

describe("the body of a request", () => {
  it("is told 503 where too many compressed ones wait, and read as usual where it is none", async () => {
    const limits = { maxBodyBytes: 1_000, lend: () => true, decompressions: new Permits(0, 0) }
    const server = createServer(async (request, response) => {
      const read = await readRequest(request, limits)
      if ("answer" in read) send(response, read.answer)
      else response.end(Buffer.concat(read.pieces))
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const headers = { "content-encoding": "gzip" }
    const busy = await fetch(url, { method: "POST", headers, body: gzipSync("packed") })
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([503, "1"])
    limits.decompressions.give()
    for (let again = 0; again < 3; again++) {
      const packed = await fetch(url, { method: "POST", headers, body: gzipSync("packed") })
      expect(await packed.text()).toBe("packed")
      // Broken ones give their permit back as well.
      expect((await fetch(url, { method: "POST", headers, body: "no gzip" })).status).toBe(400)
    }
    expect(await (await fetch(url, { method: "POST", body: "plain" })).text()).toBe("plain")
    server.close()
    server.closeAllConnections()
  })
})
