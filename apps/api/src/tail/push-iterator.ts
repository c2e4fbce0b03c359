// Push iterator: values pushed by callbacks, pulled as an async iterator; of too many waiting, the oldest go.

export interface PushIterator<A> extends AsyncIterableIterator<A> {
  readonly push: (value: A) => void
}

/** `stop` is called once, when the reader leaves. */
export const pushIterator = <A>(options: { readonly waiting: number; readonly stop: () => void }): PushIterator<A> => {
  const waiting: Array<A> = []
  let wake: ((result: IteratorResult<A>) => void) | undefined
  let ended = false
  const done: IteratorResult<A> = { done: true, value: undefined }
  const end = (): Promise<IteratorResult<A>> => {
    if (!ended) {
      ended = true
      options.stop()
      wake?.(done)
    }
    return Promise.resolve(done)
  }
  const iterator: PushIterator<A> = {
    push: (value) => {
      if (ended) return
      if (wake !== undefined) {
        const resume = wake
        wake = undefined
        resume({ done: false, value })
        return
      }
      waiting.push(value)
      if (waiting.length > options.waiting) waiting.shift()
    },
    next: () => {
      if (ended) return Promise.resolve(done)
      const value = waiting.shift()
      if (value !== undefined) return Promise.resolve({ done: false, value })
      return new Promise((resolve) => {
        wake = resolve
      })
    },
    return: end,
    throw: end,
    [Symbol.asyncIterator]: () => iterator
  }
  return iterator
}
