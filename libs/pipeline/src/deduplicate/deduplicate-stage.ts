// The deduplicate stage: leaves out records whose idempotency key was stored before, within a window.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { FieldReader } from "../field-reader.ts"
import { targetOf } from "../field-target.ts"
import type { Deduplicate, KeyColumn, StoredKeyPage } from "../stage.ts"
import type { DeduplicateConfig } from "./deduplicate-config.ts"
import { hashKey, ScopeSeeds } from "./key-hash.ts"
import { KeyMemory } from "./key-memory.ts"

/**
 * How far a collector's clock may be ahead of the processor's: rows stored before a moment less this were received before
 * that moment.
 */
const clockLeadMillis = 7_200_000

/** Where rows keep a field that can be an idempotency key; undefined for one that cannot. */
export const keyColumnOf = (name: string): KeyColumn | undefined => {
  const target = targetOf(name)
  if (target.kind !== "pair" && target.kind !== "text") return undefined
  const { column } = target.kind === "pair" ? target.list : target.of
  return { column: column as KeyColumn["column"], entry: target.kind === "pair" ? target.key : "" }
}

/**
 * A record is a duplicate when among the newest `maxKeys` records that were kept with a key, and that are of its tenant
 * and source, the last with its key was received less than `window` before it. Kept are the records that are stored, and
 * what counts are smaller identities alone, so the rows say all that has to be known: a new life reads back the rows
 * before its first batch and decides as the one before did, about the same records again and about new ones.
 *
 * Rows are read back from the newest on, as far as a batch may need them; a batch with frames received long ago makes it
 * read further.
 */
export class DeduplicateStage implements Deduplicate {
  readonly column: KeyColumn
  private readonly window: number
  private readonly reader: FieldReader
  private readonly maxKeys: number
  private memory: KeyMemory
  private readonly scopes = new ScopeSeeds()
  /** Identity before which rows were not read back yet; undefined before the first batch. */
  private edge: { readonly sequence: number; readonly row: number } | undefined
  /** Rows inserted from here on are known, milliseconds since 1970. */
  private knownSince = Number.POSITIVE_INFINITY
  private forgotten = 0

  constructor(config: DeduplicateConfig, column: KeyColumn) {
    this.column = column
    this.window = config.window
    this.reader = new FieldReader(config.key)
    this.maxKeys = config.maxKeys
    this.memory = new KeyMemory(config.maxKeys)
  }

  get keys(): number {
    return this.memory.count
  }

  takeForgotten(): number {
    const { forgotten } = this
    this.forgotten = 0
    return forgotten
  }

  wants(batch: LogBatch) {
    this.edge ??= { sequence: batch.firstSequence, row: 0 }
    let oldest = Number.POSITIVE_INFINITY
    for (const frame of batch.frames) if (frame.receivedMillis < oldest) oldest = frame.receivedMillis
    const since = Math.max(0, oldest - this.window - clockLeadMillis)
    if (this.memory.full || since >= this.knownSince) return undefined
    return { ...this.edge, since }
  }

  learn(page: StoredKeyPage, since: number): void {
    const { keys, more } = page
    this.memory.addOlder(keys.length, (index) => {
      const { key, receivedMillis, source, tenant } = keys[index] as (typeof keys)[number]
      hashKey(key, 0, key.length, this.scopes.of(tenant, source))
      return receivedMillis
    })
    const last = keys[keys.length - 1]
    if (last !== undefined) this.edge = { sequence: last.sequence, row: last.row }
    if (!more) this.knownSince = since
  }

  forget(): void {
    this.memory = new KeyMemory(this.maxKeys)
    this.edge = undefined
    this.knownSince = Number.POSITIVE_INFINITY
  }

  apply(batch: LogBatch): void {
    const { memory, reader, window } = this
    reader.bind(batch)
    let frame = -1
    let time = 0
    let seed = this.scopes.of("", "")
    for (let row = 0; row < batch.length; row++) {
      if (batch.selected[row] !== 1 || !reader.locate(row)) continue
      if (batch.frame[row] !== frame) {
        frame = batch.frame[row] as number
        const account = batch.frames[frame] as LogBatch["frames"][number]
        time = account.receivedMillis
        seed = this.scopes.of(account.tenant, account.source)
      }
      hashKey(reader.bytes, reader.start, reader.end, seed)
      if (time - memory.timeOf() < window) batch.deduplicate(row)
      else if (time - memory.add(time) < window) this.forgotten++
    }
  }
}
