// Kill loop: kill -9 of every process in turn under load, on one machine and as separate services, fused and staged.
import { chaosCase } from "./chaos-case.ts"
import { oneMachine } from "./stand/one-machine.ts"
import { services } from "./stand/services.ts"
import type { Stand } from "./stand/stand.ts"

/** Over all loops; TAILRACE_KILLS sets them. */
const kills = Number(process.env.TAILRACE_KILLS ?? 20)
const apart = ["collector", "processor", "broker", "store", "api"]

interface Loop {
  readonly name: string
  readonly start: () => Promise<Stand>
  readonly roles: ReadonlyArray<string>
  /** Of every twenty kills. */
  readonly share: number
  readonly senders: number
  readonly restMillis: number
}

const loops: ReadonlyArray<Loop> = [
  {
    name: "one machine",
    start: () => oneMachine(),
    roles: ["main", "broker", "store"],
    share: 10,
    senders: 2,
    restMillis: 0
  },
  { name: "services", start: () => services(), roles: apart, share: 5, senders: 2, restMillis: 10 },
  {
    name: "services, staged",
    start: () => services({ placement: "staged" }),
    roles: apart,
    share: 5,
    senders: 2,
    restMillis: 10
  }
]

for (const { name, restMillis, roles, senders, share, start } of loops) {
  const count = Math.ceil((kills * share) / 20)
  const options = { start, senders, restMillis, timeoutMillis: 240_000 + count * 15_000 }
  chaosCase(`${count} kills, ${name}`, options, async ({ flow, over, random, stand }) => {
    for (let done = 0; done < count; done++) {
      // So many records between two kills that some kills fall into the recovery from the one before.
      await flow(50 + Math.floor((random() * 4_000) / (1 + restMillis / 10)))
      over()
      await stand.kill(roles[done % roles.length] as string)
    }
  })
}
