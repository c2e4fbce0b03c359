// FrameAttributes: what a frame's header says of all its records, ready to be written to rows.
import type { FrameHeader } from "@tailrace/domain/frame"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { rankBits, role, roleAndRankOf } from "./field-roles.ts"
import type { KeyTable } from "./key-table.ts"
import type { RecordDraft } from "./record-draft.ts"

interface Pair {
  readonly key: string
  readonly keyBytes: Uint8Array
  readonly value: Uint8Array
}

const pairsOf = (texts: Readonly<Record<string, string>>): Array<Pair> =>
  Object.entries(texts).map(([key, value]) => ({ key, keyBytes: encodeUtf8(key), value: encodeUtf8(value) }))

/**
 * A frame's attributes and resource attributes. `host` and `service` of either become the columns of records that state
 * none; a record's own attribute wins over the frame's of the same key.
 */
export class FrameAttributes {
  hostCode = 0
  serviceCode = 0
  private attributes: Array<Pair> = []
  private attributeCodes: Array<number> = []
  private resource: Array<Pair> = []
  private resourceCodes: Array<number> = []
  private readonly keys: KeyTable

  constructor(keys: KeyTable) {
    this.keys = keys
  }

  /** Takes the header of the frame whose rows come next. */
  begin(header: FrameHeader, batch: LogBatch): void {
    const host = textOf(header, role.host)
    const service = textOf(header, role.service)
    this.hostCode = batch.host.internText(host)
    this.serviceCode = batch.service.internText(service)
    this.attributes = pairsOf(header.attributes).filter(({ key }) => !isColumn(key))
    this.attributeCodes = this.attributes.map(({ key }) => batch.attributes.keys.internText(key))
    this.resource = pairsOf(header.resource)
    this.resourceCodes = this.resource.map(({ key }) => batch.resource.keys.internText(key))
  }

  writeTo(batch: LogBatch, row: number, draft: RecordDraft): void {
    for (let i = 0; i < this.attributes.length; i++) {
      const { keyBytes, value } = this.attributes[i]
      if (draft.hasAttribute(this.keys.intern(keyBytes, 0, keyBytes.length))) continue
      batch.attributes.appendCode(row, this.attributeCodes[i], value, 0, value.length)
    }
    for (let i = 0; i < this.resource.length; i++) {
      const { value } = this.resource[i]
      batch.resource.appendCode(row, this.resourceCodes[i], value, 0, value.length)
    }
  }
}

const roleOf = (key: string): number => roleAndRankOf(key) >> rankBits

const isColumn = (key: string): boolean => roleOf(key) === role.host || roleOf(key) === role.service

const textOf = (header: FrameHeader, which: number): string => {
  for (const texts of [header.attributes, header.resource]) {
    for (const [key, value] of Object.entries(texts)) if (roleOf(key) === which) return value
  }
  return ""
}
