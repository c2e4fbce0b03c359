// Generator child: the generator's process as the suite talks to it.
import { fileURLToPath } from "node:url"
import type { ToGenerator, Way } from "../generator.ts"
import type { Format } from "../load/line-writers.ts"
import type { Sent } from "../load/pace.ts"
import type { Children } from "./children.ts"
import { Messenger } from "./messenger.ts"

const main = fileURLToPath(new URL("../generator.ts", import.meta.url))

export class GeneratorChild {
  readonly #process: Messenger<ToGenerator, Sent>

  private constructor(started: Messenger<ToGenerator, Sent>) {
    this.#process = started
  }

  /** Starts it at rest. */
  static async start(children: Children, way: Way, url: string): Promise<GeneratorChild> {
    return new GeneratorChild(
      await Messenger.start(children, { name: "generator", main, arguments: [way, url, "bench"] })
    )
  }

  /** Events a second from now on; infinity for as fast as acknowledgements come. */
  rate(eventsPerSecond: number): void {
    this.#process.tell({ type: "rate", rate: Number.isFinite(eventsPerSecond) ? eventsPerSecond : null })
  }

  paused(paused: boolean): void {
    this.#process.tell({ type: "pause", paused })
  }

  /** What comes from now on is of this format; JSON until told otherwise. */
  format(format: Format): void {
    this.#process.tell({ type: "format", format })
  }

  sent(): Promise<Sent> {
    return this.#process.report()
  }
}
