// Style: colours of terminal output, switched off for pipes, NO_COLOR and --no-color.

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, gray: 90 } as const
export type StyleName = keyof typeof codes
export type Style = (name: StyleName, text: string) => string

const plain: Style = (_, text) => text
const coloured: Style = (name, text) => `\u001b[${codes[name]}m${text}\u001b[0m`

/** The style for an output; see https://no-color.org and FORCE_COLOR. `wanted` is the flag, undefined when not given. */
export const styleFor = (output: {
  readonly isTerminal: boolean
  readonly wanted: boolean | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}): Style => {
  if (output.wanted !== undefined) return output.wanted ? coloured : plain
  if (output.environment.NO_COLOR) return plain
  if (output.environment.FORCE_COLOR && output.environment.FORCE_COLOR !== "0") return coloured
  return output.isTerminal && output.environment.TERM !== "dumb" ? coloured : plain
}
