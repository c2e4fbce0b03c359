// Output: how a command prints, for a person on a terminal and for a program behind a pipe.
import { Context, Effect, Layer } from "effect"
import { safeOnTerminal } from "./escape.ts"
import { type Style, styleFor } from "./style.ts"

export interface OutputShape {
  readonly isTerminal: boolean
  readonly style: Style
  /** A line of the result, to standard output. Waits while the reader is slow; ends the command when the reader has left. */
  readonly line: (text: string) => Effect.Effect<void>
  /** Bytes as they are, to standard output. */
  readonly bytes: (bytes: Uint8Array) => Effect.Effect<void>
  /** A line about the work, to standard error. */
  readonly note: (text: string) => Effect.Effect<void>
  /** A passing line about the work that the next one replaces; shown on terminals only, from half a second on. */
  readonly progress: (text: string) => void
}

export class Output extends Context.Service<Output, OutputShape>()("tailrace/terminal/Output") {
  static readonly layer = Layer.sync(Output, () => makeOutput())
}

/** The text as it may be shown there; behind a pipe a program gets every byte. */
export const shownOn = (stream: NodeJS.WriteStream, text: string): string =>
  stream.isTTY === true ? safeOnTerminal(text) : text

const clearLine = "\r\u001b[2K"

const makeOutput = (): OutputShape => {
  const isTerminal = process.stdout.isTTY === true
  const begun = performance.now()
  let shown = false
  // What else is written there, such as the log of `up`, ends nothing when its reader leaves.
  process.stdout.on("error", () => undefined)
  const write = (stream: NodeJS.WriteStream, text: string | Uint8Array): Effect.Effect<void> =>
    Effect.callback<void>((resume) => {
      const taken = stream.write(text, (error) => {
        // A reader that leaves early (`| head`) is no error of ours.
        if (error != null) process.exit((error as NodeJS.ErrnoException).code === "EPIPE" ? 0 : 1)
      })
      if (taken) resume(Effect.void)
      else stream.once("drain", () => resume(Effect.void))
    })
  const clear = (): void => {
    if (shown) process.stderr.write(clearLine)
    shown = false
  }
  return {
    isTerminal,
    style: styleFor({ isTerminal, wanted: undefined, environment: process.env }),
    line: (text) => Effect.andThen(Effect.sync(clear), write(process.stdout, `${shownOn(process.stdout, text)}\n`)),
    bytes: (bytes) => Effect.andThen(Effect.sync(clear), write(process.stdout, bytes)),
    note: (text) => Effect.andThen(Effect.sync(clear), write(process.stderr, `${shownOn(process.stderr, text)}\n`)),
    progress: (text) => {
      if (process.stderr.isTTY !== true || performance.now() - begun < 500) return
      process.stderr.write(`${clearLine}${safeOnTerminal(text)}`)
      shown = true
    }
  }
}
