// The xml codec: events that are one XML element, such as those of Windows.
import { field } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { addTextField } from "../text-fields.ts"
import { readXml, type XmlElement } from "../xml-tree.ts"

export const XmlConfig = Schema.Struct({
  depth: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 256 })),
    32,
    "Deepest element; a message with a deeper one stays whole."
  ),
  elements: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 })),
    10_000,
    "Most elements of a message, and most attributes of an element; a message with more stays whole."
  ),
  nameAttribute: field(
    Schema.String.check(Schema.isMaxLength(64)),
    "Name",
    'The attribute that names a field: `<Data Name="user">root</Data>` becomes `user` beside `Data`. Empty for none.'
  )
})
export type XmlConfig = typeof XmlConfig.Type

export const xml = defineCodec({
  name: "xml",
  summary: "Reads a message that is one XML element, without document types and entities of its own.",
  config: XmlConfig,
  examples: [
    { title: "Events of Windows", config: {} },
    { title: "Small documents only", config: { depth: 8, elements: 200, nameAttribute: "" } }
  ],
  make: (config) => Effect.succeed(bindXml(config))
})

const lessThan = 60
const longestMessage = 1_048_576

/** What an element is in a record: a text, or fields by name; several elements of a name are a list. */
type Value = string | { readonly [name: string]: Value } | ReadonlyArray<Value>

/**
 * The codec as a function of its options. Elements below the outermost become fields by their path, `System.EventID`, attributes
 * `System.Provider.@Name`; several elements of a name are one field of JSON. `xml.root` is the outermost element's name.
 */
export const bindXml =
  (config: XmlConfig): BindCodec =>
  ({ keys }) => {
    const rootKey = keys.fix("xml.root")
    return {
      name: "xml",
      decode: (bytes, start, end, draft) => {
        let first = start
        while (first < end && bytes[first] <= 32) first++
        if (bytes[first] !== lessThan || end - start > longestMessage) return false
        const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString()
        const root = readXml(text, config)
        if (root === undefined) return false
        const value = contentOf(root, config.nameAttribute)
        const add = (path: string, value: Value): void => {
          if (typeof value === "string" || Array.isArray(value)) {
            const name = Buffer.from(path)
            const key = draft.overflow ? -1 : keys.intern(name, 0, name.length)
            if (value.length > 0) addTextField(draft, key, typeof value === "string" ? value : JSON.stringify(value))
          } else for (const [name, inner] of Object.entries(value)) add(path === "" ? name : `${path}.${name}`, inner)
        }
        add(typeof value === "string" ? root.name : "", value)
        addTextField(draft, rootKey, root.name)
        // What is no UTF-8 is in no field, nor are comments.
        if (draft.hasRole(role.body)) draft.keepOriginal = true
        else draft.setRole(role.body, start, end - start)
        return true
      }
    }
  }

const contentOf = (element: XmlElement, nameAttribute: string): Value => {
  const text = element.text.trim()
  if (element.children.length === 0 && element.attributes.length === 0) return text
  const fields = new Map<string, Array<Value>>()
  const put = (name: string, value: Value): void => {
    const known = fields.get(name)
    if (known === undefined) fields.set(name, [value])
    else known.push(value)
  }
  for (const [name, value] of element.attributes) put(`@${name}`, value)
  for (const child of element.children) {
    const name = nameOf(child, nameAttribute)
    put(name ?? child.name, name === undefined ? contentOf(child, nameAttribute) : child.text.trim())
  }
  if (text !== "") put("text", text)
  return Object.fromEntries([...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values]))
}

/** The name that an element without children gives itself by its only attribute. */
const nameOf = ({ attributes, children }: XmlElement, nameAttribute: string): string | undefined => {
  const only = attributes.length === 1 && children.length === 0 ? attributes[0] : undefined
  return only !== undefined && nameAttribute !== "" && only[0] === nameAttribute && only[1] !== "" ? only[1] : undefined
}
