// Tests of the push iterator.
import { assert, describe, it } from "@effect/vitest"
import { pushIterator } from "./push-iterator.ts"

const open = (waiting = 3) => {
  let stops = 0
  const iterator = pushIterator<number>({ waiting, stop: () => stops++ })
  return { iterator, stops: () => stops }
}

describe("a push iterator", () => {
  it("gives what was pushed, before or after it was asked for", async () => {
    const { iterator } = open()
    iterator.push(1)
    const first = await iterator.next()
    const second = iterator.next()
    iterator.push(2)
    assert.deepStrictEqual([first.value, (await second).value], [1, 2])
  })

  it("lets the oldest go when too many wait", async () => {
    const { iterator } = open(2)
    for (const value of [1, 2, 3]) iterator.push(value)
    assert.deepStrictEqual([(await iterator.next()).value, (await iterator.next()).value], [2, 3])
  })

  it("ends once, wakes its reader and takes nothing more", async () => {
    const { iterator, stops } = open()
    const next = iterator.next()
    await iterator.return?.()
    await iterator.throw?.(new Error("late"))
    iterator.push(1)
    assert.isTrue((await next).done)
    assert.isTrue((await iterator.next()).done)
    assert.strictEqual(stops(), 1)
  })
})
