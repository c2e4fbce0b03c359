// Result pipes: named pipes the engine writes results into and the front reads with back-pressure, in any format.
import { execFileSync } from "node:child_process"
import { closeSync, constants, openSync } from "node:fs"
import { Socket } from "node:net"
import { join } from "node:path"
import { quoteText } from "./statement.ts"

export interface ResultPipe {
  /** The clause that sends a statement's rows here, between the query and its FORMAT. */
  readonly clause: string
  readonly reader: Socket
  /** To be called when the statement has ended, so that the reader ends; it does not before. */
  readonly finish: () => void
  /** Gives the pipe back; not before the statement has ended. */
  readonly release: () => void
}

const pathsOf = (folder: string, count: number): Array<string> =>
  Array.from({ length: count }, (_, at) => join(folder, `result-${at}`))

export const makePipes = (folder: string, count: number): void => {
  execFileSync("mkfifo", ["-m", "600", ...pathsOf(folder, count)])
}

export class ResultPipes {
  readonly #free: Array<string>

  /** Of a folder in which `makePipes` has made as many. */
  constructor(folder: string, count: number) {
    this.#free = pathsOf(folder, count)
  }

  take(): ResultPipe {
    const path = this.#free.pop()
    if (path === undefined) throw new Error("store front: more results than running statements")
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    // An end that stays open: the engine opens the file again to tell of an error, and opening a pipe that nobody reads any
    // more would hold its thread for ever, beyond the reach of KILL.
    let both: number | undefined = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    const reader = new Socket({ fd, readable: true, writable: false })
    const finish = (): void => {
      if (both !== undefined) closeSync(both)
      both = undefined
    }
    return {
      // TRUNCATE lets the clause name a file that exists; a pipe it leaves as it is.
      clause: `\nINTO OUTFILE ${quoteText(path)} TRUNCATE`,
      reader,
      finish,
      release: () => {
        finish()
        reader.destroy()
        this.#free.push(path)
      }
    }
  }
}
