// Dead letters where records are deduplicated: the key of a record that was not stored is not a key that was.
import { assert, describe, it } from "@effect/vitest"
import { inputSubject } from "@tailrace/domain/subjects"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { countDeadLetters } from "@tailrace/store/read/dead-letters"
import { command } from "@tailrace/store/store"
import { Publisher } from "@tailrace/streams/publisher"
import { Effect } from "effect"
import { countEverything, countsOnce, pipelineFile, startWorld } from "../partition/placement.harness.ts"

const pipeline = `
parse: { codec: json }
deduplicate: { key: event_id, window: 1h }
batch: { minLinger: 5ms, maxLinger: 20ms }
`

describe.each(["fused", "staged"] as const)("keys of dead letters, %s", { retry: 0 }, (placement) => {
  it.live("let the record in when it comes again, and nothing that was stored", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const file = yield* pipelineFile(pipeline)
      yield* Effect.gen(function* () {
        yield* command("constrain", "ALTER TABLE logs ADD CONSTRAINT amounts CHECK attributes['number'] != 'much'")
        yield* world.startProcessor({ placement, pipeline: file })
        const publisher = yield* Publisher
        const publish = (...events: ReadonlyArray<object>) => {
          const lines = events.map((event) => JSON.stringify(event)).join("\n")
          return publisher.publish(inputSubject("default", "shop"), encodeUtf8(lines))
        }
        const sound = { event_id: "e1", msg: "one", number: 1 }
        yield* publish(sound, { event_id: "e2", msg: "two", number: "much" })
        yield* countsOnce(countEverything, (now) => now.received === 2)
        assert.deepEqual(yield* countDeadLetters({ tenant: undefined }), { letters: 1, records: 1 })
        yield* publish(sound, { event_id: "e2", msg: "two", number: 2 })
        const after = yield* countsOnce(countEverything, (now) => now.received === 4)
        assert.deepInclude(after, { rows: 2, numbers: 2, rollup: 2, stored: 2 })
      }).pipe(Effect.provide(world.context))
    }).pipe(Effect.scoped)
  )
})
