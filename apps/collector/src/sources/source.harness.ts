// Conformance of sources: what every source owes its senders, whatever its protocol; one test each, run over all of them.
import { assert, describe, it } from "@effect/vitest"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect, type Scope } from "effect"
import { testIntake } from "../frames/intake.harness.ts"

export type World = ReturnType<typeof testIntake>

/** A source that runs, and a sender of its protocol. */
export interface Sender {
  /**
   * Sends messages and resolves once the source has said yes to all of them, with false once it said no to any.
   * Senders that never get an answer resolve when the messages are on their way.
   */
  readonly send: (messages: ReadonlyArray<string>) => Promise<boolean>
}

export interface SourceUnderTest {
  readonly name: string
  readonly start: (world: World) => Effect.Effect<Sender, unknown, Scope.Scope>
  /** False for protocols without any answer (udp). */
  readonly answers: boolean
  /** True for protocols in which a NUL ends a message as a line break does, as several makers of syslog send. */
  readonly endsAtNul?: boolean
}

const hard = [
  "plain",
  '{"a":"quote \\" and \\\\ backslash","b":[1,2]}',
  "ünïcödé — 漢字 🚂 \u202e",
  "nul \0 and bell \u0007 inside",
  "tab\tand  double  spaces ",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text that other programs take for an instruction
  "${jndi:ldap://x}",
  "=1+1",
  `64 KiB ${"x".repeat(60_000)}`
]

const received = ({ published }: World): Array<string> => published.flatMap(({ messages }) => messages)

/** A broker that answers nothing until it is let go. */
const heldBroker = () => {
  let letGo = () => {}
  const gone = new Promise<undefined>((resolve) => {
    letGo = () => resolve(undefined)
  })
  return { letGo, answer: () => gone }
}

const maxHeld = 1_048_576

export const sourceConformance = (source: SourceUnderTest): void => {
  describe(`the ${source.name} source`, () => {
    it.live("keeps the bytes of every message", () =>
      Effect.gen(function* () {
        const world = testIntake()
        const sender = yield* source.start(world)
        assert.isTrue(yield* Effect.promise(() => sender.send(hard)))
        const expected = source.endsAtNul === true ? hard.flatMap((message) => message.split("\0")) : hard
        const all = yield* Effect.promise(() =>
          waitFor(
            () => received(world),
            (seen) => seen.length >= expected.length
          )
        )
        assert.deepStrictEqual(all, expected)
      }).pipe(Effect.scoped)
    )

    it.live.skipIf(!source.answers)("says yes only after the broker did", () =>
      Effect.gen(function* () {
        const broker = heldBroker()
        const world = testIntake({}, broker.answer)
        const sender = yield* source.start(world)
        let told: boolean | undefined
        const sent = sender.send(["one", "two"]).then((yes) => {
          told = yes
        })
        yield* Effect.promise(() =>
          waitFor(
            () => world.attempts.length,
            (count) => count > 0
          )
        )
        assert.isUndefined(told)
        broker.letGo()
        yield* Effect.promise(() => sent)
        assert.isTrue(told)
        assert.deepStrictEqual(received(world), ["one", "two"])
      }).pipe(Effect.scoped)
    )

    it.live("holds no more than allowed while the broker is silent, and loses nothing it said yes to", () =>
      Effect.gen(function* () {
        const broker = heldBroker()
        const world = testIntake({ maxBytes: maxHeld }, broker.answer)
        const sender = yield* source.start(world)
        const chunks = Array.from({ length: 40 }, (_, chunk) =>
          Array.from({ length: 100 }, (_, i) => `message ${chunk}-${i} ${"x".repeat(1_000)}`)
        )
        let most = 0
        let before = -1
        let quiet = 0
        // @effect-diagnostics-next-line globalTimersInEffect:off -- inside a callback, and cleared with it
        const watching = setInterval(() => {
          most = Math.max(most, world.intake.bytes)
        }, 1)
        const told = chunks.map((chunk) => sender.send(chunk))
        yield* Effect.promise(() =>
          waitFor(
            () => world.attempts.length,
            (count) => count > 0
          )
        )
        yield* Effect.promise(() =>
          // Until it holds what it will: two hundred looks in a row that saw no more.
          waitFor(
            () => {
              quiet = most === before ? quiet + 1 : 0
              before = most
              return quiet
            },
            (looks) => looks >= 200,
            { everyMillis: 2 }
          )
        )
        broker.letGo()
        const answers = yield* Effect.promise(() => Promise.all(told))
        clearInterval(watching)
        assert.isBelow(most, maxHeld * 2)
        if (!source.answers) return
        const kept = new Set(received(world))
        const lost = chunks.filter((_, i) => answers[i]).flatMap((chunk) => chunk.filter((one) => !kept.has(one)))
        assert.deepStrictEqual(lost, [])
        assert.strictEqual(kept.size, received(world).length)
      }).pipe(Effect.scoped)
    )
  })
}
