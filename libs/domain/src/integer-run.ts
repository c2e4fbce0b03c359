// Integer run: numbers of a column on the wire, each as its distance from the smallest, in as few bytes as all of them need.
import type { ByteReader, ByteWriter } from "./byte-writer.ts"

export type NumberColumn = Uint8Array | Uint32Array | Float64Array

/** Widths of a distance in bytes; `whole` is the number itself as a double. */
const constant = 0
const whole = 8

/** Writes `column[rows[0]]`, `column[rows[1]]`... or, without `rows`, the first `count` numbers. */
export const writeNumbers = (
  writer: ByteWriter,
  column: NumberColumn,
  count: number,
  rows: Uint32Array | undefined
): void => {
  const source = rows === undefined ? column : gathered(column, rows)
  let least = source[0] ?? 0
  let most = least
  let fraction = 0
  for (let i = 1; i < count; i++) {
    const value = source[i] as number
    if (value < least) least = value
    else if (value > most) most = value
  }
  if (source instanceof Float64Array) {
    // What is no integer, and no number at all, makes a remainder that is not 0.
    for (let i = 0; i < count && fraction === 0; i++) fraction = Number.isSafeInteger(source[i]) ? 0 : 1
  }
  const width = fraction === 0 ? widthOf(most - least) : whole
  writer.varint(width)
  if (width === whole) {
    writer.elements(Float64Array.from(source.subarray(0, count)), count)
    return
  }
  writer.elements(Float64Array.of(least), 1)
  if (width === constant) return
  const target = distances(width, count)
  for (let i = 0; i < count; i++) target[i] = (source[i] as number) - least
  writer.elements(target, count)
}

/** Reads `count` numbers into `column[at...]`. Throws RangeError when the bytes break off or say no width there is. */
export const readNumbers = (reader: ByteReader, column: NumberColumn, at: number, count: number): void => {
  const width = reader.varint()
  if (width === whole) {
    const numbers = new Float64Array(count)
    reader.elements(numbers, count)
    column.set(numbers, at)
    return
  }
  const first = new Float64Array(1)
  reader.elements(first, 1)
  const least = first[0] as number
  if (width === constant) {
    column.fill(least, at, at + count)
    return
  }
  if (width !== 1 && width !== 2 && width !== 4) throw new RangeError(`batch is damaged: numbers of ${width} bytes`)
  const source = distances(width, count)
  reader.elements(source, count)
  for (let i = 0; i < count; i++) column[at + i] = least + (source[i] as number)
}

const widthOf = (range: number): number =>
  range === 0 ? constant : range < 0x100 ? 1 : range < 0x10000 ? 2 : range < 0x1_0000_0000 ? 4 : whole

const distances = (width: number, count: number): Uint8Array | Uint16Array | Uint32Array =>
  width === 1 ? new Uint8Array(count) : width === 2 ? new Uint16Array(count) : new Uint32Array(count)

/** The numbers of some rows, in their order. */
export const gathered = <A extends NumberColumn>(source: A, rows: Uint32Array): A => {
  const target = new (source.constructor as new (length: number) => A)(rows.length)
  for (let i = 0; i < rows.length; i++) target[i] = source[rows[i] as number] as number
  return target
}
