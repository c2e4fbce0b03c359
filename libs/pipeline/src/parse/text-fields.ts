// TextFields: fields whose texts were composed, not found as they stand in a message, and fields that come several times.
import { encodeUtf8 } from "@tailrace/domain/utf8"
import type { RecordDraft } from "./record-draft.ts"

/** Copies a text to the draft's scratch; answers where it starts, as a draft counts. */
export const scratchText = (draft: RecordDraft, text: Uint8Array): number => {
  const at = draft.reserveScratch(text.length)
  draft.scratch.set(text, at)
  draft.scratchUsed = at + text.length
  return -1 - at
}

/** Adds a field with a composed text. */
export const addTextField = (draft: RecordDraft, key: number, text: string): void => {
  const bytes = encodeUtf8(text)
  draft.addField(key, scratchText(draft, bytes), bytes.length)
}

/** Fields of a message in order, gathered before they are written: a name that comes several times gets a JSON array. */
export class GatheredFields {
  private readonly keys: Array<number> = []
  private readonly starts: Array<number> = []
  private readonly lengths: Array<number> = []
  private readonly at = new Map<number, Array<number>>()

  begin(): void {
    this.keys.length = 0
    this.starts.length = 0
    this.lengths.length = 0
  }

  add(key: number, start: number, length: number): void {
    this.keys.push(key)
    this.starts.push(start)
    this.lengths.push(length)
  }

  get count(): number {
    return this.keys.length
  }

  write(draft: RecordDraft, bytes: Uint8Array): void {
    const { at, keys, lengths, starts } = this
    at.clear()
    let repeated = false
    for (let i = 0; i < keys.length; i++) {
      const known = at.get(keys[i])
      if (known === undefined) at.set(keys[i], [i])
      else {
        known.push(i)
        repeated = true
      }
    }
    for (let i = 0; i < keys.length; i++) {
      const places = repeated ? at.get(keys[i]) : undefined
      if (places === undefined || places.length === 1 || keys[i] < 0) draft.addField(keys[i], starts[i], lengths[i])
      else if (places[0] === i) this.writeSeveral(draft, bytes, places)
    }
  }

  private writeSeveral(draft: RecordDraft, bytes: Uint8Array, places: ReadonlyArray<number>): void {
    const all = places.map((place) => this.textAt(draft, bytes, place))
    // A name without a value beside one with a value says nothing more.
    const told = all.filter((text) => text !== "")
    const texts = told.length === 0 ? all.slice(0, 1) : told
    const text = texts.length === 1 ? (texts[0] ?? "") : JSON.stringify(texts)
    addTextField(draft, this.keys[places[0]], text)
  }

  private textAt(draft: RecordDraft, bytes: Uint8Array, place: number): string {
    const start = this.starts[place]
    const source = draft.sourceOf(start, bytes)
    const from = start >= 0 ? start : -1 - start
    return Buffer.from(source.subarray(from, from + this.lengths[place])).toString()
  }
}
