// Generator: the process that makes the events; told its rate by the suite, answers what it has sent.
import { brokerOutlet, unacknowledgedOutlet } from "./load/broker-outlet.ts"
import { httpOutlet } from "./load/http-outlet.ts"
import type { Format } from "./load/line-writers.ts"
import { type Outlet, Pace } from "./load/pace.ts"

/** What the suite says. A rate of null is as fast as acknowledgements come. */
export type ToGenerator =
  | { readonly type: "rate"; readonly rate: number | null }
  | { readonly type: "pause"; readonly paused: boolean }
  | { readonly type: "format"; readonly format: Format }
  | { readonly type: "report"; readonly id: number }

/** How frames leave it. */
export type Way = "collector" | "broker" | "broker-unacknowledged"

const open: Readonly<Record<Way, (url: string, source: string) => Outlet | Promise<Outlet>>> = {
  collector: httpOutlet,
  broker: brokerOutlet,
  "broker-unacknowledged": unacknowledgedOutlet
}

const [way, url, source] = process.argv.slice(2)
if (process.send !== undefined && way !== undefined && url !== undefined && source !== undefined) {
  const pace = new Pace(await open[way as Way](url, source))
  process.on("message", (message: ToGenerator) => {
    if (message.type === "rate") pace.rate = message.rate ?? Number.POSITIVE_INFINITY
    else if (message.type === "pause") pace.paused = message.paused
    else if (message.type === "format") pace.format = message.format
    else process.send?.({ id: message.id, ...pace.sent })
  })
  process.on("disconnect", () => process.exit(0))
  process.send({ ready: true })
}
