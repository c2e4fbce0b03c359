// Generator child: the generator's process as the suite talks to it.
import { fileURLToPath } from "node:url"
import type { ToGenerator, Way } from "../generator.ts"
import type { Format } from "../load/line-writers.ts"
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
  static async start(children: Children, way: Way, url: string): Promise<GeneratorChild> {
    let ready = false
    const starting = children.start({
      name: "generator",
      command: process.execPath,
      arguments: [main, way, url, "bench"],
      messages: true,
      ready: () => ready
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

  /** What comes from now on is of this format; JSON until told otherwise. */
  format(format: Format): void {
    this.#tell({ type: "format", format })
  }

  sent(): Promise<Sent> {
    const id = ++this.#next
    return new Promise((resolve, reject) => {
      const { process } = this.#child
      const leave = (): void => {
        process.off("message", listen)
        process.off("close", ended)
      }
      const listen = (message: Sent & { id: number }): void => {
        if (message.id !== id) return
        leave()
        resolve(message)
      }
      const ended = (): void => {
        leave()
        reject(new Error(`the generator ended by itself: ${this.#child.output().trim()}`))
      }
      process.on("message", listen)
      process.on("close", ended)
      this.#tell({ type: "report", id })
    })
  }

  #tell(message: ToGenerator): void {
    // Told to a generator that has ended, it is lost; the next check says why.
    this.#child.process.send(message, () => undefined)
  }
}
