// Tests of the comparison with recorded figures.
import { assert, describe, it } from "@effect/vitest"
import { compare, comparisonTable, failed } from "./comparison.ts"

const recorded = { broker: 1, store: 4, generator: 0.2, all: 6 }
const verdicts = (measured: Readonly<Record<string, number>>, tolerance = 0.25) =>
  Object.fromEntries(compare(recorded, measured, tolerance).map(({ name, verdict }) => [name, verdict]))

describe("a comparison with recorded figures", () => {
  it("is content with what stays within the tolerance", () => {
    const compared = compare(recorded, { broker: 1.2, store: 4.9, generator: 0.2, all: 6.9 }, 0.25)
    assert.isFalse(failed(compared))
    assert.deepStrictEqual(new Set(compared.map(({ verdict }) => verdict)), new Set(["well"]))
  })

  it("fails when everything together grew beyond it, though no process did", () => {
    const compared = compare(recorded, { broker: 1.1, store: 4.4, generator: 0.22, all: 7.6 }, 0.25)
    assert.isTrue(failed(compared))
    assert.strictEqual(compared.find(({ name }) => name === "all")?.verdict, "dearer")
  })

  it("fails when one process grew beyond it, though the whole did not", () => {
    assert.deepStrictEqual(verdicts({ broker: 1, store: 5.1, generator: 0.2, all: 6.9 }), {
      broker: "well",
      store: "dearer",
      generator: "well",
      all: "well"
    })
  })

  it("lets a process of little weight grow by what nobody notices in the whole", () => {
    assert.strictEqual(verdicts({ ...recorded, generator: 0.45 }).generator, "well")
    assert.strictEqual(verdicts({ ...recorded, generator: 0.51 }).generator, "dearer")
  })

  it("does not mind the machine: only ratios are compared, and the tolerance is theirs", () => {
    assert.strictEqual(verdicts({ ...recorded, all: 6.5 }, 0.05).all, "dearer")
    assert.strictEqual(verdicts({ ...recorded, all: 6.5 }, 0.1).all, "well")
  })

  it("says what became cheaper, and takes nothing measured as a failure", () => {
    assert.strictEqual(verdicts({ ...recorded, store: 2 }).store, "cheaper")
    const { store: _, ...without } = recorded
    assert.isTrue(failed(compare(recorded, without, 0.25)))
    assert.isTrue(failed(compare(recorded, { ...recorded, store: Number.POSITIVE_INFINITY }, 0.25)))
    assert.isFalse(failed(compare(recorded, { ...recorded, api: 3 }, 0.25)))
  })

  it("shows each ratio", () => {
    const { rows } = comparisonTable(compare(recorded, { ...recorded, all: 9 }, 0.25), 0.25)
    assert.deepStrictEqual(rows.at(-1), ["all", "6.00", "9.00", "1.50", "dearer"])
  })
})
