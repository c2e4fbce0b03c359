// Later: the work of a command, loaded when the command runs, so that no command waits for what another needs.
import { Effect } from "effect"

/** The handler of a command whose work is the function `run` of a module. What is no module is a defect. */
export const later =
  <Input, A, E, R>(load: () => Promise<{ readonly run: (input: Input) => Effect.Effect<A, E, R> }>) =>
  (input: Input): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.promise(load), ({ run }) => run(input))
