// TestIntake: an intake whose broker is a list, for tests of what goes to the bus.
import { decodeFrameHeader, forEachMessage } from "@tailrace/domain/frame"
import { makeMetrics } from "@tailrace/telemetry/metrics"
import type { Refusal } from "../refusal.ts"
import type { SourceContext } from "../source.ts"
import { sourceCounters } from "../source-counters.ts"
import { Intake, type IntakeOptions } from "./intake.ts"

export interface Published {
  readonly subject: string
  readonly id: string
  readonly codec: string
  readonly attributes: Readonly<Record<string, string>>
  readonly bytes: number
  readonly messages: ReadonlyArray<string>
}

/** `answer` decides what becomes of each attempt to publish; by default the broker takes it. */
export const testIntake = (
  options: Partial<IntakeOptions> = {},
  answer: (published: Published, attempt: number) => Promise<Refusal | undefined> = () => Promise.resolve(undefined)
) => {
  const published: Array<Published> = []
  const attempts: Array<Published> = []
  const intake = new Intake(
    { frameBytes: 131_072, maxFrameBytes: 262_144, lingerMillis: 0, maxBytes: 67_108_864, ...options },
    {
      publish: async (subject, payload, { headers, id }) => {
        const header = decodeFrameHeader((name) => headers?.[name])
        const messages: Array<string> = []
        forEachMessage(payload, header.layout, (start, end) =>
          messages.push(Buffer.from(payload.subarray(start, end)).toString())
        )
        const { attributes, codec } = header
        const one = { subject, id: id ?? "", codec, attributes, bytes: payload.length, messages }
        attempts.push(one)
        const refusal = await answer(one, attempts.length)
        if (refusal === undefined) published.push(one)
        return refusal
      },
      now: () => 1_790_000_000_000,
      attempted: () => undefined
    }
  )
  const metrics = makeMetrics({ processMetrics: false })
  const warnings: Array<string> = []
  const context = (source: string): SourceContext => ({
    intake,
    tenant: "default",
    folder: "",
    counters: sourceCounters(metrics, source),
    now: () => 1_790_000_000_000,
    warn: (message) => warnings.push(message)
  })
  return { intake, published, attempts, metrics, warnings, context }
}
