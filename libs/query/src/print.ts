// Print: the canonical text of a tree; parsing it gives the tree back. The visual filter builder stands on this.
import type { Node, TimePoint, TimeSpec, Value } from "./ast.ts"
import { quoteText } from "./value.ts"

/** Canonical text: AND and OR written out, parentheses only where precedence needs them. */
export const printQuery = (node: Node): string => print(node, 0)

const print = (node: Node, tightness: number): string => {
  switch (node._tag) {
    case "All":
      return ""
    case "Or":
      return wrapped(node.children.map((child) => print(child, 1)).join(" OR "), tightness > 0)
    case "And":
      return wrapped(node.children.map((child) => print(child, 2)).join(" AND "), tightness > 1)
    case "Not":
      return `NOT ${print(node.child, 3)}`
    case "Text":
      return /^(?:and|or|not)$/.test(node.value.raw) ? `\\${node.value.raw}` : node.value.raw
    case "Match":
      return `${printField(node.field)}:${/^[<>[{]/.test(node.value.raw) ? "\\" : ""}${node.value.raw}`
    case "Compare":
      return `${printField(node.field)} ${node.operator} ${node.value.raw}`
    case "In":
      return `${printField(node.field)} IN (${node.values.map((value) => value.raw).join(", ")})`
    case "Like":
      return `${printField(node.field)} ${node.ignoreCase ? "ILIKE" : "LIKE"} ${quoteText(node.pattern)}`
    case "Range":
      return `${printField(node.field)}:${node.lowInclusive ? "[" : "{"}${bound(node.low)} TO ${bound(node.high)}${node.highInclusive ? "]" : "}"}`
    case "Regex":
      return `${printField(node.field)} =~ ${quoteText(node.pattern)}`
    case "Exists":
      return `${printField(node.field)} IS NOT NULL`
    case "Time":
      return `time:${printTime(node.spec)}`
  }
}

const wrapped = (text: string, needed: boolean): string => (needed ? `(${text})` : text)

const bound = (value: Value | undefined): string =>
  value === undefined ? "*" : /[\]}]/.test(value.raw) && !value.quoted ? quoteText(value.text) : value.raw

/** A field's name, in backticks when it is no plain one. */
export const printField = (name: string): string =>
  /^[\p{L}_@][\p{L}\p{N}_@$-]*(?:\.[\p{L}\p{N}_@$-]+)*$/u.test(name) && !/^(AND|OR|NOT|EXISTS|time)$/.test(name)
    ? name
    : `\`${name.replace(/[`\\]/g, "\\$&")}\``

const clock = (seconds: number): string =>
  `${String(Math.floor(seconds / 3_600)).padStart(2, "0")}:${String(Math.floor((seconds % 3_600) / 60)).padStart(2, "0")}`

const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

const printTime = (spec: TimeSpec): string => {
  const point = (at: TimePoint | undefined): string =>
    at === undefined ? "*" : /[\s\]}]/.test(at.raw) ? quoteText(at.raw) : at.raw
  switch (spec._tag) {
    case "Last":
      return spec.raw
    case "Between":
      return `${spec.lowInclusive ? "[" : "{"}${point(spec.low)} TO ${point(spec.high)}${spec.highInclusive ? "]" : "}"}`
    case "DayRange":
      return `day_range${spec.startInclusive ? "[" : "("}${clock(spec.start)},${clock(spec.end)}${spec.endInclusive ? "]" : ")"} ${spec.zone}`
    case "WeekRange":
      return `week_range[${days[spec.first - 1]},${days[spec.last - 1]}] ${spec.zone}`
    case "BusinessHours":
      return `business_hours ${spec.zone}`
  }
}
