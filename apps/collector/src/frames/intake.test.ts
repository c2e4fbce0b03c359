// Intake: what is gathered into frames, when senders are told yes, and what is held back.

import { assert, describe, it } from "@effect/vitest"
import { mostMessages } from "@tailrace/domain/frame"
import type { Refusal } from "../refusal.ts"
import { testIntake } from "./intake.harness.ts"
import { makeOrigin, type Origin } from "./origin.ts"

const origin = (parts: Partial<Origin> = {}): Origin =>
  makeOrigin({
    tenant: "t",
    source: "s",
    codec: "auto",
    layout: "lines",
    attributes: {},
    patient: false,
    component: "http",
    ...parts
  })

const text = (value: string) => Buffer.from(value)
const full: Refusal = { reason: "full", message: "stream is full" }

describe("Intake", () => {
  it("puts what several senders of one origin hand in into one frame, and tells each yes after it", async () => {
    const { intake, published } = testIntake()
    const answers = ["a", "b", "c"].map((word) => {
      const submission = intake.submission(origin())
      submission.message(text(word), 0, 1)
      return submission.done()
    })
    assert.deepStrictEqual(await Promise.all(answers), [undefined, undefined, undefined])
    assert.deepStrictEqual(
      published.map(({ messages, subject }) => ({ subject, messages })),
      [{ subject: "logs.in.t.s", messages: ["a", "b", "c"] }]
    )
    assert.strictEqual(intake.bytes, 0)
  })

  it("keeps tenants, sources, codecs and attributes apart", async () => {
    const { intake, published } = testIntake()
    const origins = [
      origin(),
      origin({ tenant: "other" }),
      origin({ source: "other" }),
      origin({ codec: "json" }),
      origin({ attributes: { "net.peer.ip": "127.0.0.1" } })
    ]
    const done = origins.map((one) => {
      const submission = intake.submission(one)
      submission.message(text("x"), 0, 1)
      return submission.done()
    })
    await Promise.all(done)
    assert.strictEqual(published.length, 5)
    assert.deepStrictEqual(published[4]?.attributes, { "net.peer.ip": "127.0.0.1" })
  })

  it("publishes a frame as soon as it is large enough, and never lets it grow past its limit", async () => {
    const { intake, published } = testIntake({ frameBytes: 1_000, maxFrameBytes: 1_500, lingerMillis: 60_000 })
    const submission = intake.submission(origin({ layout: "prefixed" }))
    const lines = Array.from({ length: 40 }, (_, i) => `${i} ${"x".repeat(i * 10)}`)
    for (const line of lines) submission.message(text(line), 0, line.length)
    const done = submission.done()
    await intake.close(1_000)
    assert.isUndefined(await done)
    assert.deepStrictEqual(
      published.flatMap(({ messages }) => messages),
      lines
    )
    for (const { bytes } of published) assert.isAtMost(bytes, 1_500)
    for (const { bytes } of published.slice(0, -1)) assert.isAtLeast(bytes, 1_000)
  })

  it("cuts a long run of lines at line ends", async () => {
    const { intake, published } = testIntake()
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} of a long run`)
    const run = text(lines.join("\n"))
    const submission = intake.submission(origin())
    submission.lines(run, 0, run.length, lines.length)
    assert.isUndefined(await submission.done())
    assert.deepStrictEqual(
      published.flatMap(({ messages }) => messages),
      lines
    )
    for (const { bytes } of published) assert.isAtMost(bytes, 262_144)
  })

  it("tells an impatient sender no, and a patient one yes after trying again with the same id", async () => {
    const answer = (_: unknown, attempt: number) => Promise.resolve(attempt <= 2 ? full : undefined)
    const { attempts, intake, published } = testIntake({}, answer)
    const impatient = intake.submission(origin())
    impatient.message(text("no"), 0, 2)
    assert.deepStrictEqual(await impatient.done(), full)
    const patient = intake.submission(origin({ patient: true }))
    patient.message(text("yes"), 0, 3)
    assert.isUndefined(await patient.done())
    assert.deepStrictEqual(
      published.map(({ messages }) => messages),
      [["yes"]]
    )
    assert.strictEqual(attempts.length, 3)
    assert.strictEqual(attempts[1]?.id, attempts[2]?.id)
    assert.notStrictEqual(attempts[0]?.id, attempts[1]?.id)
  })

  it("gives frames of a submission with an id their own numbered ids, the same each time", async () => {
    const { intake, published } = testIntake({ frameBytes: 1_000, maxFrameBytes: 1_500 })
    const run = text(Array.from({ length: 300 }, (_, i) => `line ${i}`).join("\n"))
    for (const _ of [1, 2]) {
      const submission = intake.submission(origin(), "key")
      for (let at = 0; at < run.length; at += 500) submission.message(run, at, at + 1)
      submission.lines(run, 0, run.length, 300)
      assert.isUndefined(await submission.done())
    }
    const half = published.length / 2
    assert.deepStrictEqual(published.slice(0, half), published.slice(half))
    assert.deepStrictEqual(
      published.slice(0, half).map(({ id }) => id),
      Array.from({ length: half }, (_, i) => `key-${i}`)
    )
  })

  it("has no room while the bytes held reach the limit, and wakes who waits when there is some again", async () => {
    let release: (refusal: undefined) => void = () => undefined
    const held = new Promise<undefined>((resolve) => {
      release = resolve
    })
    const { intake } = testIntake({ maxBytes: 100 }, () => held)
    const submission = intake.submission(origin())
    submission.message(text("x".repeat(100)), 0, 100)
    assert.isFalse(intake.hasRoom())
    assert.isFalse(intake.lend(1))
    const done = submission.done()
    const room = intake.room()
    release(undefined)
    await room
    assert.isUndefined(await done)
    assert.isTrue(intake.lend(100))
    intake.release(100)
    assert.strictEqual(intake.bytes, 0)
  })

  it("lets no frame wait for more once the end has begun", async () => {
    const { intake } = testIntake({ lingerMillis: 3_600_000 })
    const before = intake.submission(origin())
    before.message(text("before"), 0, 6)
    const settled = before.done()
    intake.hasten()
    assert.isUndefined(await settled)
    const after = intake.submission(origin())
    after.message(text("after"), 0, 5)
    assert.isUndefined(await after.done())
  })

  it("refuses at its end what the broker did not take in time", async () => {
    const { intake } = testIntake({}, () => Promise.resolve(full))
    const submission = intake.submission(origin({ patient: true }))
    submission.message(text("never"), 0, 5)
    const done = submission.done()
    await intake.close(1)
    assert.deepStrictEqual(await done, full)
  })

  it("puts no more messages into a frame than one may hold, however short they are", async () => {
    const sizes = { frameBytes: 4_194_304, maxFrameBytes: 4_194_304 }
    const lines = text("x\n".repeat(300_000))
    for (const layout of ["lines", "prefixed"] as const) {
      const { intake, published } = testIntake(sizes)
      const submission = intake.submission(origin({ layout }))
      if (layout === "lines") submission.lines(lines, 0, lines.length, 300_000)
      else for (let at = 0; at < lines.length; at += 2) submission.message(lines, at, at + 1)
      assert.isUndefined(await submission.done())
      const held = published.map(({ messages }) => messages.length)
      assert.isAtMost(Math.max(...held), mostMessages, layout)
      assert.strictEqual(
        held.reduce((sum, count) => sum + count, 0),
        300_000
      )
      assert.isAtMost(held.length, 4)
    }
  })
})
