// Pieces: the pieces of a body as they come in, few and large whatever the sender cuts them into.

/** So many are kept as they are. */
const mostAsTheyAre = 64
const smallBytes = 4_096
const gatherBytes = 65_536
/** So many pieces may be short of `crumbBytes` on average. */
const mostCrumbs = 16_384
const crumbBytes = 16

/** Each piece costs far more than the bytes of a small one: a megabyte in chunks of one byte would take hundreds of them. */
export class Pieces {
  length = 0
  readonly #pieces: Array<Buffer> = []
  #count = 0
  #small = Buffer.alloc(0)
  #used = 0

  add(piece: Buffer): void {
    this.length += piece.length
    this.#count++
    if (this.#pieces.length < mostAsTheyAre || piece.length >= smallBytes) {
      this.#flush()
      this.#pieces.push(piece)
      return
    }
    if (this.#used + piece.length > this.#small.length) {
      this.#flush()
      this.#small = Buffer.allocUnsafeSlow(gatherBytes)
    }
    this.#used += piece.copy(this.#small, this.#used)
  }

  /** Whether it comes in so many and so small pieces that reading them costs more than it is worth. */
  get areCrumbs(): boolean {
    return this.#count > mostCrumbs && this.length < this.#count * crumbBytes
  }

  /** All pieces in order, once no more come. */
  all(): ReadonlyArray<Buffer> {
    this.#flush()
    return this.#pieces
  }

  #flush(): void {
    if (this.#used === 0) return
    this.#pieces.push(this.#small.subarray(0, this.#used))
    this.#small = Buffer.alloc(0)
    this.#used = 0
  }
}
