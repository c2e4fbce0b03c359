// Stranger: a process of another user of this machine, which a test gives a script to run.
import { spawn } from "node:child_process"

/** The user and group `nobody`. */
const nobody = 65_534

/** Why no process of another user can be started here; undefined when one can. */
export const noStranger = process.getuid?.() === 0 ? undefined : "only root may start a process as another user"

/**
 * Runs the body of an async function as another user, in /, with `input` as its argument; answers what it returns. The body
 * reaches Node's own modules by `load("node:fs")`.
 */
export const asStranger = <Answer>(body: string, input: object = {}): Promise<Answer> => {
  const script = `const load = (name) => process.getBuiltinModule(name)
    const act = async (input) => { ${body} }
    act(JSON.parse(process.env.INPUT)).then((answer) => console.log(JSON.stringify(answer)))`
  const child = spawn(process.execPath, ["--input-type=commonjs", "-e", script], {
    uid: nobody,
    gid: nobody,
    cwd: "/",
    env: { INPUT: JSON.stringify(input) },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let out = ""
  let err = ""
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString()
  })
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("close", () => {
      try {
        resolve(JSON.parse(out) as Answer)
      } catch {
        reject(new Error(`the other user's process failed: ${err}`))
      }
    })
  })
}
