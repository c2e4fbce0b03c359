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

const commandsIn = (help: string): ReadonlyArray<string> => {
  const at = help.indexOf("SUBCOMMANDS")
  return at < 0 ? [] : [...help.slice(at).matchAll(/^ {2}([a-z][a-z-]*) /gm)].map((match) => match[1] as string)
}

/** A command, and then the commands it is made of. */
const sectionsOf = async (command: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const help = await helpOf(...command)
  const inner = await Promise.all(commandsIn(help).map((name) => sectionsOf([...command, name])))
  return [`## ${command.join(" ")}\n\n\`\`\`\n${withoutGlobalFlags(help)}\n\`\`\``, ...inner.flat()]
}

export const cliPage = async (): Promise<string> => {
  const help = await helpOf()
  const commands = commandsIn(help)
  if (commands.length === 0) throw new Error("tailrace --help lists no commands")
  const sections = await Promise.all(commands.map((command) => sectionsOf([command])))
  return page("Command line", `\`\`\`\n${help}\n\`\`\``, ...sections.flat())
}
