// Escape: log text made safe for a terminal. Text is data; nothing in it may move the cursor or hide words.

const shorthand: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\u001b": "\\e",
  "\0": "\\0"
}

/**
 * Controls (C0, DEL, C1), line separators, lone surrogates, and what Unicode calls format characters or ignorable: they move the
 * cursor, reorder what is read (bidirectional controls, U+061C), or show nothing and so hide words (zero width, tags, variation
 * selectors). The two selectors that every emoji may carry stay. Emoji joined by U+200D come apart, which harms nobody.
 */
const unsafe = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\ufe0e\ufe0f]]/gv

/** The text on one line, every unsafe character shown as an escape such as \n, \e or \u202e. */
export const escapeForTerminal = (text: string): string => text.replace(unsafe, escapeOf)

const escapeOf = (character: string): string =>
  shorthand[character] ?? Array.from({ length: character.length }, (_, i) => unit(character, i)).join("")

/** In UTF-16 units, as JSON has it: what was JSON stays JSON. */
const unit = (character: string, at: number): string => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`

/** A line feed, and the colours that `style` gives. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: its own colours begin with ESC
const ours = /\n|\u001b\[(?:0|1|2|3[1-6]|90)m/g

/**
 * What a command is about to print, with every unsafe character escaped that is not its own: the last door before a terminal,
 * for whatever no `escapeForTerminal` has seen.
 */
export const safeOnTerminal = (text: string): string => {
  let safe = ""
  let at = 0
  for (const { 0: own, index } of text.matchAll(ours)) {
    safe += escapeForTerminal(text.slice(at, index)) + own
    at = index + own.length
  }
  return safe + escapeForTerminal(text.slice(at))
}

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
