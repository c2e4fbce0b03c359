// Health: a process is ready when all its components are, and dead when one has failed.
import { describe, expect, it } from "vitest"
import { makeHealth } from "./health.ts"

describe("Health", () => {
  it("is ready when every component is, and says which is not and why", () => {
    let now = 100
    const health = makeHealth(() => now)
    expect(health.report()).toEqual({ live: true, ready: true, components: [] })
    const nats = health.register("nats")
    const store = health.register("store")
    store.ready()
    expect(health.report()).toMatchObject({ live: true, ready: false })
    now = 200
    nats.ready()
    expect(health.report()).toMatchObject({ live: true, ready: true })
    now = 300
    nats.live("disconnected")
    expect(health.report()).toEqual({
      live: true,
      ready: false,
      components: [
        { component: "nats", state: "live", reason: "disconnected", since: 300 },
        { component: "store", state: "ready", reason: "", since: 100 }
      ]
    })
  })

  it("keeps the time of the last change of state over repeated reports of the same state", () => {
    let now = 1
    const health = makeHealth(() => now)
    const store = health.register("store")
    store.ready()
    now = 2
    store.ready()
    expect(health.report().components[0]?.since).toBe(1)
  })

  it("is not live once a component has failed, until it recovers or is removed", () => {
    const health = makeHealth(() => 0)
    const store = health.register("store")
    store.failed("disk gone")
    expect(health.report()).toMatchObject({ live: false, ready: false })
    store.ready()
    expect(health.report()).toMatchObject({ live: true, ready: true })
    store.failed("again")
    store.remove()
    expect(health.report().components).toEqual([])
  })
})
