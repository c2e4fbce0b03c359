// OpenFrames: the frames that still take messages, one for each origin and for each submission that shares none.
import { mostMessages } from "@tailrace/domain/frame"
import { FrameBuilder, type FrameWaiter } from "./frame-builder.ts"
import type { Origin } from "./origin.ts"

export interface OpenFramesOptions {
  /** A frame is complete once it holds this many bytes. */
  readonly frameBytes: number
  /** No frame grows beyond this, unless one message alone is longer. */
  readonly maxFrameBytes: number
  /** Milliseconds an open frame waits for more. */
  readonly lingerMillis: number
}

/** What open frames tell, and the clock they read. */
export interface OpenFramesWorld {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** An open frame grew by so many bytes. */
  readonly grew: (bytes: number) => void
  /** A frame is complete and takes nothing more. */
  readonly complete: (frame: FrameBuilder) => void
}

/** Whose messages go into open frames. */
export interface FrameUser extends FrameWaiter {
  readonly origin: Origin
  /** Prefix of the ids of frames that are this user's alone; undefined when it shares frames with others. */
  readonly id: string | undefined
  /** Whether its frames may have been published in an earlier life. */
  readonly repeated: boolean
  /** Frames it has messages in so far; numbers those of its own. */
  readonly frames: number
  /** The open frame of a user that shares none. */
  own: FrameBuilder | undefined
  /** A frame holds a part of what it hands in. */
  joined(): void
}

/** Origins whose frames' size is remembered; beyond it they begin anew. */
const mostOrigins = 10_000

/** Bytes a frame makes room for when nothing is known of its origin. */
const fewBytes = 1_024

export class OpenFrames {
  readonly #options: OpenFramesOptions
  readonly #world: OpenFramesWorld
  readonly #shared = new Map<string, FrameBuilder>()
  /** Bytes to make room for in the next frame, by the key of its origin. */
  readonly #sizes = new Map<string, number>()
  #lingerMillis: number

  constructor(options: OpenFramesOptions, world: OpenFramesWorld) {
    this.#options = options
    this.#lingerMillis = options.lingerMillis
    this.#world = world
  }

  /** The frame the user's next messages go into, so many in so many bytes. */
  frameFor(user: FrameUser, bytes: number, messages: number): FrameBuilder {
    let frame = this.#openFrame(user)
    if (frame !== undefined && frame.span > 0 && this.#exceeds(frame, bytes, messages)) {
      this.#complete(frame)
      user.own = undefined
      frame = undefined
    }
    frame ??= this.#begin(user)
    frame.given += messages
    if (!frame.waiters.has(user)) {
      frame.waiters.add(user)
      user.joined()
    }
    return frame
  }

  /** The user's open frame grew by so many bytes. */
  grew(user: FrameUser, bytes: number): void {
    this.#world.grew(bytes)
    const frame = this.#openFrame(user)
    if (frame === undefined || frame.span < this.#options.frameBytes) return
    this.#complete(frame)
    user.own = undefined
  }

  /** Nothing more comes from this user, so a frame of its own need not linger. */
  finish(user: FrameUser): void {
    if (user.own === undefined) return
    this.#complete(user.own)
    user.own = undefined
  }

  /** Whether a frame that several share is open for an origin. */
  isOpen({ key }: Origin): boolean {
    return this.#shared.has(key)
  }

  /** Completes an empty frame of this origin, for what rides in its header. */
  completeEmpty(origin: Origin): void {
    this.#complete(this.#beginShared(origin))
  }

  /** Completes all that several share, and from now on lets none wait for more. */
  hasten(): void {
    this.#lingerMillis = 0
    for (const frame of [...this.#shared.values()]) this.#complete(frame)
  }

  #exceeds({ given, span }: FrameBuilder, bytes: number, messages: number): boolean {
    return span + bytes > this.#options.maxFrameBytes || given + messages > mostMessages
  }

  #openFrame(user: FrameUser): FrameBuilder | undefined {
    return user.id === undefined ? this.#shared.get(user.origin.key) : user.own
  }

  #begin(user: FrameUser): FrameBuilder {
    const { frames, id, origin, repeated } = user
    if (id === undefined) return this.#beginShared(origin)
    user.own = new FrameBuilder(origin, this.#world.now(), fewBytes, `${id}-${frames}`, repeated)
    return user.own
  }

  #beginShared(origin: Origin): FrameBuilder {
    const frame = new FrameBuilder(origin, this.#world.now(), this.#sizes.get(origin.key) ?? fewBytes)
    this.#shared.set(origin.key, frame)
    frame.timer = setTimeout(() => this.#complete(frame), this.#lingerMillis)
    return frame
  }

  #complete(frame: FrameBuilder): void {
    clearTimeout(frame.timer)
    if (frame.id === undefined) {
      this.#shared.delete(frame.origin.key)
      this.#remember(frame)
    }
    this.#world.complete(frame)
  }

  /** The next frame of this origin makes room for about as much at once: growing by copies costs more than all else here. */
  #remember({ length, origin }: FrameBuilder): void {
    if (this.#sizes.size >= mostOrigins) this.#sizes.clear()
    this.#sizes.set(origin.key, Math.max(fewBytes, Math.ceil(length * 1.125)))
  }
}
