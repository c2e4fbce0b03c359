// Redactor: takes secrets and personal values out of text, as bytes, and counts by rule what it took.
import { createHmac, randomBytes } from "node:crypto"
import { Redacted } from "effect"
import { ruleCatalogue } from "./catalogue.ts"
import { NeedleScanner } from "./needle-scanner.ts"
import type { RedactConfig } from "./redact-config.ts"
import type { NeedleRule, Rule, ScanRule, Span } from "./rule.ts"
import { isHarmless, ruleOfName } from "./rules/named-values.ts"

interface Taken extends Span {
  readonly rule: string
}

export class Redactor {
  /** Values taken out, by rule. */
  readonly counts = new Map<string, number>()
  private readonly scanner: NeedleScanner
  /** Of each needle. */
  private readonly needleRules: ReadonlyArray<{ readonly rule: NeedleRule; readonly length: number }>
  private readonly scanRules: ReadonlyArray<ScanRule>
  private readonly names: ReadonlySet<string>
  private readonly onTaken: (rule: string) => void
  private readonly action: RedactConfig["action"]
  private readonly key: string | Uint8Array

  /** `onTaken` is told the rule of each value that is taken out. */
  constructor({ action, except, key, rules }: RedactConfig, onTaken: (rule: string) => void = () => undefined) {
    this.onTaken = onTaken
    const chosen = ruleCatalogue.filter(({ group, name }) => {
      const names = [group, name] as ReadonlyArray<string>
      return names.some((one) => rules.includes(one)) && !names.some((one) => except.includes(one))
    })
    const needles = chosen.filter(isNeedleRule).flatMap((rule) => rule.needles.map((needle) => ({ rule, needle })))
    this.scanner = new NeedleScanner(needles.map(({ needle }) => needle))
    this.needleRules = needles.map(({ needle, rule }) => ({ rule, length: needle.length }))
    this.scanRules = chosen.filter((rule): rule is ScanRule => !isNeedleRule(rule))
    this.names = new Set(chosen.map(({ name }) => name))
    this.action = action
    this.key = key === undefined ? randomBytes(32) : Redacted.value(key)
  }

  /**
   * The bytes `[start, end)` with every value taken out; undefined when there was none. Bytes that are no UTF-8 stay as they
   * are. Line breaks stay where they are, also within what is taken out.
   */
  redact(bytes: Uint8Array, start = 0, end = bytes.length): Buffer | undefined {
    if (!this.mayHold(bytes, start, end)) return undefined
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1")
    const taken = this.find(text, bytes, start, end)
    if (taken.length === 0) return undefined
    let clean = ""
    let at = 0
    for (const one of taken) {
      clean += text.slice(at, one.start) + this.placeOf(text.slice(one.start, one.end), one)
      at = one.end
      this.count(one.rule)
    }
    return Buffer.from(clean + text.slice(at), "latin1")
  }

  /** The same of a text. */
  redactText(text: string): string {
    return this.redact(Buffer.from(text))?.toString() ?? text
  }

  /** Whether `redact` may find anything; never false where it does. */
  mayHold(bytes: Uint8Array, start: number, end: number): boolean {
    return this.scanner.isIn(bytes, start, end) || this.scanRules.some((rule) => rule.mayHold(bytes, start, end))
  }

  /** The rule by which all of a field's value is to go, because of the field's name; undefined where the name tells nothing. */
  ruleOfName(field: string): string | undefined {
    const rule = ruleOfName(field)
    return rule !== undefined && this.names.has(rule) ? rule : undefined
  }

  /** What takes the place of a whole value that goes by a rule; undefined for one that tells nothing. */
  replaceWhole(bytes: Uint8Array, start: number, end: number, rule: string): Buffer | undefined {
    const value = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1")
    if (isHarmless(value)) return undefined
    this.count(rule)
    return Buffer.from(this.placeOf(value, { start: 0, end: value.length, rule }), "latin1")
  }

  /** All that is to be taken out of a text, in order, no two of it over each other. */
  private find(text: string, bytes: Uint8Array, start: number, end: number): ReadonlyArray<Taken> {
    const found: Array<Taken> = []
    // A needle may lie behind one that is found after it: windows are met in order, needles are not.
    for (const { at, needle } of this.scanner.all(bytes, start, end)) {
      const { length, rule } = this.needleRules[needle] as (typeof this.needleRules)[number]
      const span = rule.find(text, at - start, length)
      if (span !== undefined && span.end > span.start) found.push({ ...span, rule: rule.name })
    }
    for (const rule of this.scanRules) for (const span of rule.findAll(text)) found.push({ ...span, rule: rule.name })
    if (found.length < 2) return found
    found.sort((a, b) => a.start - b.start || b.end - a.end)
    const apart: Array<Taken> = []
    for (const one of found) {
      const last = apart.at(-1)
      if (last === undefined || one.start >= last.end) apart.push(one)
      else if (one.end > last.end) apart[apart.length - 1] = { ...last, end: one.end }
    }
    return apart
  }

  private count(rule: string): void {
    this.counts.set(rule, (this.counts.get(rule) ?? 0) + 1)
    this.onTaken(rule)
  }

  private placeOf(value: string, { quote, rule }: Taken): string {
    const place = this.wordFor(value, rule)
    const mark = quote === undefined ? "" : `${"\\".repeat(quote)}"`
    const lines = value.split("\n").length - 1
    return `${mark}${place}${mark}${"\n".repeat(lines)}`
  }

  private wordFor(value: string, rule: string): string {
    switch (this.action) {
      case "replace":
        return `[redacted:${rule}]`
      case "mask":
        return "********"
      case "last4":
        // Of what is short the last four would be half of it.
        return `********${value.length >= 12 ? value.slice(-4).replace(/[^A-Za-z0-9]/g, "*") : ""}`
      case "hash":
        return `[${rule}:${createHmac("sha256", this.key).update(value, "latin1").digest("hex").slice(0, 16)}]`
      case "remove":
        return ""
    }
  }
}

const isNeedleRule = (rule: Rule): rule is NeedleRule => "needles" in rule
