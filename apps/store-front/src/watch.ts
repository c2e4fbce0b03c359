// Watch: when the store front's process can serve no more it ends, and its parent starts it again; the data survives that.
import { existsSync } from "node:fs"
import type { FromFront } from "@tailrace/store/front/front-message"
import type { Front } from "./run-request.ts"

/** How often it is looked, milliseconds. */
const lookMillis = 1_000

/**
 * Looks once a second for what no request could mend. Somebody who tidies up may remove the folder, or a front that shares it
 * and does not see this process: bodies and results have no place then. And statements may run that nothing ends, neither
 * their limits nor KILL, until they have all lanes.
 */
export const watchOver = (front: Front, folder: string): void => {
  const { statementSeconds, insertSeconds, stuckSeconds } = front.options
  const kinds = [
    { name: "statement", lanes: front.lanes.reads, most: statementSeconds + stuckSeconds },
    { name: "insert", lanes: front.lanes.inserts, most: insertSeconds + stuckSeconds }
  ]
  const look = (): void => {
    if (!existsSync(folder)) end(`its folder ${folder} was removed`)
    for (const { name, lanes, most } of kinds) {
      if (lanes.tick() >= most) end(`all that may run at once do, and no ${name} has ended for ${most} seconds`)
    }
  }
  setInterval(look, lookMillis).unref()
}

const end = (reason: string): void => {
  process.stderr.write(`store front: ${reason}, ending to be started again\n`)
  process.kill(process.pid, "SIGKILL")
}

/** A parent asks by message whether the engine answers; it hears nothing when it does not. */
export const answerProbes = ({ engine }: Front): void => {
  process.on("message", (message) => {
    if (message === "probe") void probe(engine).catch(() => undefined)
  })
}

const probe = async (engine: Front["engine"]): Promise<void> => {
  const connection = engine.connect()
  try {
    await connection.run("SELECT 1")
    const alive: FromFront = { type: "alive" }
    process.send?.(alive)
  } finally {
    await connection.close()
  }
}
