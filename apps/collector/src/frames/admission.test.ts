// Admission: what the intake lets in while the pipelines lag, and that every record left out is counted exactly once.
import { assert, describe, it } from "@effect/vitest"
import { waitFor } from "@tailrace/testing/wait-until"
import type { Admission } from "./admission.ts"
import { testIntake } from "./intake.harness.ts"
import { makeOrigin, type Origin } from "./origin.ts"

const origin = (admission: Admission, parts: Partial<Origin> = {}): Origin =>
  makeOrigin({
    tenant: "t",
    source: "s",
    codec: "auto",
    layout: "lines",
    attributes: {},
    patient: false,
    component: "http",
    ...parts,
    admission
  })

const sampling = { whenFull: "sample", sampleRate: 10 } as const
const lines = (count: number) => Buffer.from(Array.from({ length: count }, (_, i) => `line ${i}`).join("\n"))

type World = ReturnType<typeof testIntake>
const kept = ({ published }: World) => published.flatMap(({ messages }) => messages)
const counted = ({ published }: World, reason: string) =>
  published.reduce((sum, { dropped }) => sum + (dropped?.[reason] ?? 0), 0)

describe("a source while the pipelines lag", () => {
  it("takes one record in ten when it samples, by lines and by messages, and counts the others in its frames", async () => {
    const world = testIntake({ frameBytes: 4_096 })
    const before = world.intake.submission(origin(sampling))
    before.lines(lines(100), 0, lines(100).length, 100)
    assert.isUndefined(await before.done())
    assert.strictEqual(kept(world).length, 100)
    world.pressure.lagging = true
    const run = Buffer.concat([lines(10_000), Buffer.from("\n\n\r\n")])
    const submission = world.intake.submission(origin(sampling))
    submission.lines(run, 0, run.length, 10_000)
    assert.isUndefined(await submission.done())
    assert.strictEqual(submission.messages, 1_000)
    assert.strictEqual(kept(world).length, 1_100)
    assert.strictEqual(counted(world, "collector:sample"), 9_000)
    const prefixed = world.intake.submission(origin(sampling, { layout: "prefixed" }))
    for (let i = 0; i < 100; i++) prefixed.message(Buffer.from(`message\n${i}`), 0, 9)
    assert.isUndefined(await prefixed.done())
    assert.strictEqual(kept(world).length, 1_110)
    assert.strictEqual(counted(world, "collector:sample"), 9_090)
    assert.strictEqual(
      world.dropped.reduce((sum, { counts }) => sum + (counts["collector:sample"] ?? 0), 0),
      9_090
    )
    assert.strictEqual(world.intake.bytes, 0)
  })

  it("says yes to a record that was left out only once the frame that counts it is taken", async () => {
    const world = testIntake({}, async () => ({ reason: "full", message: "stream is full" }))
    world.pressure.lagging = true
    const first = world.intake.submission(origin(sampling))
    first.lines(lines(1), 0, 6, 1)
    await first.done()
    const second = world.intake.submission(origin(sampling))
    second.lines(lines(1), 0, 6, 1)
    assert.strictEqual((await second.done())?.reason, "full")
    assert.strictEqual(second.messages, 0)
    assert.deepStrictEqual(world.attempts.at(-1)?.dropped, { "collector:sample": 1 })
    assert.strictEqual(world.attempts.at(-1)?.bytes, 0)
  })

  it("cuts the frames of a repeated submission at the same messages, sampled or not", async () => {
    const world = testIntake({ frameBytes: 1_000, maxFrameBytes: 1_500 })
    const run = lines(5_000)
    for (const lagging of [false, true, false]) {
      world.pressure.lagging = lagging
      const submission = world.intake.submission(origin(sampling), "key")
      for (let at = 0; at < 5; at++) submission.lines(run, 0, run.length, 5_000)
      for (let i = 0; i < 300; i++) submission.message(Buffer.from("message"), 0, 7)
      assert.isUndefined(await submission.done())
    }
    const covered = (life: number) => {
      const third = world.published.length / 3
      return world.published
        .slice(life * third, (life + 1) * third)
        .map(({ dropped, id, messages }) => [id, messages.length + (dropped?.["collector:sample"] ?? 0)])
    }
    assert.isAbove(world.published.length, 3)
    assert.deepStrictEqual(covered(1), covered(0))
    assert.deepStrictEqual(covered(2), covered(0))
  })

  it("counts what it refused of a submission in one and the same frame, however often it is handed in", async () => {
    const world = testIntake({ frameBytes: 1_000, maxFrameBytes: 1_500 })
    const run = lines(500)
    for (const lagging of [false, true]) {
      world.pressure.lagging = lagging
      const submission = world.intake.submission(origin(sampling), "key")
      submission.refuse(0)
      submission.refuse(3)
      submission.lines(run, 0, run.length, 500)
      assert.isUndefined(await submission.done())
    }
    const refused = world.published.map(({ dropped, id }) => [id, dropped?.["collector:invalid"] ?? 0])
    const [first, ...others] = refused.slice(0, refused.length / 2)
    assert.deepStrictEqual(first, ["key-0", 3])
    assert.isTrue(others.every(([, count]) => count === 0))
    assert.deepStrictEqual(refused.slice(refused.length / 2), [first, ...others])
  })

  it("is held up when it blocks, whatever memory there is, and goes on when the pipelines have caught up", async () => {
    const { intake, pressure } = testIntake()
    pressure.lagging = true
    assert.isFalse(intake.hasRoom())
    assert.isTrue(intake.hasRoom("sample"))
    assert.isTrue(intake.hasRoom("drop-oldest"))
    assert.include(intake.fullness, "lag")
    let on = false
    const room = intake.room().then(() => {
      on = true
    })
    intake.lagChanged()
    await new Promise((resolve) => setImmediate(resolve))
    assert.isFalse(on)
    pressure.lagging = false
    intake.lagChanged()
    await room
  })
})

describe("messages that are lost because nobody could be told", () => {
  it("are counted in the source's next frame, or soon in one without messages", async () => {
    const world = testIntake({ lingerMillis: 0 })
    const one = origin({ whenFull: "block", sampleRate: 10 })
    world.intake.countLost(one, 3)
    world.intake.countLost(one, 4)
    const submission = world.intake.submission(one)
    submission.message(Buffer.from("next"), 0, 4)
    assert.isUndefined(await submission.done())
    assert.deepStrictEqual(world.published.at(-1)?.dropped, { "collector:no-room": 7 })
    world.intake.countLost(one, 5)
    await waitFor(
      () => counted(world, "collector:no-room"),
      (count) => count === 12
    )
    assert.deepStrictEqual(world.published.at(-1)?.messages, [])
    world.intake.countLost(one, 6)
    await world.intake.close(1_000)
    assert.strictEqual(counted(world, "collector:no-room"), 18)
  })
})
