// Tests of the tail subscriber: its bounds by rate and bytes, its counts and its tokens, on a clock of their own.
import { assert, describe, it } from "@effect/vitest"
import type { LogRecord } from "@tailrace/domain/log-record"
import fc from "fast-check"
import { parseResumeToken } from "./resume-token.ts"
import { TailSubscriber, weightOf } from "./tail-subscriber.ts"
import { WaitingRoom } from "./waiting-room.ts"

const record = (row: number): LogRecord => ({
  partition: 0,
  sequence: row,
  row: 0,
  timestamp: 0n,
  observedTimestamp: 0n,
  severityNumber: 0,
  severity: "",
  service: "",
  host: "",
  source: "http",
  tenant: "default",
  traceId: "",
  spanId: "",
  body: `record ${row}`,
  parsed: true,
  attributes: {},
  resource: {}
})

const world = (options: { readonly rate?: number; readonly maxBytes?: number; readonly room?: WaitingRoom } = {}) => {
  const clock = { now: 1_000, stops: 0, reached: new Map<number, number>() }
  const subscriber = new TailSubscriber({
    maxRowsPerSecond: options.rate ?? 1_000_000,
    room: options.room ?? new WaitingRoom({ each: options.maxBytes ?? 1_000_000, all: Number.POSITIVE_INFINITY }),
    now: () => clock.now,
    soon: (wake) => wake(),
    reached: () => clock.reached,
    stop: () => clock.stops++
  })
  let sequence = 0
  const offer = (count: number, receivedMillis = clock.now): void => {
    const rows = Array.from({ length: count }, (_, i) => sequence + i + 1)
    sequence += count
    subscriber.offer(rows, record, receivedMillis, new Map([[0, sequence]]))
  }
  return { clock, subscriber, offer }
}

describe("a tail subscriber", () => {
  it("gives what waits in one delivery, with its lag and its token", async () => {
    const { clock, offer, subscriber } = world()
    offer(2)
    offer(3)
    clock.now += 250
    const { done, value } = await subscriber.next()
    assert.isFalse(done)
    assert.deepStrictEqual(
      value.rows.map((row: LogRecord) => row.sequence),
      [1, 2, 3, 4, 5]
    )
    assert.deepStrictEqual([value.matched, value.dropped, value.lagMs], [5, 0, 250])
    assert.deepStrictEqual(parseResumeToken(value.resumeToken), new Map([[0, 5]]))
  })

  it("wakes a reader that waits", async () => {
    const { offer, subscriber } = world()
    const next = subscriber.next()
    offer(1)
    assert.strictEqual((await next).value.matched, 1)
  })

  it("names in its token no more than it has given", async () => {
    const { offer, subscriber } = world({ maxBytes: 100_000_000 })
    offer(4_000)
    offer(4_000)
    const first = (await subscriber.next()).value
    assert.strictEqual(first.rows.length, 4_000)
    assert.deepStrictEqual(parseResumeToken(first.resumeToken), new Map([[0, 4_000]]))
    const second = (await subscriber.next()).value
    assert.deepStrictEqual(parseResumeToken(second.resumeToken), new Map([[0, 8_000]]))
  })

  it("names in its token what was seen since its last record, and no more while records wait", async () => {
    const { clock, offer, subscriber } = world({ maxBytes: 100_000_000 })
    offer(4_000)
    offer(4_000)
    clock.reached = new Map([
      [0, 9_000],
      [1, 7]
    ])
    assert.deepStrictEqual(parseResumeToken((await subscriber.next()).value.resumeToken), new Map([[0, 4_000]]))
    assert.deepStrictEqual(parseResumeToken((await subscriber.next()).value.resumeToken), clock.reached)
    assert.deepStrictEqual(subscriber.position, clock.reached)
  })

  it("lets through a second's rows at once and then as many as time allows", async () => {
    const { clock, offer, subscriber } = world({ rate: 10 })
    offer(25)
    assert.deepStrictEqual(pick((await subscriber.next()).value), [10, 25, 15])
    clock.now += 500
    offer(25)
    assert.deepStrictEqual(pick((await subscriber.next()).value), [5, 25, 20])
    clock.now -= 10_000
    offer(5)
    assert.deepStrictEqual(pick((await subscriber.next()).value), [0, 5, 5])
    clock.now += 60_000
    offer(25)
    assert.deepStrictEqual(pick((await subscriber.next()).value), [10, 25, 15])
  })

  it("holds no more than its bytes for a reader that takes nothing, and counts the rest", async () => {
    const { offer, subscriber } = world({ maxBytes: weightOf(record(1)) * 10 })
    for (let i = 0; i < 1_000; i++) offer(3)
    const { value } = await subscriber.next()
    assert.isAtMost(value.rows.length, 11)
    assert.strictEqual(value.matched, 3_000)
    assert.strictEqual(value.dropped, 3_000 - value.rows.length)
    assert.deepStrictEqual(parseResumeToken(value.resumeToken), new Map([[0, 3_000]]))
  })

  it("keeps its share of the room that all have, however much waits for others, and gives back what it had", async () => {
    const weight = weightOf(record(1))
    const room = new WaitingRoom({ each: weight * 1_000, all: weight * 100 })
    const stalled = Array.from({ length: 9 }, () => world({ room }))
    for (let i = 0; i < 50; i++) for (const { offer } of stalled) offer(10)
    const late = world({ room })
    for (let i = 0; i < 20; i++) {
      late.offer(1)
      assert.strictEqual((await late.subscriber.next()).value.rows.length, 1)
    }
    late.offer(1_000)
    assert.isAtLeast((await late.subscriber.next()).value.rows.length, 9)
    assert.isAtLeast(room.bytes, weight * 100)
    assert.isBelow(room.bytes, weight * 220)
    let rows = 0
    for (const { subscriber } of stalled) rows += (await subscriber.next()).value.rows.length
    assert.isAtLeast(rows, 99)
    assert.strictEqual(room.bytes, 0)
    stalled[0]?.offer(500)
    assert.isAbove(room.bytes, weight * 90)
    await stalled[0]?.subscriber.return()
    assert.strictEqual(room.bytes, 0)
  })

  it("gives missed records without regard to the rate, and counts those that were too many", async () => {
    const { subscriber } = world({ rate: 1 })
    subscriber.offerMissed([1, 2, 3].map(record), 7, new Map([[0, 10]]))
    assert.deepStrictEqual(pick((await subscriber.next()).value), [3, 10, 7])
  })

  it("stops once, whoever ends it, and wakes its reader", async () => {
    const { clock, offer, subscriber } = world()
    const next = subscriber.next()
    await subscriber.return()
    await subscriber.return()
    offer(1)
    assert.isTrue((await next).done)
    assert.isTrue((await subscriber.next()).done)
    assert.strictEqual(clock.stops, 1)
  })

  it("tells its reader why it failed, then is over", async () => {
    const { clock, subscriber } = world()
    const next = subscriber.next()
    subscriber.fail(new Error("away"))
    assert.strictEqual(await next.catch((error: Error) => error.message), "away")
    assert.isTrue((await subscriber.next()).done)
    assert.strictEqual(clock.stops, 1)
  })

  it("accounts for every row exactly, however offers and reads alternate", async () => {
    const step = fc.oneof(
      fc.record({ offer: fc.nat(50) }),
      fc.record({ wait: fc.nat(2_000) }),
      fc.constant({ read: 1 })
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, offer, subscriber } = world({ rate: 40, maxBytes: weightOf(record(1)) * 30 })
        let offered = 0
        let matched = 0
        let waiting = false
        const take = async (): Promise<void> => {
          const { value } = await subscriber.next()
          assert.strictEqual(value.matched, value.rows.length + value.dropped)
          matched += value.matched
          waiting = false
        }
        for (const one of steps) {
          if ("offer" in one) {
            offer(one.offer)
            offered += one.offer
            waiting ||= one.offer > 0
          } else if ("wait" in one) clock.now += one.wait
          else if (waiting) await take()
        }
        if (waiting) await take()
        assert.strictEqual(matched, offered)
      })
    )
  })
})

const pick = (batch: { rows: ReadonlyArray<unknown>; matched: number; dropped: number }): Array<number> => [
  batch.rows.length,
  batch.matched,
  batch.dropped
]
