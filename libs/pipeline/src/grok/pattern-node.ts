// PatternNode: a pattern as a tree of bytes, and why a text is no pattern.

/** Which of the 256 bytes belong: 1 or 0 each. */
export type ByteSet = Uint8Array

/** Which bytes belong, and at 256 whether the edge of the text does. */
export type SideSet = Uint8Array

export const edgeOfText = 256

export type PatternNode =
  | { readonly kind: "empty" }
  /** One byte of the set; `wide` when every character outside ASCII belongs, whose bytes are then taken together. */
  | { readonly kind: "set"; readonly set: ByteSet; readonly wide: boolean }
  | { readonly kind: "sequence"; readonly parts: ReadonlyArray<PatternNode> }
  | { readonly kind: "choice"; readonly parts: ReadonlyArray<PatternNode> }
  | {
      readonly kind: "repeat"
      readonly part: PatternNode
      readonly least: number
      readonly most: number
      readonly greedy: boolean
    }
  | { readonly kind: "capture"; readonly field: CapturedField; readonly part: PatternNode }
  /** No bytes: what stands in front must be in `before`, what comes next in `behind`. */
  | { readonly kind: "assertion"; readonly before: SideSet; readonly behind: SideSet }

/** The field that a capture fills, and what its text is turned into. */
export interface CapturedField {
  readonly name: string
  readonly type: "text" | "int" | "float"
}

/** A text that is no pattern: what is wrong, and at which of its characters, counted from 1. */
export class PatternProblem extends Error {
  readonly position: number
  readonly reason: string

  constructor(reason: string, position: number) {
    super(`${reason} (character ${position})`)
    this.reason = reason
    this.position = position
  }
}

export const bytesWhere = (belongs: (byte: number) => boolean): ByteSet =>
  Uint8Array.from({ length: 256 }, (_, byte) => (belongs(byte) ? 1 : 0))

/** A side of which nothing is asked. */
export const anySide: SideSet = new Uint8Array(257).fill(1)

/** A side where a byte of the set, or the edge of the text when `edge` is 1, must be. */
export const sideOf = (set: ByteSet, edge: number): SideSet => {
  const side = new Uint8Array(257)
  side.set(set)
  side[edgeOfText] = edge
  return side
}

export const opposite = (set: Uint8Array): Uint8Array => set.map((belongs) => 1 - belongs)

export const isDigitByte = (byte: number): boolean => byte >= 48 && byte <= 57
export const isWordByte = (byte: number): boolean =>
  isDigitByte(byte) || byte === 95 || ((byte | 32) >= 97 && (byte | 32) <= 122 && byte < 128)

export const wordBytes = bytesWhere(isWordByte)
