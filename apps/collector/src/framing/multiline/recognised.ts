// Recognised forms: lines that continue a record whatever program wrote them, such as the frames of stack traces.
import type { JoinRule, LineJudge } from "./join-rule.ts"
import { JsonBalance } from "./json-balance.ts"

const text = (word: string): Uint8Array => new TextEncoder().encode(word)
const continuations = [
  ...["Caused by:", "Suppressed:", "at ", "... ", "Traceback (most recent call last)"],
  ...["During handling of the above exception", "The above exception was the direct cause"],
  // .NET, PHP, Rust; VMware; the end of an element of XML.
  ...["--- End of ", "Stack trace:", "note: run with `RUST_BACKTRACE", "stack backtrace:", "--> ", "</"]
].map(text)
/** `java.lang.IllegalStateException: ...` and `Traceback (...)`: an error's name at the start of a line of its own. */
const errorName =
  /^(?:Exception in thread |(?:[A-Za-z_$][\w$]*\.)+[A-Za-z_$][\w$]*(?:Exception|Error|Throwable)\b|[A-Z]\w+(?:Error|Exception)(?:: |\s*$))/
/** Ruby's frames: `/app/a.rb:3:in `f'`; with a message behind it is the first line of an error. */
const rubyFrame = /^\/?[\w./-]+:\d+:in [`'][^`']*['`]?\s*$/
/** Frames of PHP and of debuggers: `#0 /a.php(3): f()`, `#1  0x0000 in main () at a.c:3`. */
const numberedFrame = /^#\d{1,3}\s/
/** What ends a Python trace: `Exception: ...`, `pkg.Interrupt`. */
const pythonError = /^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:: |\s*$)/
const traceback = text("Traceback (most recent call last)")
/** What Go prints when a program panics, behind its first line. */
const goLine =
  /^(?:goroutine \d+ |\[signal |created by |exit status \d|panic: |\t|[\w./*()[\]·-]+\(.*\)$|\[recovered\])/
const goStart = /^(?:panic: |fatal error: |goroutine \d+ \[|SIG[A-Z]+: )/
/** A function of Go with its path, which zap prints before the place in the next line. */
const goFunction = /^[\w.-]+(?:\/[\w.@~-]+)+\.[\w.(*)[\]]+$/
/** Rust's first line of a panic, whose message stands on the next. */
const rustPanic = /^thread '.*' (?:\(\d+\) )?panicked at .*:$/
/** Node's uncaught errors begin with the place: `/app/a.js:3`. */
const nodePlace = /^(?:file:\/\/)?\/[^\s:]+\.[cm]?[jt]s:\d+$/

const paddedHead = /^ +\d{1,7}:\d{8}:\d{6}\./

type Trace = "none" | "python" | "go" | "rust" | "node"

/**
 * Lines go on with a record that begin with white space, `Caused by:`, `Suppressed:`, `at `, `... 12 more`, an exception's
 * name with its message, or as a frame of Ruby, PHP or a debugger; the parts of what Python, Go, Rust and Node print of
 * an error; a JSON object printed over lines; the brace that closes one.
 */
export const recognised: JoinRule = () => new Recogniser()

class Recogniser implements LineJudge {
  #trace: Trace = "none"
  readonly #json = new JsonBalance()
  #hasEnded = false
  /** Whether the line before announces what comes: it ends with a colon, or is the declaration of XML. */
  #announces = false

  joins(bytes: Uint8Array, start: number, end: number, isFirst: boolean): boolean {
    if (isFirst) this.#begin()
    const isAnnounced = !isFirst && this.#announces && bytes[start] === 60 && !isPriority(bytes, start, end)
    const isJson = this.#json.isOpen
    const joins = isAnnounced || (isJson ? this.#json.takes(bytes, start, end) : this.#continues(bytes, start, end))
    this.#announces = announces(bytes, start, end)
    this.#hasEnded = this.#json.hasClosed
    if (joins) {
      if (startsWith(bytes, start, end, traceback)) this.#trace = "python"
      return true
    }
    this.#begin()
    this.#notice(bytes, start, end)
    return false
  }

  /** A JSON object that has closed is whole. */
  ends(): boolean {
    return this.#hasEnded
  }

  #begin(): void {
    this.#trace = "none"
    this.#hasEnded = false
    this.#json.reset()
  }

  /** Looks at a record's first line for what it says of the next ones. */
  #notice(bytes: Uint8Array, start: number, end: number): void {
    const first = bytes[start] as number
    if (first === 123 || first === 91) this.#json.begin(bytes, start, end)
    else if (startsWith(bytes, start, end, traceback)) this.#trace = "python"
    else if (first === 112 || first === 102 || first === 103 || first === 83 || first === 116 || first === 47) {
      const line = lineAt(bytes, start, end)
      if (goStart.test(line)) this.#trace = "go"
      else if (rustPanic.test(line)) this.#trace = "rust"
      else if (nodePlace.test(line)) this.#trace = "node"
    }
  }

  #continues(bytes: Uint8Array, start: number, end: number): boolean {
    const first = bytes[start] as number
    // Zabbix pads its process ids.
    if (first === 32) return !(end - start > 25 && paddedHead.test(lineAt(bytes, start, end)))
    if (first === 9) return true
    const trace = this.#trace
    if (trace === "go") {
      if (goLine.test(lineAt(bytes, start, end))) return true
    } else if (trace === "rust") {
      this.#trace = "none"
      return true
    } else if (trace === "python") {
      // The name of an error ends a trace of Python, once, at the margin.
      this.#trace = "none"
      if (pythonError.test(lineAt(bytes, start, end))) return true
    } else if (trace === "node" && /^(?:throw |\w*Error\b|Node\.js v)/.test(lineAt(bytes, start, end))) return true
    return isContinuation(bytes, start, end)
  }
}

const announces = (bytes: Uint8Array, start: number, end: number): boolean => {
  let at = end - 1
  while (at > start && bytes[at] === 32) at--
  return bytes[at] === 58 || (bytes[at] === 62 && bytes[at - 1] === 63)
}

/** `<13>`: a message of syslog, and no XML. */
const isPriority = (bytes: Uint8Array, start: number, end: number): boolean => {
  const next = bytes[start + 1] as number
  return start + 1 < end && next >= 48 && next <= 57
}

const isContinuation = (bytes: Uint8Array, start: number, end: number): boolean => {
  const first = bytes[start] as number
  for (const word of continuations) if (startsWith(bytes, start, end, word)) return true
  if (first === 125) return end - start <= 3
  if (first === 123 || first === 91 || first === 60 || (first >= 48 && first <= 57)) return false
  const line = lineAt(bytes, start, end)
  return first === 35 ? numberedFrame.test(line) : errorName.test(line) || rubyFrame.test(line) || goFunction.test(line)
}

const lineAt = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, 256)).toString("latin1")

const startsWith = (bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean => {
  if (end - start < word.length) return false
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false
  return true
}
