// Container line: the envelope that a container runtime puts around each line of a program, and whether more of that line follows.

/** What `readContainerLine` found; reused for every line. */
export const containerLine = {
  /** Which runtime's form it has. */
  form: "cri" as "cri" | "docker",
  /** Which of the program's two outputs: 1 or 2. */
  output: 1,
  /** Whether the runtime broke the program's line here. */
  isPart: false,
  /** The program's text, without its line end; of Docker with the escapes of JSON. */
  textStart: 0,
  textEnd: 0,
  /** CRI: where the letter stands that says whether it is a part. */
  markAt: 0
}

const space = 32
const quote = 34
const backslash = 92
const colon = 58

/** Reads the envelope of CRI (`TIME stdout P text`) or of Docker's json-file (`{"log":"text\n","stream":"stdout",...}`). */
export const readContainerLine = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (end - start < 20) return false
  if (bytes[start] === 123) return readDocker(bytes, start, end)
  return bytes[start + 4] === 45 && bytes[start + 10] === 84 && readCri(bytes, start, end)
}

const readCri = (bytes: Uint8Array, start: number, end: number): boolean => {
  const limit = Math.min(end, start + 40)
  let at = start + 19
  while (at < limit && bytes[at] !== space) at++
  const output = outputAt(bytes, at + 1, end)
  const mark = at + 8
  if (at >= limit || output === 0 || bytes[mark - 1] !== space) return false
  if (bytes[mark] !== 80 && bytes[mark] !== 70) return false
  // Tags may follow the letter, with colons between.
  let text = mark + 1
  if (bytes[text] === colon) while (text < end && bytes[text] !== space) text++
  if (text < end && bytes[text] !== space) return false
  containerLine.form = "cri"
  containerLine.output = output
  containerLine.isPart = bytes[mark] === 80
  containerLine.markAt = mark
  containerLine.textStart = Math.min(text + 1, end)
  containerLine.textEnd = end
  return true
}

/** 1 for `stdout`, 2 for `stderr`, 0 for neither. */
const outputAt = (bytes: Uint8Array, at: number, end: number): number => {
  if (at + 6 > end || bytes[at] !== 115 || bytes[at + 1] !== 116 || bytes[at + 2] !== 100) return 0
  if (bytes[at + 3] === 111 && bytes[at + 4] === 117 && bytes[at + 5] === 116) return 1
  return bytes[at + 3] === 101 && bytes[at + 4] === 114 && bytes[at + 5] === 114 ? 2 : 0
}

const behindBlanks = (bytes: Uint8Array, at: number): number => {
  let position = at
  while (bytes[position] === space) position++
  return position
}

const longestTail = 512

const readDocker = (bytes: Uint8Array, start: number, end: number): boolean => {
  let at = behindBlanks(bytes, start + 1)
  // "log"
  if (bytes[at] !== quote || bytes[at + 1] !== 108 || bytes[at + 2] !== 111 || bytes[at + 3] !== 103) return false
  at = behindBlanks(bytes, at + 5)
  if (bytes[at] !== colon) return false
  at = behindBlanks(bytes, at + 1)
  if (bytes[at] !== quote) return false
  const text = ++at
  let isEscaped = false
  while (at < end && (isEscaped || bytes[at] !== quote)) {
    isEscaped = !isEscaped && bytes[at] === backslash
    at++
  }
  if (at >= end) return false
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(end - at, longestTail)).toString("latin1")
  const output = /"stream" ?: ?"std(out|err)"/.exec(tail)?.[1]
  if (output === undefined) return false
  const hasEnd = (bytes[at - 1] === 110 && bytes[at - 2] === backslash && at - text >= 2) || bytes[at - 1] === 10
  containerLine.form = "docker"
  containerLine.output = output === "out" ? 1 : 2
  containerLine.isPart = !hasEnd
  containerLine.textStart = text
  containerLine.textEnd = hasEnd ? at - (bytes[at - 1] === 10 ? 1 : 2) : at
  return true
}

const markers = [" stdout P", " stderr P"]

/** Whether lines that a runtime broke may lie in `bytes[start, end)`; false for the most, at the price of a search. */
export const mayHoldParts = (bytes: Uint8Array, start: number, end: number): boolean => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
  if (text[0] === 123 && text.subarray(0, 16).includes('"log"')) return true
  return markers.some((marker) => text.includes(marker, 0, "latin1"))
}
