// Tests of how batches are gathered: what is to be formed again waits for its rest, but not for ever.
import { assert, describe, it } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { Mailbox } from "@tailrace/streams/mailbox"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Batcher } from "./batcher.ts"
import { type Gathered, gather } from "./gather.ts"

const limits = { maxRows: 100, maxBytes: 10_000, minLinger: 20, maxLinger: 80 }
const idle = { ahead: 0, endedAt: 0, tookMillis: 0 }

/** A gatherer that is to form messages 1 to 3 as one batch again; `batches` are the last sequences of what it hands on. */
const gathering = Effect.gen(function* () {
  const arriving = new Mailbox<Gathered>({ capacityBytes: 1_000 })
  const pool = new Mailbox<LogBatch>({ capacityBytes: 1_000 })
  for (let i = 0; i < 4; i++) pool.putUnsafe(LogBatch.make({ partition: 0 }), 0)
  const batches: Array<string> = []
  const hop = { busy: false }
  const append = (batch: LogBatch, { sequence }: Gathered) => {
    batch.beginFrame({ sequence, tenant: "t", source: "s", receivedMillis: 0 })
    batch.appendRecord({ body: "x" })
    return undefined
  }
  yield* Effect.forkScoped(
    gather({
      take: arriving.takeAll,
      more: () => hop.busy,
      append,
      batcher: new Batcher(limits, [], [{ first: 1, last: 3 }]),
      pool,
      pace: () => idle,
      handOn: ({ firstSequence, lastSequence }) =>
        Effect.sync(() => void batches.push(`${firstSequence}-${lastSequence}`))
    })
  )
  const arrive = (sequence: number) => arriving.putUnsafe({ sequence, data: new Uint8Array(1) }, 1)
  return { arrive, batches, hop }
})

describe("a batch to be formed again", () => {
  it.effect("waits for its rest while that is on its way between two stages, where nobody has it", () =>
    Effect.gen(function* () {
      const { arrive, batches, hop } = yield* gathering
      arrive(1)
      yield* TestClock.adjust("1 second")
      hop.busy = true
      yield* TestClock.adjust("1 minute")
      hop.busy = false
      yield* TestClock.adjust("1 second")
      arrive(2)
      yield* TestClock.adjust("1 second")
      arrive(3)
      arrive(4)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(batches, ["1-3", "4-4"])
    }).pipe(Effect.scoped)
  )

  it.effect("is handed on as it is when its rest is nowhere", () =>
    Effect.gen(function* () {
      const { arrive, batches } = yield* gathering
      arrive(1)
      arrive(2)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(batches, ["1-2"])
    }).pipe(Effect.scoped)
  )
})
