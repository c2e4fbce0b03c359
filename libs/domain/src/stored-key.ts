// Stored key: the idempotency key of a row that is stored, and of whom.
export interface StoredKey {
  readonly sequence: number
  readonly row: number
  readonly tenant: string
  readonly source: string
  /** When its frame was received, milliseconds since 1970. */
  readonly receivedMillis: number
  readonly key: Uint8Array
}
