// Run: the commands of one script, one after another, with the pinned Node first on PATH.
import { spawn } from "node:child_process"
import { delimiter, dirname, join } from "node:path"
import { root } from "./paths.mjs"
import { programFile } from "./programs.mjs"

/** Runs a script's commands; arguments go to the last. Answers the exit code of the first that fails, or 0. */
export const run = async (script, args, { node, natsServer }) => {
  const environment = {
    ...process.env,
    PATH: [dirname(node), join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter),
    NX_DAEMON: "false",
    ...(natsServer === undefined ? {} : { TAILRACE_NATS_SERVER: natsServer })
  }
  const commands = script.commands.map((command) => command.map((word) => withProgram(word, node)))
  const last = [...(commands.pop() ?? []), ...args]
  for (const command of commands) {
    const code = await execute(node, command, environment)
    if (code !== 0) return code
  }
  if (last[0] === "node") becomeNode(node, last.slice(1), environment)
  return execute(node, last, environment)
}

const withProgram = (word, node) =>
  word.startsWith("program:") ? programFile(word.slice("program:".length), node) : word

/** Makes this process the one that is wanted, so that none waits beside it. Returns where the running Node cannot. */
const becomeNode = (node, args, environment) => {
  if (typeof process.execve !== "function" || process.platform === "win32") return
  process.chdir(root)
  const { emitWarning } = process
  // That the call is experimental is nothing its user could act on.
  process.emitWarning = () => undefined
  try {
    process.execve(node, [node, ...args], environment)
  } catch {
    process.emitWarning = emitWarning
  }
}

/** Signals reach the child by the terminal's process group or are passed on; the child decides when to stop. */
const execute = (node, [program, ...args], environment) =>
  new Promise((resolve) => {
    const command = program === "node" ? [node, args] : [program, args]
    const child = spawn(command[0], command[1], {
      cwd: root,
      env: environment,
      stdio: "inherit",
      shell: process.platform === "win32" && program !== "node"
    })
    const pass = (signal) => child.kill(signal)
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"]
    for (const signal of signals) process.on(signal, pass)
    child.on("error", (error) => {
      console.error(`bootstrap: cannot run ${program}: ${error.message}`)
      resolve(1)
    })
    child.on("exit", (code, signal) => {
      for (const name of signals) process.off(name, pass)
      resolve(code ?? (signal === "SIGINT" ? 130 : 143))
    })
  })
