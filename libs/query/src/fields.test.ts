// Unit tests of the field names: columns, aliases, attribute paths and near names.
import { describe, expect, it } from "vitest"
import { nearestField, targetOf, wellKnownFields } from "./fields.ts"

describe("a field name", () => {
  it.each([
    ["msg", { kind: "text", column: "body" }],
    ["Message", { kind: "text", column: "body" }],
    ["lvl", { kind: "severity", column: "severity" }],
    ["severity_text", { kind: "severity", column: "severity" }],
    ["svc", { kind: "keyword", column: "service" }],
    ["traceId", { kind: "keyword", column: "trace_id" }],
    ["timestamp", { kind: "time", column: "timestamp" }],
    ["http.status", { kind: "attribute", key: "http.status" }],
    ["Status", { kind: "attribute", key: "Status" }],
    ["attributes.service", { kind: "attribute", key: "service" }],
    ["resource.k8s.pod", { kind: "resource", key: "k8s.pod" }]
  ])("%s is %j", (name, target) => expect(targetOf(name)).toMatchObject(target))

  it("belongs to one field only", () => {
    const names = wellKnownFields.flatMap((field) => [field.name, ...field.aliases])
    expect(new Set(names).size).toBe(names.length)
  })

  it.each([
    ["sevrity", "severity"],
    ["servce", "service"],
    ["tiemstamp", "timestamp"],
    ["mesage", "message"]
  ])("%s is near %s", (name, nearest) => {
    expect(nearestField(name)).toBe(nearest)
    expect(nearestField(name)).toBe(nearest)
  })

  it.each(["status", "user", "duration", "a.b", "ab", "level", "LEVEL"])("%s is near none", (name) =>
    expect(nearestField(name)).toBeUndefined()
  )
})
