// ConnectionRoom: how many connections a listener keeps, in all and of one address, and which of them end to make room.

/** A connection, as far as the room is concerned. */
export interface Guest {
  readonly address: string
  /** Ends it at once. */
  readonly evict: () => void
}

export interface RoomLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
}

/**
 * Guests that rest (nothing of theirs is under way) make room, the one that has rested longest first: of the newcomer's
 * address when that has too many, of any when all are too many. Where nobody rests the newcomer is not let in.
 */
export class ConnectionRoom {
  size = 0
  readonly #limits: RoomLimits
  readonly #resting = new Set<Guest>()
  readonly #addresses = new Map<string, { readonly all: Set<Guest>; readonly resting: Set<Guest> }>()
  readonly #evicted: () => void

  /** `evicted` is told of each guest that was made to go. */
  constructor(limits: RoomLimits, evicted: () => void) {
    this.#limits = limits
    this.#evicted = evicted
  }

  /** Whether a newcomer is let in; it rests from the start. */
  enter(guest: Guest): boolean {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    const before = this.#addresses.get(guest.address)
    if (before !== undefined && before.all.size >= maxConnectionsPerAddress && !this.#evict(before.resting))
      return false
    if (this.size >= maxConnections && !this.#evict(this.#resting)) return false
    let place = this.#addresses.get(guest.address)
    if (place === undefined) {
      place = { all: new Set(), resting: new Set() }
      this.#addresses.set(guest.address, place)
    }
    place.all.add(guest)
    this.size++
    this.rest(guest)
    return true
  }

  /** Nothing of it is under way any more. */
  rest(guest: Guest): void {
    const place = this.#addresses.get(guest.address)
    if (place === undefined || !place.all.has(guest)) return
    this.#resting.add(guest)
    place.resting.add(guest)
  }

  /** Something of it is under way: it stays. */
  wake(guest: Guest): void {
    this.#resting.delete(guest)
    this.#addresses.get(guest.address)?.resting.delete(guest)
  }

  /** It is gone; says nothing of one that never was let in or had to go. */
  leave(guest: Guest): void {
    this.wake(guest)
    const place = this.#addresses.get(guest.address)
    if (place === undefined || !place.all.delete(guest)) return
    this.size--
    if (place.all.size === 0) this.#addresses.delete(guest.address)
  }

  #evict(resting: ReadonlySet<Guest> | undefined): boolean {
    const [longest] = resting ?? []
    if (longest === undefined) return false
    this.leave(longest)
    this.#evicted()
    longest.evict()
    return true
  }
}
