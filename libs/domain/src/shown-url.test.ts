// Tests of addresses as they are printed: nothing secret in them, and enough left to know which it is.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { shownUrl, withShownUrls } from "./shown-url.ts"

describe("shownUrl", () => {
  it("leaves an address without secrets as it is", () => {
    for (const url of [
      "http://127.0.0.1:8123",
      "nats://broker-1:4222",
      "nats://[::1]:4222",
      "https://store.example/click/house",
      "localhost:4222",
      "tls://a:4222,tls://b:4222"
    ])
      expect(shownUrl(url)).toBe(url)
    expect(shownUrl(["nats://a:1", "nats://b:2"])).toBe("nats://a:1,nats://b:2")
  })

  it("takes out user, password, token and query", () => {
    expect(shownUrl("nats://u:s3cret@broker:4222")).toBe("nats://broker:4222")
    expect(shownUrl("nats://s3cret@broker:4222")).toBe("nats://broker:4222")
    expect(shownUrl("u:s3cret@broker:4222")).toBe("broker:4222")
    expect(shownUrl("http://u:s3cret@h:8123/db?password=s3cret#s3cret")).toBe("http://h:8123/db?...")
    expect(shownUrl("http://h:8123/?s3cret")).toBe("http://h:8123/?...")
    expect(shownUrl("nats://u:s3cret@a:1, nats://u:s3,cret@b:2")).toBe("nats://a:1, nats://b:2")
  })

  it("takes out passwords that nobody escaped", () => {
    for (const password of ["s3@cret", "s3:cret", "s3,cret", "s3 cret", "s3[cret]"])
      expect(shownUrl(`http://u:${password}@h:8123/db`), password).toBe("http://h:8123/db")
    for (const password of ["s3/cret", "s3#cret", "s3?cret", "//s3cret", "123/cret", "123?cret"])
      expect(shownUrl(`http://u:${password}@h:8123/db`), password).toBe("http://...")
    expect(shownUrl("http://h/?token=s3@cret")).toBe("http://...")
  })

  it("shows no part of a secret, wherever it stands", () => {
    const secret = fc.stringMatching(/^[!-~]{1,30}$/).map((text) => `\u00a7${text}\u00a7`)
    fc.assert(
      fc.property(secret, fc.constantFrom("nats://", "http://", "tls://", ""), (text, scheme) => {
        expect(shownUrl(`${scheme}u:${text}@host:4222`)).not.toContain("\u00a7")
        expect(shownUrl(`${scheme}host:4222/?token=${text}`)).not.toContain("\u00a7")
        expect(shownUrl(`${scheme}host:4222/a#${text}`)).not.toContain("\u00a7")
      })
    )
  })
})

describe("withShownUrls", () => {
  it("takes secrets out of addresses in a sentence and leaves the sentence", () => {
    expect(withShownUrls("a URL that includes credentials: http://u:s3cret@h:1/graphql?x=s3cret.")).toBe(
      "a URL that includes credentials: http://h:1/graphql?...."
    )
    expect(withShownUrls('cannot reach "nats://u:s3cret@h:4222", nor (http://t@h).')).toBe(
      'cannot reach "nats://h:4222", nor (http://h).'
    )
    expect(withShownUrls("credentials: http://u:s3 cret@h:1/graphql")).toBe("credentials: http://h:1/graphql")
    expect(withShownUrls("no address: ENOENT")).toBe("no address: ENOENT")
  })
})
