// Lanes: so many run, so many wait, the rest is told to come back.
import { expect, test } from "vitest"
import { Lanes } from "./lanes.ts"

const open = new AbortController().signal

test("a request beyond the running ones waits until one leaves, in order", async () => {
  const lanes = new Lanes(1, 2)
  const order: Array<string> = []
  const leave = await lanes.enter(open)
  const second = lanes.enter(open).then((next) => {
    order.push("second")
    next()
  })
  const third = lanes.enter(open).then((next) => {
    order.push("third")
    next()
  })
  expect(order).toEqual([])
  leave()
  await Promise.all([second, third])
  expect(order).toEqual(["second", "third"])
})

test("a request beyond the waiting ones is refused with 503 and Retry-After", async () => {
  const lanes = new Lanes(1, 0)
  await lanes.enter(open)
  await expect(lanes.enter(open)).rejects.toMatchObject({ status: 503, code: 202, headers: { "Retry-After": "1" } })
})

test("a client that leaves while it waits takes no turn", async () => {
  const lanes = new Lanes(1, 1)
  const leave = await lanes.enter(open)
  const gone = new AbortController()
  const waiting = lanes.enter(gone.signal)
  gone.abort(new Error("gone"))
  await expect(waiting).rejects.toThrow("gone")
  leave()
  leave()
  await lanes.enter(open)
  await expect(Promise.race([lanes.enter(open), Promise.resolve("waits")])).resolves.toBe("waits")
})
