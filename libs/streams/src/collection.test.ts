// Collection: what a start has left behind is given back without anything having to happen.
import { waitFor } from "@tailrace/testing/wait-until"
import { describe, expect, it } from "vitest"
import { collectOnceStarted } from "./collection.ts"

describe("a process that has started", () => {
  it("collects what nobody refers to any more", async () => {
    const left = new WeakRef({ read: new Array(1_000) })
    expect(left.deref()?.read.length).toBe(1_000)
    collectOnceStarted(0)
    await waitFor(
      // Nothing is kept of what is seen, or the wait itself would refer to it.
      async () => left.deref() === undefined,
      (gone) => gone,
      { what: "a collection" }
    )
  })
})
