// Generator child: the generator's process as the suite talks to it.
import { fileURLToPath } from "node:url"
import type { ToGenerator } from "../generator.ts"
import type { Entry } from "../instruments/report.ts"
import type { Sent } from "../load/pace.ts"
import type { Child, Children } from "./children.ts"

const main = fileURLToPath(new URL("../generator.ts", import.meta.url))

export class GeneratorChild {
  readonly #child: Child
  #next = 0

  private constructor(child: Child) {
    this.#child = child
  }

  /** Starts it at rest. */
  static async start(children: Children, entry: Entry, url: string): Promise<GeneratorChild> {
    let ready = false
    const starting = children.start({
      name: "generator",
      command: process.execPath,
      arguments: [main, entry, url, "bench"],
      messages: true,
      ready: () => Promise.resolve(ready)
    })
    children.all.at(-1)?.process.once("message", () => {
      ready = true
    })
    return new GeneratorChild(await starting)
  }

  /** Events a second from now on; infinity for as fast as acknowledgements come. */
  rate(eventsPerSecond: number): void {
    this.#tell({ type: "rate", rate: Number.isFinite(eventsPerSecond) ? eventsPerSecond : null })
  }

  paused(paused: boolean): void {
    this.#tell({ type: "pause", paused })
  }

  sent(): Promise<Sent> {
    const id = ++this.#next
    return new Promise((resolve) => {
      const listen = (message: Sent & { id: number }): void => {
        if (message.id !== id) return
        this.#child.process.off("message", listen)
        resolve(message)
      }
      this.#child.process.on("message", listen)
      this.#tell({ type: "report", id })
    })
  }

  #tell(message: ToGenerator): void {
    this.#child.process.send(message)
  }
}
