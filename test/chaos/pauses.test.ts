// Pauses: every process is stopped for a while (SIGSTOP), as by a debugger, a frozen container or a machine that swaps.
import { chaosCase, lasting } from "./chaos-case.ts"
import { oneMachine } from "./stand/one-machine.ts"
import { services } from "./stand/services.ts"
import { pidOf, type Stand } from "./stand/stand.ts"

const pause = async (stand: Stand, role: string): Promise<void> => {
  const pid = pidOf(stand, role)
  process.kill(pid, "SIGSTOP")
  await lasting(2_000, 30)
  process.kill(pid, "SIGCONT")
}

const stands: ReadonlyArray<readonly [string, () => Promise<Stand>, ReadonlyArray<string>]> = [
  ["one machine", () => oneMachine(), ["main", "broker", "store"]],
  ["services", () => services(), ["collector", "processor", "api"]]
]

for (const [name, start, roles] of stands) {
  chaosCase(`pause of ${roles.join(", ")}, ${name}`, { start }, async ({ flow, over, stand }) => {
    for (const role of roles) {
      await flow(500)
      await pause(stand, role)
      over()
    }
  })
}
