// Unit tests of Native columns: bytes against ClickHouse's format, written out by hand or made with BigInt.
import { assert, describe, it } from "@effect/vitest"
import { DictionaryColumn } from "@tailrace/domain/dictionary-column"
import { TextColumn } from "@tailrace/domain/text-column"
import fc from "fast-check"
import { lastSortableMillis, NativeColumns } from "./native-columns.ts"

const bytesOf = (write: (out: NativeColumns) => void): Array<number> => {
  const out = new NativeColumns()
  write(out)
  return [...out.bytes.subarray(0, out.used)]
}

const all = (count: number) => Uint32Array.from({ length: count }, (_, index) => index)
const littleEndian = (values: ReadonlyArray<bigint>) => [...new Uint8Array(BigInt64Array.from(values).buffer)]

describe("numbers", () => {
  it("are written for the listed rows only, in their order", () => {
    assert.deepStrictEqual(
      bytesOf((out) => out.uint8(Uint8Array.of(7, 8, 9), Uint32Array.of(0, 2), 2)),
      [7, 9]
    )
    assert.deepStrictEqual(
      bytesOf((out) => out.uint32(Uint32Array.of(1, 0x01020304, 5), Uint32Array.of(1), 1)),
      [4, 3, 2, 1]
    )
  })

  it("of 64 bits are exact up to 2^53", () => {
    const values = [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]
    assert.deepStrictEqual(
      bytesOf((out) => out.uint64(Float64Array.from(values), all(5), 5)),
      littleEndian(values.map(BigInt))
    )
  })

  it("that are constant repeat for every row", () => {
    assert.deepStrictEqual(
      bytesOf((out) => out.constant(0x0102, 2, 3)),
      [2, 1, 2, 1, 2, 1]
    )
    assert.deepStrictEqual(
      bytesOf((out) => out.constant(1795249863178, 8, 5)),
      littleEndian(Array.from({ length: 5 }, () => 1795249863178n))
    )
    assert.deepStrictEqual(
      bytesOf((out) => out.constant(1, 8, 0)),
      []
    )
  })
})

describe("nanoseconds", () => {
  it("equal BigInt arithmetic for every time of the sortable range", () => {
    const time = fc.tuple(fc.integer({ min: 0, max: lastSortableMillis }), fc.integer({ min: 0, max: 999_999 }))
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 50 }), (times) => {
        const millis = Float64Array.from(times, ([milli]) => milli)
        const nanos = Uint32Array.from(times, ([, nano]) => nano)
        assert.deepStrictEqual(
          bytesOf((out) => out.nanoseconds(millis, nanos, all(times.length), times.length)),
          littleEndian(times.map(([milli, nano]) => BigInt(milli) * 1_000_000n + BigInt(nano)))
        )
      })
    )
  })

  it("outside the sortable range move to its nearer end", () => {
    assert.deepStrictEqual(
      bytesOf((out) => out.nanoseconds(Float64Array.of(-1, 9_000_000_000_000), Uint32Array.of(0, 0), all(2), 2)),
      littleEndian([0n, BigInt(lastSortableMillis) * 1_000_000n])
    )
  })
})

describe("strings", () => {
  const column = (texts: ReadonlyArray<string>) => {
    const target = new TextColumn(texts.length)
    for (const [row, text] of texts.entries()) target.putText(row, text)
    return target
  }
  const expected = (texts: ReadonlyArray<string>) =>
    texts.flatMap((text) => {
      const bytes = [...new TextEncoder().encode(text)]
      return bytes.length < 128 ? [bytes.length, ...bytes] : [(bytes.length & 127) | 128, bytes.length >> 7, ...bytes]
    })

  it("are length and bytes, whether copied whole, in runs, or row by row", () => {
    const text = fc.oneof(fc.constant(""), fc.string({ unit: "grapheme" }), fc.constant("x".repeat(200)))
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.boolean()), { maxLength: 30 }), (rows) => {
        const texts = rows.map(([value]) => value)
        const kept = rows.flatMap(([, keep], row) => (keep ? [row] : []))
        const write = (wanted: Array<number>) =>
          bytesOf((out) => out.strings(column(texts), Uint32Array.from(wanted), wanted.length, texts.length))
        assert.deepStrictEqual(write(kept), expected(kept.map((row) => texts[row] as string)))
        assert.deepStrictEqual(write([...all(texts.length)]), expected(texts))
      })
    )
  })

  it("replaced or never put come out as they read", () => {
    const target = new TextColumn(4)
    target.putText(0, "first")
    target.putText(2, "third")
    target.putText(0, "again")
    assert.deepStrictEqual(
      bytesOf((out) => out.strings(target, all(4), 4, 4)),
      expected(["again", "", "third", ""])
    )
    assert.deepStrictEqual(
      bytesOf((out) => out.strings(new TextColumn(2), all(2), 2, 2)),
      [0, 0]
    )
  })
})

describe("a dictionary", () => {
  it("is its flags, its entries from the empty text on, and a code per row", () => {
    const column = new DictionaryColumn(3)
    for (const [row, text] of ["b", "", "a"].entries()) column.codes[row] = column.internText(text)
    assert.deepStrictEqual(
      bytesOf((out) => {
        out.dictionaryPrefix()
        out.dictionary(column, Uint32Array.of(0, 1, 2), 3)
      }),
      [
        ...littleEndian([1n, 0x600n, 3n]),
        ...[0, 1, 0x62, 1, 0x61], // "", "b", "a"
        ...littleEndian([3n]),
        ...[1, 0, 2]
      ]
    )
  })

  it("of more than 256 and 65,536 entries takes codes of two and four bytes", () => {
    for (const [size, flag, width] of [
      [257, 0x601n, 2],
      [65_537, 0x602n, 4]
    ] as const) {
      const column = new DictionaryColumn(size)
      for (let row = 1; row < size; row++) column.codes[row] = column.internText(`v${row}`)
      const bytes = bytesOf((out) => out.dictionary(column, Uint32Array.of(size - 1), 1))
      assert.deepStrictEqual(bytes.slice(0, 16), littleEndian([flag, BigInt(size)]))
      const code = [...Buffer.from(Uint32Array.of(size - 1).buffer)].slice(0, width)
      assert.deepStrictEqual(bytes.slice(-width - 8), [...littleEndian([1n]), ...code])
    }
  })

  it("of no rows is nothing behind its prefix", () => {
    assert.deepStrictEqual(
      bytesOf((out) => out.dictionary(new DictionaryColumn(1), new Uint32Array(0), 0)),
      []
    )
  })
})
