// Tests of KeyHash: MurmurHash3's own values under equal seeds, and hashes of other scopes that have nothing in common.
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { describe, expect, it } from "vitest"
import { hashKey, keyHash, ScopeSeeds } from "./key-hash.ts"

const hex = (text: string, seed: Uint32Array): string => {
  const bytes = encodeUtf8(`..${text}..`)
  hashKey(bytes, 2, bytes.length - 2, seed)
  return [...keyHash].map((lane) => lane.toString(16).padStart(8, "0")).join("")
}

describe("hashKey", () => {
  it("is MurmurHash3 x86 128 when the seeds are equal", () => {
    const seed = new Uint32Array(4)
    expect(hex("", seed)).toBe("00000000000000000000000000000000")
    expect(hex("The quick brown fox jumps over the lazy dog", seed)).toBe("2f1583c3ecee2c675d7bf66ce5e91d2c")
    expect(hex("I will not buy this tobacconist's, it is scratched.", seed)).toBe("9b5b7ba2ef3f7866889adeaf00f3f98e")
  })

  it("differs for every length and every byte of a key", () => {
    const seed = new ScopeSeeds().of("default", "web")
    const texts = Array.from({ length: 40 }, (_, length) => "a".repeat(length))
    for (let at = 0; at < 40; at++) texts.push(`${"a".repeat(at)}b${"a".repeat(39 - at)}`)
    expect(new Set(texts.map((text) => hex(text, seed))).size).toBe(80)
  })

  it("differs between tenants, sources and processes", () => {
    const seeds = new ScopeSeeds()
    const all = [seeds.of("a", "b"), seeds.of("a", "c"), seeds.of("b", "b"), new ScopeSeeds().of("a", "b")]
    expect(new Set(all.map((seed) => hex("order-1", seed))).size).toBe(4)
    for (let i = 0; i < 3_000; i++) seeds.of("flood", String(i))
    expect(hex("order-1", seeds.of("a", "b"))).toBe(hex("order-1", all[0] as Uint32Array))
  })
})
