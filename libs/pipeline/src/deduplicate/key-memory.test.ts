// Tests of KeyMemory against a plain list: newest time of a key, the oldest forgotten, older keys put in behind.
import { describe, expect, it } from "vitest"
import { keyHash } from "./key-hash.ts"
import { KeyMemory } from "./key-memory.ts"

/** A key as a hash; keys 64 apart share their chain bits. */
const take = (key: number): void => keyHash.set([key % 64, key, 7, 9])

const random = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe("KeyMemory", () => {
  it.each([1, 2, 5, 1_024, 3_000])("holds the newest %i keys, whatever comes when", (most) => {
    const next = random(most)
    const memory = new KeyMemory(most)
    let list: Array<readonly [key: number, time: number]> = []
    for (let step = 0; step < 8_000; step++) {
      const key = next(2_000)
      if (next(50) === 0) {
        const older = Array.from({ length: next(40) }, (_, i) => [next(2_000), -step * 100 - i] as const)
        memory.addOlder(older.length, (i) => {
          take((older[i] as (typeof older)[number])[0])
          return (older[i] as (typeof older)[number])[1]
        })
        list = [...older.slice(0, Math.max(0, most - list.length)).reverse(), ...list]
      } else {
        take(key)
        const forgotten = memory.add(step)
        const out = list.length === most ? list.shift() : undefined
        list.push([key, step])
        expect(forgotten).toBe(out === undefined ? Number.NaN : out[1])
      }
      const asked = next(2_000)
      take(asked)
      expect(memory.timeOf()).toBe(list.findLast(([known]) => known === asked)?.[1] ?? Number.NaN)
      expect(memory.count).toBe(list.length)
      expect(memory.full).toBe(list.length === most)
    }
  })
})
