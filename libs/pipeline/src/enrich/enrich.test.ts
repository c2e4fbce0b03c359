// Tests of the enrichments: fields added, moved and computed in place.
import { hostname } from "node:os"
import { it } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { Effect, Result, Schema } from "effect"
import { describe, expect } from "vitest"
import { enrichmentCatalogue } from "./catalogue.ts"

type Entry = { readonly type: string } & Record<string, unknown>

const enrichment = (entry: Entry) => {
  const component = enrichmentCatalogue.find(({ name }) => name === entry.type) as (typeof enrichmentCatalogue)[number]
  return component.make(
    Schema.decodeUnknownSync(component.config as typeof component.config & Schema.Decoder<unknown>)(entry) as never
  )
}

const batchOf = (...records: ReadonlyArray<Parameters<LogBatch["appendRecord"]>[0]>) => {
  const batch = LogBatch.make({ partition: 0 })
  batch.beginFrame({ sequence: 1, tenant: "t", source: "s", receivedMillis: 0 })
  for (const record of records) batch.appendRecord(record)
  return batch
}

const apply = Effect.fnUntraced(function* (
  batch: LogBatch,
  entry: { readonly type: string } & Record<string, unknown>
) {
  const made = yield* enrichment(entry)
  made.apply(batch)
  return Array.from({ length: batch.length }, (_, row) => batch.record(row))
})

describe("enrichments", () => {
  it.effect("static fills what is missing and leaves a record's own value alone", () =>
    Effect.gen(function* () {
      const batch = batchOf({ attributes: { env: "test" } }, {})
      const rows = yield* apply(batch, {
        type: "static",
        fields: { env: "production", service: "web", "resource.zone": 1 }
      })
      expect(rows.map((row) => [row.attributes.env, row.service, row.resource.zone])).toEqual([
        ["test", "web", "1"],
        ["production", "web", "1"]
      ])
    })
  )

  it.effect("static replaces a record's own value when told to", () =>
    Effect.gen(function* () {
      const rows = yield* apply(batchOf({ attributes: { env: "test" } }), {
        type: "static",
        fields: { env: "x" },
        overwrite: true
      })
      expect(rows[0]?.attributes).toEqual({ env: "x" })
    })
  )

  it.effect("host names the machine where a record names none", () =>
    Effect.gen(function* () {
      const rows = yield* apply(batchOf({ host: "db-1" }, {}), { type: "host" })
      expect(rows.map((row) => row.host)).toEqual(["db-1", hostname()])
      expect(rows[0]?.resource["host.name"]).toBe(hostname())
    })
  )

  it.effect("rename moves attributes to columns, columns to attributes and attributes to attributes", () =>
    Effect.gen(function* () {
      const batch = batchOf({ service: "old", attributes: { app: "pay", a: "1", b: "2" } }, { attributes: { b: "2" } })
      yield* apply(batch, { type: "rename", from: "service", to: "was" })
      yield* apply(batch, { type: "rename", from: "app", to: "service" })
      const rows = yield* apply(batch, { type: "rename", from: "a", to: "b" })
      expect(rows[0]).toMatchObject({ service: "pay", attributes: { was: "old", b: "1" } })
      expect(Object.keys(rows[0]?.attributes ?? {}).sort()).toEqual(["b", "was"])
      expect(rows[1]?.attributes).toEqual({ b: "2" })
    })
  )

  it.effect("rename to severity reads the word's number", () =>
    Effect.gen(function* () {
      const rows = yield* apply(batchOf({ attributes: { prio: "crit" } }), {
        type: "rename",
        from: "prio",
        to: "level",
        keep: true
      })
      expect(rows[0]).toMatchObject({ severity: "ERROR", severityNumber: 18, attributes: { prio: "crit" } })
    })
  )

  it.effect("rename survives the arena moving under a long value", () =>
    Effect.gen(function* () {
      const long = "x".repeat(100_000)
      const rows = yield* apply(batchOf({ attributes: { a: long, b: "1" } }), { type: "rename", from: "a", to: "b" })
      expect(rows[0]?.attributes).toEqual({ b: long })
    })
  )

  it.effect("derive computes where it can and leaves the other records as they are", () =>
    Effect.gen(function* () {
      const rows = yield* apply(batchOf({ attributes: { ms: "1500" } }, { attributes: { ms: "n/a" } }, {}), {
        type: "derive",
        field: "seconds",
        value: "ms / 1000"
      })
      expect(rows.map((row) => row.attributes.seconds)).toEqual(["1.5", undefined, undefined])
    })
  )

  it.effect.each<readonly [Entry, string]>([
    [{ type: "static", fields: { timestamp: "x" } }, "timestamp cannot be written"],
    [{ type: "rename", from: "a", to: "tenant" }, "tenant cannot be written"],
    [{ type: "rename", from: "a", to: "a" }, "the field the value comes from"],
    [{ type: "derive", field: "x", value: "1 +" }, "a value is missing"]
  ])("refuses %o", ([entry, problem]) =>
    Effect.gen(function* () {
      const result = yield* Effect.result(enrichment(entry))
      expect(Result.isFailure(result) && result.failure.message).toContain(problem)
    })
  )

  it.effect(
    "redact takes out what a field's name tells, and what is a secret by itself, in body, attributes and resource",
    () =>
      Effect.gen(function* () {
        const token = `ghp_${"a1B2".repeat(9)}`
        const long = {
          Authorization: "Bearer abcdefgh",
          note: `sent ${token}`,
          "http.header.x-api-key": "k1",
          tokens: "17"
        }
        const batch = batchOf(
          { body: "nothing to see", attributes: { password: "null", user: "ada" } },
          { body: `clone with ${token}`, attributes: long, resource: { db_password: "hunter2" } }
        )
        const rows = yield* apply(batch, { type: "redact" })
        expect(rows.map(({ attributes, body, resource }) => [body, attributes, resource])).toEqual([
          ["nothing to see", { password: "null", user: "ada" }, {}],
          [
            "clone with [redacted:github-token]",
            {
              Authorization: "[redacted:authorization]",
              note: "sent [redacted:github-token]",
              "http.header.x-api-key": "[redacted:api-key]",
              tokens: "[redacted:token]"
            },
            { db_password: "[redacted:password]" }
          ]
        ])
      })
  )

  it.effect("redact wants a key for hashes, so that a row made again is the same", () =>
    Effect.gen(function* () {
      const result = yield* Effect.result(enrichment({ type: "redact", action: "hash" }))
      expect(Result.isFailure(result) && result.failure.message).toMatch(/is needed for hash/)
    })
  )
})
