// Escape: log text made safe for a terminal. Text is data; nothing in it may move the cursor or hide words.

const shorthand: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\u001b": "\\e",
  "\0": "\\0"
}

/** Control characters (C0, DEL, C1), line separators and bidirectional overrides, which can hide or reorder what is read. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what this is for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** The text on one line, every unsafe character shown as an escape such as \n, \e or \u202e. */
export const escapeForTerminal = (text: string): string =>
  text.replace(
    unsafe,
    (character) => shorthand[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

/** Bytes on one line: as text where they are UTF-8, else every byte beyond ASCII as an escape such as \xff. */
export const escapeBytes = (bytes: Uint8Array): string => {
  try {
    return escapeForTerminal(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    const shown = Array.from(bytes, (byte) =>
      byte < 128 ? escapeForTerminal(String.fromCharCode(byte)) : `\\x${byte.toString(16).padStart(2, "0")}`
    )
    return shown.join("")
  }
}
