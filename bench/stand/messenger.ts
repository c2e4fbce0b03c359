// Messenger: a process of the suite's own that is told things and asked for reports by messages.
import type { Child, Children } from "./children.ts"

export interface MessengerOptions {
  readonly name: string
  readonly main: string
  readonly arguments: ReadonlyArray<string>
}

/** `Told` is what it may be told, `Reported` what it answers when asked for a report. */
export class Messenger<Told extends object, Reported> {
  readonly #child: Child
  #next = 0

  private constructor(child: Child) {
    this.#child = child
  }

  /** Starts it; ready when it has sent its first message. */
  static async start<Told extends object, Reported>(
    children: Children,
    options: MessengerOptions
  ): Promise<Messenger<Told, Reported>> {
    let ready = false
    const starting = children.start({
      name: options.name,
      command: process.execPath,
      arguments: [options.main, ...options.arguments],
      messages: true,
      ready: () => ready
    })
    children.all.at(-1)?.process.once("message", () => {
      ready = true
    })
    return new Messenger(await starting)
  }

  tell(message: Told | { readonly type: "report"; readonly id: number }): void {
    // Told to a process that has ended, it is lost; the next check says why.
    this.#child.process.send(message, () => undefined)
  }

  /** Rejects when it has ended or ends before it answers. */
  report(): Promise<Reported> {
    const id = ++this.#next
    return new Promise((resolve, reject) => {
      const { process } = this.#child
      const leave = (): void => {
        process.off("message", listen)
        process.off("close", ended)
      }
      const listen = (message: Reported & { id: number }): void => {
        if (message.id !== id) return
        leave()
        resolve(message)
      }
      const ended = (): void => {
        leave()
        reject(new Error(`${this.#child.name} ended by itself: ${this.#child.output().trim()}`))
      }
      if (process.exitCode !== null || process.signalCode !== null) return ended()
      process.on("message", listen)
      process.on("close", ended)
      this.tell({ type: "report", id })
    })
  }
}
