// Unit tests of the Native block writer: which rows and pairs it takes, and that it can be used again.
import { assert, describe, it } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { logsToken, prepareLogs } from "./insert-logs.ts"
import { blockColumns, NativeBlockWriter } from "./native-block.ts"

const stamp = { ingestedAt: 1_795_249_863_178, attempt: 5 }

const batchOf = (bodies: ReadonlyArray<string>): LogBatch => {
  const batch = LogBatch.make({ partition: 3, rowCapacity: 2 })
  for (const [index, body] of bodies.entries()) {
    batch.beginFrame({ sequence: 10 + index, tenant: "default", source: "http", receivedMillis: 1_000 })
    batch.appendRecord({ body, attributes: { n: String(index) } })
  }
  return batch
}

/** The bytes of one column of a block of `rows` rows whose type has a fixed width, found by its header. */
const fixedColumn = (block: Uint8Array, name: string, width: number, rows: number): Array<number> => {
  const type = blockColumns.find(([column]) => column === name)?.[1] ?? ""
  const header = Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([type.length]),
    Buffer.from(type)
  ])
  const at = Buffer.from(block).indexOf(header)
  assert.notStrictEqual(at, -1)
  return [...block.subarray(at + header.length, at + header.length + width * rows)]
}

describe("a Native block", () => {
  it("begins with the number of columns and of kept rows", () => {
    const batch = batchOf(["a", "b", "c"])
    batch.drop(1, "noise")
    assert.deepStrictEqual([...new NativeBlockWriter().write(batch, stamp).subarray(0, 2)], [blockColumns.length, 2])
  })

  it("holds the identities of the kept rows and one stamp for all", () => {
    const batch = batchOf(["a", "b", "c"])
    batch.drop(1, "noise")
    const block = new NativeBlockWriter().write(batch, stamp)
    assert.deepStrictEqual(fixedColumn(block, "partition", 2, 2), [3, 0, 3, 0])
    assert.deepStrictEqual(fixedColumn(block, "sequence", 8, 2), [10, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0])
    assert.deepStrictEqual(fixedColumn(block, "attempt", 4, 2), [5, 0, 0, 0, 5, 0, 0, 0])
    const at = [...new Uint8Array(BigInt64Array.of(1_795_249_863_178n, 1_795_249_863_178n).buffer)]
    assert.deepStrictEqual(fixedColumn(block, "ingested_at", 8, 2), at)
  })

  it("is the same bytes from a fresh writer and from one that wrote a larger batch before", () => {
    const small = batchOf(["a", "", "ü"])
    const writer = new NativeBlockWriter()
    writer.write(batchOf(Array.from({ length: 3_000 }, (_, index) => `line ${index}`)), stamp)
    const again = [...writer.write(small, stamp)]
    assert.deepStrictEqual(again, [...new NativeBlockWriter().write(small, stamp)])
  })

  it("is empty when no row is kept", () => {
    const batch = batchOf(["a"])
    batch.drop(0, "noise")
    assert.strictEqual(new NativeBlockWriter().write(batch, stamp).length, 0)
  })
})

describe("a prepared insert", () => {
  it("is named after the first and last kept sequence, which its rows tell too", () => {
    const batch = batchOf(["a", "b", "c", "d"])
    batch.drop(0, "noise")
    batch.reject(3, "broken")
    const insert = prepareLogs(new NativeBlockWriter(), batch, stamp)
    assert.strictEqual(insert?.token, logsToken(3, 11, 12, 5))
    assert.strictEqual(insert?.token, "3-11-12-5")
    assert.strictEqual(insert?.rows, 2)
  })

  it("does not exist when no row is kept", () => {
    const batch = batchOf(["a"])
    batch.drop(0, "noise")
    assert.isUndefined(prepareLogs(new NativeBlockWriter(), batch, stamp))
  })
})
