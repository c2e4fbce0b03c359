// XmlTree: reads one XML element to a tree, bounded in depth and number, without document types and entities of one's own.

export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyArray<readonly [name: string, value: string]>
  readonly children: Array<XmlElement>
  /** Its own text, that of its children left out; blanks around are kept. */
  text: string
}

export interface XmlBounds {
  readonly depth: number
  readonly elements: number
}

const nameStart = /[A-Za-z_:\u0080-\uffff]/
const namePattern = /[A-Za-z_:\u0080-\uffff][\w.:\u0080-\uffff-]*/y
const blankPattern = /\s*/y
const predefined: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }

/**
 * The element that `text` consists of, with a declaration, comments and instructions around or in it; undefined when it is
 * none: tags that do not fit, a document type, an entity that XML itself does not have, or more than the bounds allow.
 */
export const readXml = (text: string, bounds: XmlBounds): XmlElement | undefined => new Reader(text, bounds).read()

class Reader {
  private at = 0
  private elements = 0
  private readonly text: string
  private readonly bounds: XmlBounds

  constructor(text: string, bounds: XmlBounds) {
    this.text = text
    this.bounds = bounds
  }

  read(): XmlElement | undefined {
    const open: Array<XmlElement> = []
    let root: XmlElement | undefined
    const { text } = this
    while (this.at < text.length) {
      const next = text.indexOf("<", this.at)
      const content = this.unescaped(text.slice(this.at, next < 0 ? text.length : next))
      if (content === undefined || (open.length === 0 && content.trim() !== "")) return undefined
      const top = open.at(-1)
      if (top !== undefined) top.text += content
      if (next < 0) {
        this.at = text.length
        break
      }
      this.at = next
      const skipped = this.skipped(top)
      if (skipped === "wrong") return undefined
      if (skipped === "yes") continue
      if (text[next + 1] === "/") {
        if (top === undefined || !this.closes(top.name)) return undefined
        open.pop()
        continue
      }
      if (open.length >= this.bounds.depth || ++this.elements > this.bounds.elements) return undefined
      if (top === undefined && root !== undefined) return undefined
      const opened = this.opened()
      if (opened === undefined) return undefined
      top?.children.push(opened.element)
      root ??= opened.element
      if (!opened.closed) open.push(opened.element)
    }
    return open.length === 0 ? root : undefined
  }

  /** Skips a comment or an instruction, takes in a CDATA section; a document type is wrong. */
  private skipped(top: XmlElement | undefined): "yes" | "no" | "wrong" {
    const { at, text } = this
    if (text.startsWith("<!--", at)) return this.skipTo("-->", at + 4)
    if (text.startsWith("<?", at)) return this.skipTo("?>", at + 2)
    if (!text.startsWith("<!", at)) return "no"
    if (!text.startsWith("<![CDATA[", at) || top === undefined) return "wrong"
    const end = text.indexOf("]]>", at)
    if (end < 0) return "wrong"
    top.text += text.slice(at + 9, end)
    this.at = end + 3
    return "yes"
  }

  private skipTo(mark: string, from: number): "yes" | "wrong" {
    const end = this.text.indexOf(mark, from)
    if (end < 0) return "wrong"
    this.at = end + mark.length
    return "yes"
  }

  private name(): string | undefined {
    namePattern.lastIndex = this.at
    const found = nameStart.test(this.text[this.at] ?? "") ? namePattern.exec(this.text) : null
    if (found === null) return undefined
    this.at += found[0].length
    return found[0]
  }

  private skipBlanks(): number {
    blankPattern.lastIndex = this.at
    const length = blankPattern.exec(this.text)?.[0].length ?? 0
    this.at += length
    return length
  }

  private closes(name: string): boolean {
    this.at += 2
    if (this.name() !== name) return false
    this.skipBlanks()
    return this.text[this.at++] === ">"
  }

  private opened(): { readonly element: XmlElement; readonly closed: boolean } | undefined {
    this.at++
    const name = this.name()
    if (name === undefined) return undefined
    const attributes: Array<readonly [string, string]> = []
    for (;;) {
      const blanks = this.skipBlanks()
      const letter = this.text[this.at]
      const closed = letter === "/" && this.text[this.at + 1] === ">"
      if (letter === ">" || closed) {
        this.at += closed ? 2 : 1
        return { element: { name, attributes, children: [], text: "" }, closed }
      }
      const attribute = blanks > 0 ? this.attribute() : undefined
      if (attribute === undefined || attributes.length >= this.bounds.elements) return undefined
      attributes.push(attribute)
    }
  }

  private attribute(): readonly [string, string] | undefined {
    const name = this.name()
    this.skipBlanks()
    if (name === undefined || this.text[this.at] !== "=") return undefined
    this.at++
    this.skipBlanks()
    const quote = this.text[this.at]
    if (quote !== '"' && quote !== "'") return undefined
    const end = this.text.indexOf(quote, this.at + 1)
    if (end < 0) return undefined
    const value = this.unescaped(this.text.slice(this.at + 1, end))
    this.at = end + 1
    return value === undefined || value.includes("<") ? undefined : [name, value]
  }

  private unescaped(text: string): string | undefined {
    if (!text.includes("&")) return text
    let wrong = false
    const read = text.replaceAll(
      /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]+));|&/g,
      (_, hex?: string, digits?: string, name?: string) => {
        const code = hex === undefined ? Number(digits ?? Number.NaN) : Number.parseInt(hex, 16)
        const known = name === undefined ? undefined : predefined[name]
        if (known !== undefined) return known
        if (!(code > 0 && code <= 0x10ffff) || name !== undefined) {
          wrong = true
          return ""
        }
        return String.fromCodePoint(code)
      }
    )
    return wrong ? undefined : read
  }
}
