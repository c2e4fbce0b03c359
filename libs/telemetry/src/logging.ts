// Logging: one line per event, pretty on a terminal and JSON otherwise; never a secret, never log text as format.
import { Config, Effect, Layer, Logger, type LogLevel, References } from "effect"

export interface LoggingOptions {
  /** Least severe level that is written. */
  readonly level: LogLevel.LogLevel
  /** Pretty lines with colours instead of JSON lines. */
  readonly pretty: boolean
}

/** Writes log lines to standard output, from `level` on. */
const loggingLayer = (options: LoggingOptions): Layer.Layer<never> =>
  Layer.merge(
    Logger.layer([options.pretty ? Logger.consolePretty({ mode: "tty" }) : Logger.consoleJson]),
    Layer.succeed(References.MinimumLogLevel, options.level)
  )

/**
 * Logging by the environment: `TAILRACE_LOG_LEVEL` (default Info) and `TAILRACE_LOG_FORMAT` (pretty or json; by default
 * pretty when `terminal` is true).
 */
export const loggingFromEnvironment = (options: { readonly terminal: boolean }) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const level = yield* Config.LogLevel("TAILRACE_LOG_LEVEL").pipe(Config.withDefault("Info" as const))
      const format = yield* Config.Literals(["pretty", "json"], "TAILRACE_LOG_FORMAT").pipe(
        Config.withDefault(options.terminal ? ("pretty" as const) : ("json" as const))
      )
      return loggingLayer({ level, pretty: format === "pretty" })
    })
  )
