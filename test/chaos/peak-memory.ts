// Peak memory: the most resident memory each role of a stand ever had, over all its lives. Linux only.
import { readFileSync } from "node:fs"
import type { Stand } from "./stand/stand.ts"

const everyMillis = 100

export class PeakMemory {
  /** Bytes by role. */
  readonly peaks: Record<string, number> = {}
  private readonly timer: NodeJS.Timeout
  private readonly stand: Stand

  constructor(stand: Stand) {
    this.stand = stand
    this.timer = setInterval(() => this.look(), everyMillis)
  }

  stop(): void {
    this.look()
    clearInterval(this.timer)
  }

  /** The kernel keeps the peak of each process, so only a process that ends between two looks hides the last of it. */
  private look(): void {
    for (const [role, pid] of Object.entries(this.stand.pids())) {
      const bytes = highWater(pid)
      if (bytes > (this.peaks[role] ?? 0)) this.peaks[role] = bytes
    }
  }
}

const highWater = (pid: number): number => {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1_024
  } catch {
    return 0
  }
}
