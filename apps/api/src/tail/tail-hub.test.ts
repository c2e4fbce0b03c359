// Tests of the tail hub: what reaches which tail, and how missed and live records join without loss or double.
import { assert, describe, it } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { encodeBatch } from "@tailrace/domain/log-batch-codec"
import type { LogRecord } from "@tailrace/domain/log-record"
import { seededRandom } from "@tailrace/domain/seeded-random"
import { parseQuery } from "@tailrace/query/parse"
import { randomQuery, randomRecord } from "@tailrace/query/random-query"
import { toPredicate } from "@tailrace/query/to-predicate"
import type { TailPosition } from "./resume-token.ts"
import { type Missed, TailHub, type TailRequest } from "./tail-hub.ts"
import type { TailBatch } from "./tail-subscriber.ts"
import { WaitingRoom } from "./waiting-room.ts"

const batchOf = (sequence: number, ...bodies: ReadonlyArray<string>): Uint8Array => {
  const batch = LogBatch.make({ partition: 0 })
  batch.beginFrame({ sequence, tenant: "default", source: "http", receivedMillis: 5 })
  for (const body of bodies) batch.appendRecord({ body, service: "shop" })
  return encodeBatch(batch)
}

const request = (query: string, after?: TailPosition, tenant?: string): TailRequest => ({
  query,
  ast: parseQuery(query).ast,
  tenant,
  maxRowsPerSecond: 1_000_000,
  after
})

interface Deferred<A> {
  readonly promise: Promise<A>
  readonly resolve: (value: A) => void
  readonly reject: (error: Error) => void
}

const world = (options: { readonly maxBytes?: number } = {}) => {
  const opens: Array<Deferred<TailPosition>> = []
  const reads: Array<Deferred<Missed> & { readonly after: TailPosition }> = []
  const seen = { closes: 0, now: 0 }
  const maxBytes = options.maxBytes ?? 1_000_000
  const hub = new TailHub({
    maxBytes,
    room: new WaitingRoom({ each: maxBytes, all: Number.POSITIVE_INFINITY }),
    now: () => seen.now,
    open: () => {
      const deferred = Promise.withResolvers<TailPosition>()
      opens.push(deferred)
      return deferred.promise
    },
    close: () => seen.closes++,
    missed: (_, after) => {
      const deferred = Promise.withResolvers<Missed>()
      reads.push({ ...deferred, after })
      return deferred.promise
    }
  })
  return { hub, opens, reads, seen }
}

const opened = async (query: string, stored: TailPosition = new Map()) => {
  const all = world()
  const subscribing = all.hub.subscribe(request(query))
  all.opens[0]?.resolve(stored)
  return { ...all, tail: await subscribing }
}

const bodies = async (tail: AsyncIterableIterator<TailBatch>): Promise<Array<string>> => {
  const { value } = await tail.next()
  return value.rows.map((row: { body: string }) => row.body)
}

/** Records of frames 1 to `last`, one each, as the store would give them. */
const stored = (first: number, last: number): Missed => {
  const batch = LogBatch.make({ partition: 0 })
  for (let sequence = first; sequence <= last; sequence++) {
    batch.beginFrame({ sequence, tenant: "default", source: "http", receivedMillis: 5 })
    batch.appendRecord({ body: `stored ${sequence}` })
  }
  const records = Array.from({ length: batch.length }, (_, row) => batch.record(row))
  return { records, more: 0, position: new Map([[0, last]]) }
}

describe("a tail hub", () => {
  it("gives every tail what its own query matches", async () => {
    const { hub, tail } = await opened("red")
    const other = await hub.subscribe(request("service:shop"))
    hub.receive(batchOf(1, "red car", "blue car"))
    assert.deepStrictEqual(await bodies(tail), ["red car"])
    assert.deepStrictEqual(await bodies(other), ["red car", "blue car"])
  })

  it("listens while there are tails and not longer", async () => {
    const { hub, opens, seen, tail } = await opened("")
    const other = await hub.subscribe(request(""))
    assert.strictEqual(hub.tails, 2)
    await tail.return?.()
    assert.deepStrictEqual([hub.tails, seen.closes], [1, 0])
    await other.return?.()
    assert.deepStrictEqual([hub.tails, seen.closes], [0, 1])
    const again = hub.subscribe(request(""))
    opens[1]?.resolve(new Map())
    await again
    assert.strictEqual(opens.length, 2)
  })

  it("counts a tail once what is stored reaches it, and no longer than it is open", async () => {
    const { hub, opens } = world()
    const subscribing = hub.subscribe(request(""))
    assert.strictEqual(hub.tails, 0)
    opens[0]?.resolve(new Map())
    const tail = await subscribing
    assert.strictEqual(hub.tails, 1)
    await tail.return?.()
    await tail.return?.()
    assert.strictEqual(hub.tails, 0)
  })

  it("keeps what comes while it opens", async () => {
    const { hub, opens } = world()
    const subscribing = hub.subscribe(request(""))
    hub.receive(batchOf(4, "early"))
    opens[0]?.resolve(new Map([[0, 3]]))
    assert.deepStrictEqual(await bodies(await subscribing), ["early"])
  })

  it("ignores what is no batch, and what it has shown before", async () => {
    const { hub, tail } = await opened("", new Map([[0, 2]]))
    hub.receive(Buffer.from("no batch"))
    hub.receive(batchOf(2, "old"))
    hub.receive(batchOf(3, "new"))
    hub.receive(batchOf(3, "new"))
    hub.receive(batchOf(4, "newer"))
    assert.deepStrictEqual(await bodies(tail), ["new", "newer"])
  })

  it("puts what the store gives before what came meanwhile, each once", async () => {
    const { hub, opens, reads } = world()
    const subscribing = hub.subscribe(request("", new Map([[0, 1]])))
    opens[0]?.resolve(new Map([[0, 2]]))
    await Promise.resolve()
    await Promise.resolve()
    hub.receive(batchOf(3, "live 3"))
    hub.receive(batchOf(4, "live 4"))
    assert.deepStrictEqual(reads[0]?.after, new Map([[0, 1]]))
    reads[0]?.resolve(stored(2, 3))
    const tail = await subscribing
    assert.deepStrictEqual(await bodies(tail), ["stored 2", "stored 3", "live 4"])
  })

  it("reads again what was too much to hold during a read", async () => {
    const { hub, opens, reads } = world({ maxBytes: 5_000 })
    const subscribing = hub.subscribe(request("", new Map([[0, 1]])))
    opens[0]?.resolve(new Map([[0, 1]]))
    await Promise.resolve()
    await Promise.resolve()
    for (let sequence = 2; sequence <= 40; sequence++) hub.receive(batchOf(sequence, `live ${sequence}`))
    reads[0]?.resolve(stored(2, 3))
    for (let turns = 0; reads.length < 2 && turns < 10; turns++) await Promise.resolve()
    assert.deepStrictEqual(reads[1]?.after, new Map([[0, 3]]))
    reads[1]?.resolve(stored(4, 5))
    assert.deepStrictEqual(await bodies(await subscribing), ["stored 2", "stored 3", "stored 4", "stored 5"])
  })

  it("reads what it may have missed when the broker was away", async () => {
    const { hub, reads, tail } = await opened("")
    hub.receive(batchOf(1, "live 1"))
    hub.interrupted()
    assert.deepStrictEqual(reads[0]?.after, new Map([[0, 1]]))
    hub.receive(batchOf(4, "live 4"))
    reads[0]?.resolve(stored(2, 3))
    assert.deepStrictEqual(await bodies(tail), ["live 1"])
    const rest: Array<string> = []
    while (rest.length < 3) rest.push(...(await bodies(tail)))
    assert.deepStrictEqual(rest, ["stored 2", "stored 3", "live 4"])
  })

  it("refuses a tail when the store is away, and ends one that can no longer be complete", async () => {
    const { hub, opens, seen } = world()
    const refused = hub.subscribe(request(""))
    opens[0]?.reject(new Error("away"))
    assert.strictEqual(await refused.then(String, (error: Error) => error.message), "away")
    assert.deepStrictEqual([hub.tails, seen.closes], [0, 1])
    const live = await opened("")
    live.hub.interrupted()
    live.reads[0]?.reject(new Error("away"))
    const next = live.tail.next()
    assert.strictEqual(await next.then(String, (error: Error) => error.message), "away")
    assert.strictEqual(live.hub.tails, 0)
  })

  it("reads from where everything was seen, also when none of it matched", async () => {
    const { hub, reads, tail } = await opened("service:other")
    hub.receive(batchOf(1, "red"))
    hub.receive(batchOf(2, "blue"))
    hub.interrupted()
    assert.deepStrictEqual(reads[0]?.after, new Map([[0, 2]]))
    await tail.return?.()
  })

  it("gives each of many tails what its query matches alone, whatever the batches hold", async () => {
    const { hub, opens } = world({ maxBytes: Number.POSITIVE_INFINITY })
    const random = seededRandom(11)
    const queries = Array.from({ length: 120 }, () => randomQuery(random))
    const subscribing = queries.map((query) => hub.subscribe(request(query)))
    opens[0]?.resolve(new Map())
    const tails = await Promise.all(subscribing)
    const predicates = queries.map((query) => toPredicate(parseQuery(query).ast, { now: 0 }))
    const wanted = queries.map((): Array<string> => [])
    for (let sequence = 1; sequence <= 10; sequence++) {
      const batch = LogBatch.make({ partition: sequence % 2 })
      batch.beginFrame({ sequence, tenant: "default", source: "http", receivedMillis: 5 })
      for (let i = 0; i < 50; i++) batch.appendRecord(randomRecord(random))
      hub.receive(encodeBatch(batch))
      for (const [at, predicate] of predicates.entries())
        for (let row = 0; row < 50; row++) if (predicate(batch, row)) wanted[at]?.push(`${sequence}/${row}`)
    }
    for (const [at, tail] of tails.entries()) {
      if (wanted[at]?.length === 0) continue
      const { value } = await tail.next()
      const shown = value.rows.map(({ row, sequence }: LogRecord) => `${sequence}/${row}`)
      assert.deepStrictEqual([queries[at], ...shown], [queries[at], ...(wanted[at] ?? [])])
    }
    assert.isAbove(wanted.flat().length, 1_000)
  })

  it("moves the now of its queries along", async () => {
    const { hub, opens, seen } = world()
    seen.now = 1_000_000
    const subscribing = hub.subscribe(request("time:10s"))
    opens[0]?.resolve(new Map())
    const tail = await subscribing
    const at = (sequence: number, millis: number): Uint8Array => {
      const batch = LogBatch.make({ partition: 0 })
      batch.beginFrame({ sequence, tenant: "default", source: "http", receivedMillis: 5 })
      batch.appendRecord({ body: String(millis), timestamp: BigInt(millis) * 1_000_000n })
      return encodeBatch(batch)
    }
    hub.receive(at(1, 995_000))
    seen.now = 1_100_000
    hub.receive(at(2, 995_000))
    hub.receive(at(3, 1_095_000))
    assert.deepStrictEqual(await bodies(tail), ["995000", "1095000"])
  })

  it("keeps to one tenant when asked", async () => {
    const { hub, opens } = world()
    const subscribing = hub.subscribe(request("", undefined, "other"))
    opens[0]?.resolve(new Map())
    const tail = await subscribing
    hub.receive(batchOf(1, "not yours"))
    const batch = LogBatch.make({ partition: 1 })
    batch.beginFrame({ sequence: 2, tenant: "other", source: "http", receivedMillis: 5 })
    batch.appendRecord({ body: "yours" })
    hub.receive(encodeBatch(batch))
    assert.deepStrictEqual(await bodies(tail), ["yours"])
  })
})
