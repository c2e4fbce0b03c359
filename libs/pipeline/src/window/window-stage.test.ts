// Tests of the window stage against a naive reference.
import { LogBatch } from "@tailrace/domain/log-batch"
import type { Pane } from "@tailrace/domain/pane"
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { metricCatalogue } from "./catalogue.ts"
import type { MetricDefinition } from "./metric-definition.ts"
import type { MetricConfig } from "./metric-kind.ts"
import { WindowStage } from "./window-stage.ts"

interface Row {
  readonly millis: number
  readonly service: string
  readonly value: number
}

const start = Date.UTC(2026, 0, 19, 10)

const metric = (type: MetricDefinition["type"], config: Partial<MetricConfig> = {}): MetricDefinition => {
  const component = metricCatalogue.find(({ name }) => name === type) as (typeof metricCatalogue)[number]
  const whole = {
    name: type,
    where: "",
    by: ["service"],
    size: 10_000,
    lateness: 5_000,
    maxKeys: 1_000,
    field: "ms",
    quantiles: [0.5],
    ...config
  }
  const kind = Effect.runSync(component.make({ type, ...whole } as never))
  return { type, config: whole, kind, where: undefined }
}

/** Frames of one row each; sequence and reception follow the row. */
const batchOf = (rows: ReadonlyArray<Row>, firstSequence = 1): LogBatch => {
  const batch = LogBatch.make({ partition: 3 })
  rows.forEach((row, i) => {
    batch.beginFrame({ sequence: firstSequence + i, tenant: "t", source: "s", receivedMillis: row.millis })
    batch.appendRecord({
      timestamp: BigInt(row.millis) * 1_000_000n,
      service: row.service,
      body: "x",
      attributes: { ms: String(row.value) }
    })
  })
  return batch
}

const panesOf = (stage: WindowStage): Array<Pane> => stage.takeClosed().flatMap((window) => [...window.panes])

/** What windows must hold, told row by row: late when the window ended before the newest row of earlier frames less lateness. */
const reference = (rows: ReadonlyArray<Row>, size: number, lateness: number) => {
  const cells = new Map<string, Array<number>>()
  let newest = Number.NEGATIVE_INFINITY
  let late = 0
  for (const { millis, service, value } of rows) {
    const windowStart = Math.floor(millis / size) * size
    if (windowStart + size <= newest - lateness) late++
    else {
      const id = `${windowStart} ${service}`
      cells.set(id, [...(cells.get(id) ?? []), value])
    }
    newest = Math.max(newest, millis)
  }
  return { cells, late }
}

const rowArbitrary = fc.record({
  millis: fc.integer({ min: 0, max: 120_000 }).map((offset) => start + offset),
  service: fc.constantFrom("a", "b", "c", ""),
  value: fc.integer({ min: -1000, max: 1000 })
})
const fold: Record<string, (values: ReadonlyArray<number>) => number> = {
  count: (values) => values.length,
  rate: (values) => values.length / 10,
  sum: (values) => values.reduce((a, b) => a + b, 0),
  avg: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  unique: (values) => new Set(values).size
}

describe("WindowStage", () => {
  it("gives the panes and late counts of the naive reference, however the frames are cut into batches", () => {
    fc.assert(
      fc.property(fc.array(rowArbitrary, { maxLength: 80 }), fc.integer({ min: 1, max: 80 }), (rows, cut) => {
        const definitions = Object.keys(fold).map((type) => metric(type as MetricDefinition["type"]))
        const stage = new WindowStage(3, definitions)
        for (let from = 0; from < rows.length; from += cut) {
          stage.observe(batchOf(rows.slice(from, from + cut), from + 1), start)
        }
        stage.tick(start + 3_600_000)
        const { cells, late } = reference(rows, 10_000, 5_000)
        const panes = panesOf(stage)
        expect(panes.length).toBe(cells.size * definitions.length)
        for (const pane of panes) {
          const values = cells.get(`${pane.windowStart} ${pane.key.service}`) as Array<number>
          expect(pane.count).toBe(values.length)
          expect(pane.value).toBeCloseTo((fold[pane.type] as (values: ReadonlyArray<number>) => number)(values), 9)
        }
        for (const one of stage.metrics) expect(one.late).toBe(late)
      }),
      { numRuns: 60 }
    )
  })

  it("gives the same panes when it is saved and loaded anywhere in between", () => {
    fc.assert(
      fc.property(fc.array(rowArbitrary, { minLength: 2, maxLength: 60 }), fc.nat(), (rows, at) => {
        const cut = 1 + (at % (rows.length - 1))
        const definitions = () => [metric("sum"), metric("quantiles"), metric("unique"), metric("count", { by: [] })]
        const whole = new WindowStage(3, definitions())
        whole.observe(batchOf(rows), start)
        const first = new WindowStage(3, definitions())
        first.observe(batchOf(rows.slice(0, cut)), start)
        const before = panesOf(first)
        const second = new WindowStage(3, definitions())
        expect(second.load(JSON.parse(JSON.stringify(first.save())), cut)).toEqual([])
        second.observe(batchOf(rows.slice(cut), cut + 1), start)
        for (const stage of [whole, second]) stage.tick(start)
        for (const stage of [whole, second]) stage.tick(start + 3_600_000)
        const order = (panes: ReadonlyArray<Pane>) => panes.map((pane) => JSON.stringify(pane)).sort()
        expect(order([...before, ...panesOf(second)])).toEqual(order(panesOf(whole)))
      }),
      { numRuns: 60 }
    )
  })

  it("closes a window once the watermark passes its end, and names the message that closed it", () => {
    const stage = new WindowStage(3, [metric("count")])
    stage.observe(batchOf([{ millis: start, service: "a", value: 1 }], 10), start)
    stage.observe(batchOf([{ millis: start + 14_999, service: "a", value: 1 }], 11), start)
    expect(panesOf(stage)).toEqual([])
    stage.observe(batchOf([{ millis: start + 15_000, service: "a", value: 1 }], 12), start)
    expect(panesOf(stage)).toEqual([
      {
        partition: 3,
        sequence: 12,
        tenant: "t",
        metric: "count",
        type: "count",
        windowStart: start,
        windowEnd: start + 10_000,
        key: { service: "a" },
        value: 1,
        count: 1,
        quantiles: {},
        revision: 0
      }
    ])
  })

  it("lets one wrong clock in the future close nothing", () => {
    const stage = new WindowStage(3, [metric("count")])
    const batch = LogBatch.make({ partition: 3 })
    batch.beginFrame({ sequence: 1, tenant: "t", source: "s", receivedMillis: start })
    for (const millis of [start, start + 86_400_000, start + 1_000]) {
      batch.appendRecord({ timestamp: BigInt(millis) * 1_000_000n, service: "a" })
    }
    stage.observe(batch, start)
    stage.observe(batchOf([{ millis: start + 2_000, service: "a", value: 1 }], 2), start)
    expect(panesOf(stage)).toEqual([])
    expect(stage.metrics[0]?.late).toBe(0)
  })

  it("closes by the processing clock when nothing comes any more, but only after ten seconds", () => {
    const stage = new WindowStage(3, [metric("count")])
    stage.observe(batchOf([{ millis: start, service: "a", value: 1 }]), 1_000_000)
    stage.tick(1_009_999)
    expect(panesOf(stage)).toEqual([])
    stage.tick(1_014_000)
    expect(panesOf(stage)).toEqual([])
    stage.tick(1_016_000)
    expect(panesOf(stage).length).toBe(1)
  })

  it("reports windows in which nothing happened between two that had records", () => {
    const stage = new WindowStage(3, [metric("count")])
    stage.observe(
      batchOf([start, start + 40_000, start + 60_000].map((millis) => ({ millis, service: "a", value: 1 }))),
      start
    )
    const starts = stage.takeClosed().map((window) => [window.windowStart - start, window.panes.length])
    expect(starts).toEqual([
      [0, 1],
      [10_000, 0],
      [20_000, 0],
      [30_000, 0],
      [40_000, 1]
    ])
  })

  it("counts a record without the measured field as unmeasured and leaves it out", () => {
    const stage = new WindowStage(3, [metric("sum", { field: "missing" })])
    stage.observe(batchOf([{ millis: start, service: "a", value: 1 }]), start)
    stage.tick(start + 60_000)
    expect(stage.metrics[0]?.unmeasured).toBe(1)
    expect(panesOf(stage)).toEqual([])
  })

  it("counts keys beyond the limit under (other)", () => {
    const stage = new WindowStage(3, [metric("count", { maxKeys: 2, by: ["ms"] })])
    const rows = [1, 2, 3, 4, 1, 5].map((value) => ({ millis: start, service: "a", value }))
    stage.observe(batchOf(rows), 0)
    stage.tick(60_000)
    expect(Object.fromEntries(panesOf(stage).map((pane) => [pane.key.ms, pane.value]))).toEqual({
      1: 2,
      2: 1,
      "(other)": 3
    })
  })

  it("takes over no windows that were gathered under another configuration", () => {
    const stage = new WindowStage(3, [metric("count")])
    stage.observe(batchOf([{ millis: start, service: "a", value: 1 }]), start)
    const other = new WindowStage(3, [metric("count", { size: 20_000 })])
    expect(other.load(stage.save(), 1)).toEqual(["count"])
    expect(other.metrics[0]?.openCount).toBe(0)
  })
})
