// Lanes: so many run, so many wait, the rest is told to come back.
import { once } from "node:events"
import { expect, test } from "vitest"
import { Lanes } from "./lanes.ts"

const open = new AbortController().signal
const lanesOf = (running: number, waiting: number) => new Lanes({ running, waiting, seconds: 60 })

test("a request beyond the running ones waits until one leaves, in order", async () => {
  const lanes = lanesOf(1, 2)
  const order: Array<string> = []
  const { leave } = await lanes.enter(open)
  const second = lanes.enter(open).then((next) => {
    order.push("second")
    next.leave()
  })
  const third = lanes.enter(open).then((next) => {
    order.push("third")
    next.leave()
  })
  expect(order).toEqual([])
  leave()
  await Promise.all([second, third])
  expect(order).toEqual(["second", "third"])
})

test("a request beyond the waiting ones is refused with 503 and Retry-After", async () => {
  const lanes = lanesOf(1, 0)
  await lanes.enter(open)
  await expect(lanes.enter(open)).rejects.toMatchObject({ status: 503, code: 202, headers: { "Retry-After": "1" } })
})

test("a client that leaves while it waits takes no turn", async () => {
  const lanes = lanesOf(1, 1)
  const { leave } = await lanes.enter(open)
  const gone = new AbortController()
  const waiting = lanes.enter(gone.signal)
  gone.abort(new Error("gone"))
  await expect(waiting).rejects.toThrow("gone")
  leave()
  leave()
  await lanes.enter(open)
  await expect(Promise.race([lanes.enter(open), Promise.resolve("waits")])).resolves.toBe("waits")
})

test("a lane is late when its time is over, and says so as ClickHouse does", async () => {
  const lane = await new Lanes({ running: 1, waiting: 0, seconds: 0.001 }).enter(open)
  await once(lane.late, "abort")
  expect(lane.late.reason).toMatchObject({ code: 159, type: "TIMEOUT_EXCEEDED", status: 408 })
})

test("seconds count in which all lanes were taken and none came back", async () => {
  const lanes = lanesOf(2, 2)
  const first = await lanes.enter(open)
  expect([lanes.tick(), lanes.tick()]).toEqual([0, 0])
  await lanes.enter(open)
  expect([lanes.tick(), lanes.tick()]).toEqual([1, 2])
  const third = lanes.enter(open)
  first.leave()
  await third
  expect([lanes.tick(), lanes.tick()]).toEqual([1, 2])
})
