// Delivery tokens: both forms of the broker's reply subject, and what is none.
import { describe, expect, it } from "vitest"
import { asBuffer, readDeliveryToken } from "./delivery.ts"

describe("readDeliveryToken", () => {
  const facts = {
    deliveryCount: 2,
    sequence: 123,
    deliverySequence: 45,
    receivedMillis: 1795249655051,
    pending: 22
  }

  it("reads the form without a domain", () => {
    expect(readDeliveryToken("$JS.ACK.raw.pipeline-0.2.123.45.1795249655051237928.22")).toEqual(facts)
  })

  it("reads the form with domain and account", () => {
    expect(readDeliveryToken("$JS.ACK._.hash.raw.pipeline-0.2.123.45.1795249655051237928.22.random")).toEqual(facts)
  })

  it("says undefined for any other subject", () => {
    for (const other of ["", "_INBOX.x.1", "$JS.ACK.raw", "$JS.ACK.a.b.c.d.e.f.g.h"]) {
      expect(readDeliveryToken(other)).toBeUndefined()
    }
  })
})

describe("asBuffer", () => {
  it("gives a view and copies nothing", () => {
    const chunk = new Uint8Array([1, 2, 3, 4])
    const view = asBuffer(chunk.subarray(1, 3))
    chunk[1] = 9
    expect([...view]).toEqual([9, 3])
    expect(asBuffer(view)).toBe(view)
  })
})
