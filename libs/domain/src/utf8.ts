// UTF-8: texts to bytes and back, and ClickHouse's variable-length integers in front of them.

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

/** UTF-8 bytes of a text; lone surrogates become U+FFFD. */
export const encodeUtf8 = (text: string): Uint8Array => encoder.encode(text)

/** Text of `source[start, end)`; bytes that are no UTF-8 become U+FFFD. Short ASCII runs avoid the decoder's call cost. */
export const decodeUtf8 = (source: Uint8Array, start: number, end: number): string => {
  if (end - start <= 24) {
    let text = ""
    for (let i = start; i < end; i++) {
      const byte = source[i] as number
      if (byte > 127) return decoder.decode(source.subarray(start, end))
      text += String.fromCharCode(byte)
    }
    return text
  }
  return decoder.decode(source.subarray(start, end))
}

/** Bytes that `value` (an integer, 0..2^32-1) takes as an LEB128 unsigned integer. */
export const varintLength = (value: number): number =>
  value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5

/** Writes `value` (an integer, 0..2^32-1) as an LEB128 unsigned integer at `at`; answers the position behind it. */
export const writeVarint = (target: Uint8Array, at: number, value: number): number => {
  let rest = value
  let position = at
  while (rest >= 0x80) {
    target[position++] = (rest & 0x7f) | 0x80
    rest = Math.floor(rest / 128)
  }
  target[position++] = rest
  return position
}
