// Tests of what a tail hub makes of batches that anybody may have sent: gaps, lies and garbage cost no record and no memory.
import { assert, describe, it } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { encodeBatch } from "@tailrace/domain/log-batch-codec"
import { parseQuery } from "@tailrace/query/parse"
import type { TailPosition } from "./resume-token.ts"
import { type Missed, TailHub, type TailRequest } from "./tail-hub.ts"
import type { TailBatch } from "./tail-subscriber.ts"
import { WaitingRoom } from "./waiting-room.ts"

const everything: TailRequest = {
  query: "",
  ast: parseQuery("").ast,
  tenant: undefined,
  maxRowsPerSecond: 1_000_000,
  after: undefined
}

interface Deferred<A> {
  readonly resolve: (value: A) => void
}

const world = (refused: (reason: string) => void) => {
  const opens: Array<Deferred<TailPosition>> = []
  const reads: Array<Deferred<Missed> & { readonly after: TailPosition }> = []
  const hub = new TailHub({
    maxBytes: 1_000_000,
    room: new WaitingRoom({ each: 1_000_000, all: Number.POSITIVE_INFINITY }),
    now: () => 0,
    open: () => {
      const deferred = Promise.withResolvers<TailPosition>()
      opens.push(deferred)
      return deferred.promise
    },
    close: () => undefined,
    refused,
    missed: (_, after) => {
      const deferred = Promise.withResolvers<Missed>()
      reads.push({ ...deferred, after })
      return deferred.promise
    }
  })
  return { hub, opens, reads }
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

/** One record under each sequence. */
const framesOf = (...sequences: ReadonlyArray<number>): Uint8Array => {
  const batch = LogBatch.make({ partition: 0 })
  for (const sequence of sequences) {
    batch.beginFrame({ sequence, tenant: "default", source: "http", receivedMillis: 5 })
    batch.appendRecord({ body: `stored ${sequence}` })
  }
  return encodeBatch(batch)
}

describe("a tail hub over batches of anybody", () => {
  const told = (behind: number | undefined, announced: number | "none" | undefined, partition = 0) => ({
    partition,
    behind,
    announced
  })
  const start = async () => {
    const refused: Array<string> = []
    const all = world((reason) => refused.push(reason))
    const subscribing = all.hub.subscribe(everything)
    all.opens[0]?.resolve(new Map([[0, 10]]))
    return { ...all, refused, tail: await subscribing }
  }

  it("reads a gap from the store, and goes on behind it with each record once", async () => {
    const { hub, reads, refused, tail } = await start()
    hub.receive(framesOf(11), told(10, 11))
    assert.deepStrictEqual(await bodies(tail), ["stored 11"])
    hub.receive(framesOf(15), told(14, 15))
    hub.receive(framesOf(16), told(15, 16))
    assert.strictEqual(reads.length, 1)
    assert.deepStrictEqual(reads[0]?.after, new Map([[0, 11]]))
    reads[0]?.resolve(stored(12, 15))
    assert.deepStrictEqual(await bodies(tail), ["stored 12", "stored 13", "stored 14", "stored 15", "stored 16"])
    assert.deepStrictEqual(refused, ["gap"])
  })

  it("believes nothing of a batch ahead of what was announced: what is really stored still comes, once", async () => {
    const { hub, reads, refused, tail } = await start()
    hub.receive(framesOf(1_000_000), told(10, 10))
    assert.strictEqual(reads.length, 1)
    reads[0]?.resolve({ records: [], more: 0, position: new Map([[0, 10]]) })
    await Promise.resolve()
    hub.receive(framesOf(11), told(10, 11))
    assert.deepStrictEqual(await bodies(tail), ["stored 11"])
    assert.deepStrictEqual(refused, ["ahead"])
  })

  it("reads once over thousands that are not believed", async () => {
    const { hub, reads, refused } = await start()
    for (let i = 0; i < 5_000; i++) hub.receive(framesOf(1_000 + i), told(10, undefined))
    assert.strictEqual(refused.length, 5_000)
    assert.strictEqual(reads.length, 1)
  })

  it("takes a batch that nobody says the place of for one behind a gap", async () => {
    const { hub, reads } = await start()
    hub.receive(framesOf(12), told(undefined, 12))
    assert.strictEqual(reads.length, 1)
  })

  it("shows what is stored nowhere as it comes", async () => {
    const { hub, reads, tail } = await start()
    hub.receive(framesOf(11, 12), told(10, "none"))
    assert.deepStrictEqual(await bodies(tail), ["stored 11", "stored 12"])
    assert.strictEqual(reads.length, 0)
  })

  it("counts what is no batch, what lies about its size, and what came under another partition", async () => {
    const { hub, reads, refused, tail } = await start()
    const huge = Buffer.concat([Buffer.from("TLB2"), Buffer.from([0, 255, 255, 255, 255, 15, 2]), Buffer.from("[]")])
    const account = (one: object) => {
      const accounts = Buffer.from(JSON.stringify([one]))
      return Buffer.concat([Buffer.from("TLB2"), Buffer.from([0, 1, accounts.length]), accounts])
    }
    const foul = [
      Buffer.alloc(0),
      Buffer.from("garbage"),
      framesOf(11).subarray(0, 30),
      huge,
      account({ sequence: "x", received: 1, tenant: "t", source: "s", receivedMillis: 1, dropped: [], rejected: [] }),
      account({ sequence: 11, received: 1, tenant: {}, source: "s", receivedMillis: 1, dropped: [], rejected: [] })
    ]
    for (const bytes of foul) hub.receive(bytes, told(10, 11))
    hub.receive(framesOf(11), told(10, 11, 7))
    assert.deepStrictEqual(refused, [...foul.map(() => "no batch"), "foreign"])
    hub.receive(framesOf(11), told(10, 11))
    assert.deepStrictEqual(await bodies(tail), ["stored 11"])
    assert.strictEqual(reads.length, 0)
  })
})
