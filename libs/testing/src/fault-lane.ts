// Fault lane: one direction of a proxied connection: bytes in, the same bytes out, later, slower, in slices, or not for now.
import type { Socket } from "node:net"

/** What happens to the bytes of one direction. Nothing of it changes or loses a byte of a connection that lives. */
export interface LaneFaults {
  /** Milliseconds each piece is held back. */
  readonly latencyMillis?: number
  /** Milliseconds more, at most, drawn for each piece; the order is kept. */
  readonly jitterMillis?: number
  readonly bytesPerSecond?: number
  /** Pieces of at most so many bytes are written one by one, each in a turn of its own. */
  readonly sliceBytes?: number
  /** Nothing passes while this is set; it goes on afterwards, as after a cut cable that TCP outlasts. */
  readonly swallow?: boolean
  /** The connection is reset after about so many bytes (half to one and a half times), in the middle of whatever passes. */
  readonly resetAfterBytes?: number
}

interface Piece {
  readonly bytes: Buffer
  readonly due: number
}

/** Bytes held before the sender is told to wait. */
const mostHeld = 1_048_576

export class FaultLane {
  private readonly from: Socket
  private readonly to: Socket
  private readonly random: () => number
  /** Ends both sides without a farewell. */
  private readonly reset: () => void
  private faults: LaneFaults = {}
  private pieces: Array<Piece> = []
  private held = 0
  private lastDue = 0
  private ended = false
  private blocked = false
  private timer: NodeJS.Timeout | undefined
  private turn: NodeJS.Immediate | undefined
  private untilReset = Number.POSITIVE_INFINITY

  constructor(from: Socket, to: Socket, random: () => number, reset: () => void) {
    this.from = from
    this.to = to
    this.random = random
    this.reset = reset
    from.on("data", (chunk: Buffer) => this.receive(chunk))
    from.once("end", () => {
      this.ended = true
      this.pass()
    })
    to.on("drain", () => {
      this.blocked = false
      this.pass()
    })
  }

  /** Takes effect with the next piece; what is held already keeps its time, unless it was swallowed. */
  set(faults: LaneFaults): void {
    const { resetAfterBytes } = faults
    if (resetAfterBytes !== this.faults.resetAfterBytes) {
      this.untilReset =
        resetAfterBytes === undefined
          ? Number.POSITIVE_INFINITY
          : Math.max(1, Math.floor(resetAfterBytes * (0.5 + this.random())))
    }
    this.faults = faults
    this.pass()
  }

  close(): void {
    this.stopWaiting()
    this.pieces = []
    this.ended = false
  }

  private receive(chunk: Buffer): void {
    const { bytesPerSecond = 0, jitterMillis = 0, latencyMillis = 0, sliceBytes = chunk.length } = this.faults
    for (let start = 0; start < chunk.length; start += sliceBytes) {
      const bytes = chunk.subarray(start, start + sliceBytes)
      const wait = latencyMillis + jitterMillis * this.random()
      const sending = bytesPerSecond > 0 ? (bytes.length * 1_000) / bytesPerSecond : 0
      this.lastDue = Math.max(this.lastDue + sending, performance.now() + wait)
      this.pieces.push({ bytes, due: this.lastDue })
      this.held += bytes.length
    }
    if (this.held > mostHeld) this.from.pause()
    this.pass()
  }

  private stopWaiting(): void {
    clearTimeout(this.timer)
    clearImmediate(this.turn)
  }

  /** Writes what is due; looks again when more will be, or when told. */
  private pass(): void {
    this.stopWaiting()
    while (this.pieces.length > 0 && !this.blocked && this.faults.swallow !== true) {
      const [{ bytes, due }] = this.pieces as [Piece]
      const wait = due - performance.now()
      if (wait > 0) {
        this.timer = setTimeout(() => this.pass(), wait)
        break
      }
      this.pieces.shift()
      this.held -= bytes.length
      if (bytes.length >= this.untilReset) {
        this.to.write(bytes.subarray(0, this.untilReset), () => this.reset())
        return
      }
      this.untilReset -= bytes.length
      this.blocked = !this.to.write(bytes)
      if (this.faults.sliceBytes !== undefined) {
        this.turn = setImmediate(() => this.pass())
        break
      }
    }
    if (this.held <= mostHeld) this.from.resume()
    if (this.ended && this.pieces.length === 0) this.to.end()
  }
}
