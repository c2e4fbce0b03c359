// ModelTokens: the logs of tokens of a store's tables, and what is left of an insert that the store does not survive.
import type { World } from "./world.ts"

/** What of an insert is there when the store is up again: its rows, what the rollup counts of them, and their tokens. */
export interface Remains {
  readonly token: boolean
  readonly rows: boolean
  readonly rollupToken: boolean
  readonly rollup: boolean
}

export const everything: Remains = { token: true, rows: true, rollupToken: true, rollup: true }

/** A kill cuts an insert off somewhere: of token, rows, token of the rollup and rollup, what comes first is there first. */
const killed: ReadonlyArray<Remains> = [0, 1, 2, 3, 4].map((steps) => ({
  token: steps > 0,
  rows: steps > 1,
  rollupToken: steps > 2,
  rollup: steps > 3
}))

/** What is left of an insert without an answer; each part and token by itself where nothing was synced, as without power. */
export const remainsOf = (world: World, withoutPower: boolean): Remains => {
  if (!withoutPower) return killed[world.integer(0, killed.length - 1)] as Remains
  const [token, rows, rollupToken, rollup] = Array.from({ length: 4 }, () => world.random() < 0.5) as [
    boolean,
    boolean,
    boolean,
    boolean
  ]
  return { token, rows, rollupToken, rollup }
}

export const remainsText = (remains: Remains): string => {
  const names = Object.entries(remains).flatMap(([name, kept]) => (kept ? [name] : []))
  return names.length === 0 ? "nothing" : names.join(", ")
}

export class ModelTokens {
  private readonly logs = new Map<string, Set<string>>()

  has(table: string, token: string): boolean {
    return this.logs.get(table)?.has(token) ?? false
  }

  add(table: string, token: string): void {
    const log = this.logs.get(table) ?? new Set()
    this.logs.set(table, log.add(token))
  }

  /** No log is ever synced: each comes back as it was, or without some of its last tokens, perhaps without any. */
  loseEnds(world: World): void {
    for (const [table, log] of this.logs) {
      if (world.random() < 0.5) continue
      const left = Math.floor(world.random() ** 2 * (log.size + 1))
      this.logs.set(table, new Set([...log].slice(0, left)))
    }
  }
}
