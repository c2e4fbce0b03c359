// Command-line page: the help of `tailrace` and each of its commands, as the program itself prints it.
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { page } from "./markdown.ts"
import { root } from "./source-files.ts"

const run = promisify(execFile)

const helpOf = async (...command: ReadonlyArray<string>): Promise<string> => {
  const main = join(root, "apps/tailrace/src/main.ts")
  const { stdout } = await run(process.execPath, [main, ...command, "--help"], {
    cwd: root,
    env: { PATH: process.env.PATH, NO_COLOR: "1", COLUMNS: "120" }
  })
  return stdout
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trim()
}

/** Every command takes these; they are shown once. */
const withoutGlobalFlags = (help: string): string => help.replace(/\n*GLOBAL FLAGS\n(?: {2}.*\n?)+/, "\n").trim()

export const cliPage = async (): Promise<string> => {
  const help = await helpOf()
  const listed = help.slice(help.indexOf("SUBCOMMANDS"))
  const commands = [...listed.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map((match) => match[1] as string)
  if (commands.length === 0) throw new Error("tailrace --help lists no commands")
  const pages = await Promise.all(commands.map((command) => helpOf(command)))
  return page(
    "Command line",
    `\`\`\`\n${help}\n\`\`\``,
    ...commands.map((command, i) => `## ${command}\n\n\`\`\`\n${withoutGlobalFlags(pages[i] as string)}\n\`\`\``)
  )
}
