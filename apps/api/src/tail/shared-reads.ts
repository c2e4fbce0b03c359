// SharedReads: one read of the store for all who ask the same of it while it waits to begin.

/**
 * Answers each ask with a result of `read` that began behind it. Asks with the same key share the next read to begin, never
 * one that runs already, because that one may not see what was stored before the ask. Reads of one key run one by one.
 */
export const sharedReads = <Ask, Answer>(
  keyOf: (ask: Ask) => string,
  read: (ask: Ask) => Promise<Answer>
): ((ask: Ask) => Promise<Answer>) => {
  const waiting = new Map<string, Promise<Answer>>()
  const running = new Map<string, Promise<void>>()
  const begin = async (key: string, ask: Ask): Promise<Answer> => {
    await running.get(key)
    waiting.delete(key)
    const reading = read(ask)
    const forget = () => {
      if (running.get(key) === ended) running.delete(key)
    }
    const ended: Promise<void> = reading.then(forget, forget)
    running.set(key, ended)
    return reading
  }
  return (ask) => {
    const key = keyOf(ask)
    const known = waiting.get(key)
    if (known !== undefined) return known
    const next = begin(key, ask)
    waiting.set(key, next)
    return next
  }
}
