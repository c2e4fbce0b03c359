// Tests of what a partition tells of itself.
import { expect, it } from "vitest"
import { PartitionRuntime } from "./partition-runtime.ts"

const state = (status: "running" | "standby") => () => ({ status, restarts: 1, failure: "", since: 0 })

it("tells of no lag while another process owns the partition, whatever was in flight when that took over", () => {
  const runtime = new PartitionRuntime(0)
  runtime.begin(() => [])
  runtime.supervisor = state("running")
  runtime.consumer = () => ({ delivered: 9, settled: 4, pending: 20, mailbox: 2, receivedMillis: 0 })
  runtime.inFlight.taken({ last: 7, acknowledge: 7, receivedMillis: 1_000, messages: 3 })
  expect(runtime.peek(61_000)).toMatchObject({ status: "running", lagMessages: 25, lagMillis: 60_000 })
  runtime.supervisor = state("standby")
  runtime.standBy()
  expect(runtime.peek(61_000)).toMatchObject({ status: "standby", lagMessages: 0, lagMillis: 0 })
})
