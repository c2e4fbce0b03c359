// ModelSnapshots: the key-value bucket of snapshots in memory; a put names the revision it replaces, and its answer may get lost.
import type { Pane } from "@tailrace/domain/pane"
import { SnapshotError, type SnapshotsShape } from "@tailrace/streams/snapshots"
import { Effect } from "effect"
import type { Life } from "./life.ts"
import type { ModelBroker } from "./model-broker.ts"

interface Kept {
  readonly key: string
  readonly offset: number
  readonly data: Uint8Array
  readonly revision: number
}

export class ModelSnapshots {
  private readonly kept = new Map<string, Kept>()
  /** Every change, in order; its place is its revision. */
  private readonly all: Array<Kept> = []
  /** Panes that a kept snapshot held as found: windows let go of them, so they have to be stored. */
  readonly found = new Map<string, number>()
  private readonly broker: ModelBroker

  constructor(broker: ModelBroker) {
    this.broker = broker
  }

  /** The least offset that any kept snapshot covers; what lies behind it would be read again. */
  offsetOf(key: string): number {
    return this.kept.get(key)?.offset ?? 0
  }

  get changes(): number {
    return this.all.length
  }

  /** Only so many changes were synced when its machine failed. */
  loseEnd(changes: number): void {
    this.all.splice(changes)
    this.kept.clear()
    for (const one of this.all) this.kept.set(one.key, one)
  }

  snapshotsOf(life: Life): SnapshotsShape {
    const ask = <A>(name: string, apply: () => A) =>
      this.broker
        .ask(life, name, apply)
        .pipe(Effect.mapError((message) => new SnapshotError({ reason: "unavailable", message })))
    return {
      get: (key) => ask("read the snapshot", () => this.kept.get(key)),
      revision: (key) => ask("ask for the snapshot's revision", () => this.kept.get(key)?.revision ?? 0),
      put: (key, { data, offset }, revision) =>
        ask("put the snapshot", () => {
          if ((this.kept.get(key)?.revision ?? 0) !== revision) return undefined
          const next = { key, offset, data: data.slice(), revision: this.all.length + 1 }
          if (key.startsWith("windows.")) this.noteFindings(data)
          this.all.push(next)
          this.kept.set(key, next)
          return next.revision
        }).pipe(
          Effect.filterOrFail(
            (next) => next !== undefined,
            () => new SnapshotError({ reason: "conflict", message: `${key} was written by somebody else` })
          )
        )
    }
  }

  private noteFindings(data: Uint8Array): void {
    const saved: { readonly outbox?: { readonly panes: ReadonlyArray<Pane> } } = JSON.parse(
      Buffer.from(data).toString()
    )
    for (const pane of saved.outbox?.panes ?? []) {
      this.found.set(
        `${pane.metric} ${pane.partition} ${pane.tenant} ${pane.key.service} ${pane.windowStart}`,
        pane.count
      )
    }
  }
}
