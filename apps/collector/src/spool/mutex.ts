// Mutex: runs asynchronous work one piece at a time, in the order in which it was asked for.

export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  run<A>(work: () => Promise<A>): Promise<A> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }
}
