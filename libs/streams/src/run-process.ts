// RunProcess: the main of every process: its usage, its commands, and what goes wrong in words and an exit code.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { type Configurable, loadConfig } from "@tailrace/config/config-file"
import { loggingFromEnvironment } from "@tailrace/telemetry/logging"
import { Console, Effect, type Schema } from "effect"
import { collectByHeapLimits } from "./collection.ts"

type Work = Effect.Effect<unknown, { readonly message: string }>

export interface ProcessMain {
  /** What `--help` shows. */
  readonly usage: string
  /** Variable that names the configuration when no argument does. */
  readonly configVariable: string
  /** Runs by the configuration at a path, or by the defaults and the environment. */
  readonly run: (path: string | undefined) => Work
  /** Commands that take one path, by name. */
  readonly commands: Readonly<Record<string, (path: string) => Work>>
}

/** A command that says whether a configuration is right, and what is wrong with it. */
export const checkConfig =
  <S extends Schema.ConstraintDecoder<unknown>>(configurable: Configurable<S>) =>
  (path: string): Work =>
    Effect.andThen(loadConfig(configurable, path, process.env), Console.log(`${path} is right`))

/** Runs the process until it ends or is told to; an error ends it with its message and exit code 1. */
export const runProcess = ({ commands, configVariable, run, usage }: ProcessMain): void => {
  const [command, path] = process.argv.slice(2)
  const named = command !== undefined && Object.hasOwn(commands, command) ? commands[command] : undefined
  const work: Work =
    command === "--help" || command === "-h"
      ? Console.log(usage)
      : named !== undefined && path !== undefined
        ? named(path)
        : run(command ?? process.env[configVariable])
  const program = Effect.catch(work, (error) =>
    Effect.andThen(
      Console.error(error.message),
      Effect.sync(() => {
        process.exitCode = 1
      })
    )
  )
  collectByHeapLimits()
  // @effect-diagnostics-next-line strictEffectProvide:off -- the entry point
  NodeRuntime.runMain(Effect.provide(program, loggingFromEnvironment({ terminal: process.stdout.isTTY })))
}
