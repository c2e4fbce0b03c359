// Tests of progress: who stands still is who has something waiting and commits nothing, for long enough.
import { describe, expect, it } from "vitest"
import { ProgressLog } from "./progress.ts"

const reader = (floor: number, waiting: number, name = "pipeline-0") => ({ name, floor, waiting })

describe("ProgressLog", () => {
  it("tells of a reader that has something waiting and commits nothing", () => {
    const log = new ProgressLog()
    expect(log.observe([reader(5, 3)], 0, 30)).toEqual([])
    expect(log.observe([reader(5, 4)], 30, 30)).toEqual([])
    expect(log.observe([reader(5, 9)], 31, 30)).toEqual([{ ...reader(5, 9), millis: 31 }])
    expect(log.observe([reader(6, 8)], 40, 30)).toEqual([])
  })

  it("counts from when something began to wait, not from the last commit", () => {
    const log = new ProgressLog()
    log.observe([reader(5, 0)], 0, 30)
    expect(log.observe([reader(5, 1)], 1_000, 30)).toHaveLength(1)
    log.observe([reader(5, 0)], 1_001, 30)
    log.observe([reader(5, 1)], 1_010, 30)
    expect(log.observe([reader(5, 1)], 1_031, 30)).toEqual([])
    expect(log.observe([reader(5, 1)], 1_032, 30)).toHaveLength(1)
  })

  it("takes a consumer set back again and again for one that stands still", () => {
    const log = new ProgressLog()
    log.observe([reader(5, 3)], 0, 30)
    log.observe([reader(2, 6)], 20, 30)
    expect(log.observe([reader(2, 6)], 40, 30)).toHaveLength(1)
  })

  it("keeps readers apart", () => {
    const log = new ProgressLog()
    const other = (floor: number) => reader(floor, 1, "pipeline-1")
    log.observe([reader(5, 1), other(5)], 0, 30)
    expect(log.observe([reader(5, 1), other(6)], 40, 30).map(({ name }) => name)).toEqual(["pipeline-0"])
  })
})
