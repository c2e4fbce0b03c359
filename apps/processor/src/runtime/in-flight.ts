// InFlight: the batches of one partition on their way, and the message each stands for in the stream it was taken from.

interface Taken {
  /** Last raw sequence of the batch, and the sequence of its last message in the stream it was taken from. */
  readonly last: number
  readonly acknowledge: number
  readonly receivedMillis: number
  readonly messages: number
}

/** The broker stops delivering at 16,384 messages that are not acknowledged. */
const manyMessages = 4_096

export class InFlight {
  private batches: Array<Taken> = []

  /** Notes a batch that was taken; batches come in order. */
  taken(batch: Taken): void {
    this.batches.push(batch)
  }

  /** Forgets the batches up to a raw sequence; answers the sequence to acknowledge through, or undefined. */
  settle(through: number): number | undefined {
    let acknowledge: number | undefined
    let count = 0
    for (const one of this.batches) {
      if (one.last > through) break
      acknowledge = one.acknowledge
      count++
    }
    if (count > 0) this.batches = this.batches.slice(count)
    return acknowledge
  }

  /** Messages taken and not settled. */
  get messages(): number {
    return this.batches.reduce((sum, one) => sum + one.messages, 0)
  }

  /** Whether so many messages wait for their acknowledgement that outputs which are written seldom have to hurry. */
  get isCrowded(): boolean {
    return this.messages >= manyMessages
  }

  /** When the oldest message not settled was received, or undefined. */
  get oldestMillis(): number | undefined {
    return this.batches[0]?.receivedMillis
  }
}
