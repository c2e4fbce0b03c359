// Live limit: how many subscriptions are open, bounded, each ended when its connection ends.
import { apiError } from "../questions/failure.ts"

export class LiveLimit {
  private readonly most: number
  private count = 0

  constructor(most: number) {
    this.most = most
  }

  /** Subscriptions open now. */
  get open(): number {
    return this.count
  }

  /** Takes a place and answers how to give it back; throws LIMIT when there is none. */
  enter(): () => void {
    if (this.count >= this.most) {
      throw apiError(
        "LIMIT",
        `${this.count} live subscriptions are open, which is the most: end one or raise limits.subscriptions`
      )
    }
    this.count++
    let inside = true
    return () => {
      if (inside) this.count--
      inside = false
    }
  }
}

/** Opens a subscription within the limit. `make` must see to it that `left` is called when its iterator ends. */
export const openLive = async <A>(
  context: { readonly live: LiveLimit; readonly ended?: AbortSignal },
  make: (left: () => void) => AsyncIterableIterator<A> | Promise<AsyncIterableIterator<A>>
): Promise<AsyncIterableIterator<A>> => {
  const left = context.live.enter()
  try {
    const iterator = await make(left)
    // Over SSE nobody else tells the iterator that its reader has gone.
    const end = (): void => void iterator.return?.()
    if (context.ended?.aborted === true) end()
    else context.ended?.addEventListener("abort", end, { once: true })
    return iterator
  } catch (error) {
    left()
    throw error
  }
}
