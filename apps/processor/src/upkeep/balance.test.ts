// Tests of which partition is handed over: evenly, one at a time, never to where nobody waits for it.
import type { PartitionState } from "@tailrace/domain/pipeline-state"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { LateFailures, partitionToHandOver } from "./balance.ts"

type Status = PartitionState["status"]

const process = (instance: string, ...statuses: ReadonlyArray<Status | "draining">) => ({
  instance,
  partitions: statuses.map((status, partition) =>
    status === "draining"
      ? { partition, status: "running" as const, reason: "draining" }
      : { partition, status, reason: "" }
  )
})

describe("the partition to hand over", () => {
  it("is one that a process without any stands by for", () => {
    const own = process("a", "running", "running")
    expect(partitionToHandOver(own, [process("b", "standby", "standby")])).toBe(1)
    expect(partitionToHandOver(own, [process("b", "standby")])).toBe(0)
  })

  it("is none when the other runs one fewer, does not stand by, or is not there", () => {
    expect(partitionToHandOver(process("a", "running", "running"), [])).toBeUndefined()
    expect(
      partitionToHandOver(process("a", "running", "running"), [process("b", "starting", "restarting")])
    ).toBeUndefined()
    expect(
      partitionToHandOver(process("a", "running", "running", "standby"), [
        process("b", "standby", "standby", "running")
      ])
    ).toBeUndefined()
    expect(partitionToHandOver(process("a", "running"), [process("b", "standby")])).toBeUndefined()
  })

  it("is none that holds or drains, though those count", () => {
    expect(
      partitionToHandOver(process("a", "running", "holding", "draining"), [
        process("b", "standby", "standby", "standby")
      ])
    ).toBe(0)
  })

  it("is none while one that was handed over is still starting there, however long that takes", () => {
    const own = process("a", "running", "running", "standby")
    expect(partitionToHandOver(own, [process("b", "standby", "standby", "starting")])).toBeUndefined()
    expect(
      partitionToHandOver(process("a", "running", "running"), [process("b", "starting", "standby")])
    ).toBeUndefined()
  })

  it("is given by the process that runs most of those that can give one", () => {
    const [own, idle] = [process("b", "running", "running"), process("c", "standby", "standby")]
    const held = process("a", "holding", "holding", "holding")
    expect(partitionToHandOver(own, [idle, held])).toBe(1)
    const elsewhere = {
      instance: "a",
      partitions: [7, 8, 9].map((partition) => ({ partition, status: "running" as const, reason: "" }))
    }
    expect(partitionToHandOver(own, [idle, elsewhere])).toBe(1)
    expect(partitionToHandOver(own, [idle, process("a", "running", "running")])).toBeUndefined()
  })

  it("is given by one process at a time, and level after as many moves as partitions at most", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 24 }),
        (processes, draws) => {
          const owners = draws.map((draw) => draw % processes)
          const picture = () =>
            Array.from({ length: processes }, (_, i) =>
              process(`p${i}`, ...owners.map((owner): Status => (owner === i ? "running" : "standby")))
            )
          for (let moves = 0; ; moves++) {
            const seen = picture()
            const given = seen.map((own) =>
              partitionToHandOver(
                own,
                seen.filter((one) => one !== own)
              )
            )
            const giver = given.findIndex((partition) => partition !== undefined)
            expect(given.filter((partition) => partition !== undefined).length).toBeLessThanOrEqual(1)
            const counts = seen.map((_, i) => owners.filter((owner) => owner === i).length)
            if (giver < 0) {
              expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
              break
            }
            expect(moves).toBeLessThan(draws.length)
            // The broker lets whoever waits longest take it; were it never the emptiest, the next look would try again.
            owners[given[giver] as number] = counts.indexOf(Math.min(...counts))
          }
        }
      )
    )
  })
})

describe("a process that has failed lately", () => {
  const heard = (...restarts: ReadonlyArray<number>) => ({
    instance: "a",
    partitions: restarts.map((count) => ({ restarts: count }))
  })

  it("is one whose restarts have grown, for a minute, until it is another process", () => {
    const failures = new LateFailures()
    failures.note(heard(7, 0), 0)
    expect(failures.has("a", 0)).toBe(false)
    failures.note(heard(7, 1), 1_000)
    failures.note(heard(7, 1), 2_000)
    expect([failures.has("a", 60_999), failures.has("a", 61_000), failures.has("b", 2_000)]).toEqual([
      true,
      false,
      false
    ])
    failures.forget("a")
    failures.note(heard(9, 9), 3_000)
    expect(failures.has("a", 3_000)).toBe(false)
  })
})
