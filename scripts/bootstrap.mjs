// Bootstrap: makes a fresh clone ready (packages, Node 26, nats-server) and runs one of the project's scripts with them.
// Plain JavaScript for any Node >= 18, no dependency. `npm start` and `npm test` come through here.

import { findNatsServer } from "./bootstrap/nats-server.mjs"
import { installPackages } from "./bootstrap/packages.mjs"
import { pinnedNode } from "./bootstrap/pinned-node.mjs"
import { run } from "./bootstrap/run.mjs"
import { scripts } from "./bootstrap/scripts.mjs"

const [name = "start", ...rest] = process.argv.slice(2)
const script = scripts[name]
if (script === undefined) {
  console.error(`bootstrap: there is no script "${name}"; there are: ${Object.keys(scripts).join(", ")}`)
  process.exit(2)
}

try {
  const begin = Date.now()
  installPackages()
  const node = pinnedNode()
  const wantsNats = script.needsNats && !rest.includes("--help") && !rest.includes("-h")
  const natsServer = wantsNats ? findNatsServer() : undefined
  const took = (Date.now() - begin) / 1000
  if (took > 1) console.error(`bootstrap: ready after ${took.toFixed(1)} s`)
  process.exitCode = await run(script, rest, { node, natsServer })
} catch (error) {
  console.error(`bootstrap: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
