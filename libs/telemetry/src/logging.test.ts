// Logging: JSON lines, level by the environment, a clear refusal of a wrong level.
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Console, Effect } from "effect"
import { loggingFromEnvironment } from "./logging.ts"

const logged = Effect.fnUntraced(function* (env: Record<string, string>, terminal = false) {
  const lines: Array<string> = []
  const recorder = { ...console, log: (...parts: Array<unknown>) => lines.push(parts.join(" ")) } as Console.Console
  yield* Effect.gen(function* () {
    yield* Effect.logDebug("details")
    yield* Effect.logInfo("ready").pipe(Effect.annotateLogs({ port: 4000 }))
  }).pipe(
    Effect.provide(loggingFromEnvironment({ terminal })),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
    Effect.provideService(Console.Console, recorder)
  )
  return lines
})

describe("logging", () => {
  it.effect("writes one JSON object a line from level Info on when no terminal is there", () =>
    Effect.gen(function* () {
      const lines = yield* logged({})
      assert.strictEqual(lines.length, 1)
      const line = JSON.parse(lines[0] ?? "")
      assert.strictEqual(line.level, "INFO")
      assert.deepInclude(line.annotations, { port: 4000 })
    })
  )

  it.effect("writes more or less by TAILRACE_LOG_LEVEL", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* logged({ TAILRACE_LOG_LEVEL: "Debug" })).length, 2)
      assert.strictEqual((yield* logged({ TAILRACE_LOG_LEVEL: "Error" })).length, 0)
    })
  )

  it.effect("is pretty on a terminal unless TAILRACE_LOG_FORMAT says otherwise", () =>
    Effect.gen(function* () {
      const pretty = yield* logged({}, true)
      assert.notInclude(pretty[0] ?? "", "{")
      assert.include(pretty.join("\n"), "ready")
      assert.include((yield* logged({ TAILRACE_LOG_FORMAT: "json" }, true))[0] ?? "", '"message"')
    })
  )

  it.effect("refuses a level that does not exist", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(logged({ TAILRACE_LOG_LEVEL: "Loud" }))
      assert.strictEqual(exit._tag, "Failure")
    })
  )
})
