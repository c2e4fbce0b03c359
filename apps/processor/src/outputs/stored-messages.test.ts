// Tests of the messages that a stored batch becomes for sinks that write at their own pace.
import { randomBytes } from "node:crypto"
import { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch } from "@tailrace/domain/log-batch-codec"
import { describe, expect, it } from "vitest"
import { unpackBatch } from "../partition/stage-message.ts"
import { storedMessages } from "./stored-messages.ts"

const batchOf = (frames: number, rowsEach: number, body: () => string) => {
  const batch = LogBatch.make({ partition: 3 })
  for (let sequence = 1; sequence <= frames; sequence++) {
    batch.beginFrame({ sequence, tenant: "t", source: "s", receivedMillis: 0 })
    for (let row = 0; row < rowsEach; row++) batch.appendRecord({ body: body() })
  }
  return batch
}

const rowsIn = (messages: ReadonlyArray<Uint8Array>) =>
  messages.flatMap((message) => {
    const batch = decodeBatch(unpackBatch(message))
    return Array.from({ length: batch.length }, (_, i) => `${batch.sequence[i]} ${batch.row[i]}`)
  })

describe("the messages of a stored batch", () => {
  it("hold its kept rows in order, and leave it as it was", () => {
    const batch = batchOf(3, 4, () => "x")
    batch.reject(5, "refused")
    const selected = [...batch.selected]
    const { messages, tooLarge } = storedMessages(batch)
    expect([messages.length, tooLarge]).toEqual([1, 0])
    expect(rowsIn(messages).length).toBe(11)
    expect(rowsIn(messages)[5]).toBe("2 2")
    expect([...batch.selected]).toEqual(selected)
    expect(batch.keptCount).toBe(11)
  })

  it("are each as small as the broker takes, within a frame too, and a row too large for any is told", () => {
    const text = () => randomBytes(2_000).toString("base64")
    const batch = batchOf(2, 40, text)
    const whole = storedMessages(batch, 10_000)
    expect(Math.max(...whole.messages.map(({ length }) => length))).toBeLessThanOrEqual(10_000)
    expect(rowsIn(whole.messages).length).toBe(80)
    const one = batchOf(1, 2, text)
    one.appendRecord({ body: randomBytes(20_000).toString("base64") })
    const { messages, tooLarge } = storedMessages(one, 10_000)
    expect(tooLarge).toBe(1)
    expect(rowsIn(messages)).toEqual(["1 0", "1 1"])
  })
})
