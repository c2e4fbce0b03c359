// Addresses: numbers of machines on a network, of both versions of IP.
import { isIPv6 } from "node:net"
import type { ScanRule, Span } from "../rule.ts"

const dot = 46
const colon = 58

const digitBefore = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57

const ipv4: ScanRule = {
  name: "ipv4",
  group: "addresses",
  summary: "An IPv4 address.",
  mayHold: (bytes, start, end) => {
    let dots = 0
    let last = start
    for (let at = bytes.indexOf(dot, start); at >= 0 && at < end; at = bytes.indexOf(dot, at + 1)) {
      dots = digitBefore(bytes[at - 1]) && at - last <= 4 ? dots + 1 : digitBefore(bytes[at - 1]) ? 1 : 0
      last = at
      if (dots === 3) return true
    }
    return false
  },
  findAll: (text) =>
    Array.from(
      text.matchAll(/(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w]|\.\d)/g),
      (match): Span => ({ start: match.index, end: match.index + match[0].length })
    )
}

const ipv6: ScanRule = {
  name: "ipv6",
  group: "addresses",
  summary: "An IPv6 address.",
  mayHold: (bytes, start, end) => {
    let colons = 0
    for (let at = bytes.indexOf(colon, start); at >= 0 && at < end; at = bytes.indexOf(colon, at + 1)) {
      if (bytes[at + 1] === colon || ++colons === 6) return true
    }
    return false
  },
  findAll: (text) =>
    Array.from(
      text.matchAll(/(?<![\w:.])(?=[\dA-Fa-f:]{0,39}:)[\dA-Fa-f:.]{2,45}(?:%\w{1,16})?(?![\w:])/g),
      (match) => {
        const address = match[0].replace(/[.:]$/, (end) => (match[0].endsWith("::") ? end : ""))
        return { address, start: match.index }
      }
    )
      .filter(({ address }) => address !== "::" && isIPv6(address))
      .map(({ address, start }): Span => ({ start, end: start + address.length }))
}

export const addressRules: ReadonlyArray<ScanRule> = [ipv4, ipv6]
