// TestIntake: an intake whose broker is a list, for tests of what goes to the bus.
import { forEachMessage } from "@tailrace/domain/frame"
import { unpackFrame } from "@tailrace/streams/frame-encoding"
import { makeMetrics } from "@tailrace/telemetry/metrics"
import type { Refusal } from "../refusal.ts"
import type { SourceContext } from "../source.ts"
import { sourceCounters } from "../source-counters.ts"
import { DirectOutlet } from "./direct-outlet.ts"
import { Intake, type IntakeOptions } from "./intake.ts"
import type { Broker } from "./outlet.ts"

export interface Published {
  readonly subject: string
  readonly id: string
  readonly codec: string
  readonly attributes: Readonly<Record<string, string>>
  readonly bytes: number
  readonly messages: ReadonlyArray<string>
  readonly dropped: Readonly<Record<string, number>> | undefined
}

/** `answer` decides what becomes of each attempt to publish; by default the broker takes it. */
export const testIntake = (
  options: Partial<IntakeOptions> = {},
  answer: (published: Published, attempt: number) => Promise<Refusal | undefined> = () => Promise.resolve(undefined)
) => {
  const published: Array<Published> = []
  const attempts: Array<Published> = []
  const asked: Array<string> = []
  const dropped: Array<{ readonly component: string; readonly counts: Readonly<Record<string, number>> }> = []
  const pressure = { lagging: false }
  const now = () => 1_790_000_000_000
  const broker: Broker = {
    publish: async ({ headers, id, payload: packed, subject }) => {
      const { header, payload } = unpackFrame((name) => headers[name], packed)
      const messages: Array<string> = []
      forEachMessage(payload, header.layout, (start, end) =>
        messages.push(Buffer.from(payload.subarray(start, end)).toString())
      )
      const { attributes, codec } = header
      const { dropped: counts } = header
      const one = { subject, id, codec, attributes, bytes: payload.length, messages, dropped: counts }
      attempts.push(one)
      const refusal = await answer(one, attempts.length)
      if (refusal !== undefined) return refusal
      return { sequence: published.push(one) }
    },
    storedIds: async ({ ids }) => {
      asked.push(...ids)
      return new Set(published.flatMap(({ id }) => (ids.has(id) ? [id] : [])))
    },
    connected: () => true,
    lagging: () => pressure.lagging,
    freeBytes: () => undefined,
    sequence: () => published.length,
    attempted: () => undefined,
    now,
    random: () => 0
  }
  const intake = new Intake(
    {
      frameBytes: 131_072,
      maxFrameBytes: 262_144,
      lingerMillis: 0,
      encoding: "zstd",
      maxBytes: 67_108_864,
      ...options
    },
    new DirectOutlet(broker),
    {
      now,
      lagging: () => pressure.lagging,
      dropped: (component, counts) => dropped.push({ component, counts })
    }
  )
  const metrics = makeMetrics({ processMetrics: false })
  const warnings: Array<string> = []
  const context = (source: string): SourceContext => ({
    name: source,
    intake,
    tenant: "default",
    folder: "",
    counters: sourceCounters(metrics, source),
    now,
    warn: (message) => warnings.push(message)
  })
  return { intake, published, attempts, asked, dropped, pressure, metrics, warnings, context }
}
