// Tests of the connection room: who makes room for whom, in all and of one address.
import { describe, expect, it } from "vitest"
import { ConnectionRoom, type Guest } from "./connection-room.ts"

const world = (maxConnections: number, maxConnectionsPerAddress: number) => {
  const evicted: Array<string> = []
  let told = 0
  const room = new ConnectionRoom({ maxConnections, maxConnectionsPerAddress }, () => told++)
  const guest = (address: string, name: string): Guest => ({ address, evict: () => evicted.push(name) })
  return { room, guest, evicted, told: () => told }
}

describe("the connection room", () => {
  it("lets the one that rested longest go for a newcomer, and nobody whose work is under way", () => {
    const { evicted, guest, room, told } = world(3, 3)
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => guest("1", name)) as [Guest, Guest, Guest, Guest]
    for (const one of [a, b, c]) expect(room.enter(one)).toBe(true)
    room.wake(a)
    expect(room.enter(d)).toBe(true)
    expect(evicted).toEqual(["b"])
    // It rests anew, so it is the last in the row.
    room.rest(a)
    expect(room.enter(guest("1", "e"))).toBe(true)
    expect(evicted).toEqual(["b", "c"])
    expect([room.size, told()]).toEqual([3, 2])
  })

  it("refuses a newcomer where nobody rests", () => {
    const { evicted, guest, room } = world(2, 2)
    const [a, b] = [guest("1", "a"), guest("2", "b")]
    for (const one of [a, b]) {
      room.enter(one)
      room.wake(one)
    }
    expect(room.enter(guest("3", "c"))).toBe(false)
    room.leave(a)
    expect(room.enter(guest("3", "d"))).toBe(true)
    expect(evicted).toEqual([])
  })

  it("takes room from an address that has too many, not from the others", () => {
    const { evicted, guest, room } = world(10, 2)
    room.enter(guest("other", "o"))
    for (let i = 0; i < 5; i++) room.enter(guest("1", `g${i}`))
    expect(evicted).toEqual(["g0", "g1", "g2"])
    expect(room.size).toBe(3)
  })
})
