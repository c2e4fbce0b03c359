// Generator: the process that makes the events; told its rate by the suite, answers what it has sent.
import { brokerOutlet } from "./load/broker-outlet.ts"
import { httpOutlet } from "./load/http-outlet.ts"
import { Pace } from "./load/pace.ts"

/** What the suite says. A rate of null is as fast as acknowledgements come. */
export type ToGenerator =
  | { readonly type: "rate"; readonly rate: number | null }
  | { readonly type: "pause"; readonly paused: boolean }
  | { readonly type: "report"; readonly id: number }

const [entry, url, source] = process.argv.slice(2)
if (process.send !== undefined && url !== undefined && source !== undefined) {
  const pace = new Pace(entry === "broker" ? await brokerOutlet(url, source) : httpOutlet(url, source))
  process.on("message", (message: ToGenerator) => {
    if (message.type === "rate") pace.rate = message.rate ?? Number.POSITIVE_INFINITY
    else if (message.type === "pause") pace.paused = message.paused
    else process.send?.({ id: message.id, ...pace.sent })
  })
  process.on("disconnect", () => process.exit(0))
  process.send({ ready: true })
}
