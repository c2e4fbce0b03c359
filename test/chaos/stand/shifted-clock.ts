// Shifted clock: loaded before the main process of a stand, so that a test may move its wall clock. Timers stay as they are.
import { readFileSync } from "node:fs"

const file = process.env.TAILRACE_CHAOS_CLOCK
const isMain = /apps[/\\]tailrace[/\\]src[/\\]main\.ts$/.test(process.argv[1] ?? "")
const everyMillis = 5

if (file !== undefined && isMain) {
  const TrueDate = Date
  let shift = 0
  const look = (): void => {
    try {
      shift = Number(readFileSync(file, "utf8"))
    } catch {
      shift = 0
    }
  }
  look()
  setInterval(look, everyMillis).unref()
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [TrueDate.now() + shift] : args, newTarget),
    get: (target, name) => (name === "now" ? () => TrueDate.now() + shift : Reflect.get(target, name))
  })
}
