// The store's place in configuration: what is an address, and that a wrong one is not repeated with the password it may hold.
import { decodeWith } from "@tailrace/config/config-decode"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { isStoreUrl, StoreConfig, storeUrlProblem } from "./store-config.ts"

describe("the address of a store", () => {
  it.each(["http://127.0.0.1:8123", "https://user:secret@clickhouse.example/path", "http://[::1]:1"])(
    "may be %s",
    (url) => {
      expect(isStoreUrl(url)).toBe(true)
    }
  )

  it.each(["", "localhost:8123", "127.0.0.1:8123", "nats://a:secret@b", "http://", "http://a:secret@b:99999999"])(
    "is not %j, which is said without it",
    (url) => {
      const result = decodeWith(StoreConfig, { url }, ["store"])
      const problems = Result.isFailure(result) ? result.failure : []
      expect(problems).toEqual([{ path: ["store", "url"], message: storeUrlProblem }])
    }
  )
})
