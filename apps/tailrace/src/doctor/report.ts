// Report: what the doctor found, for a person's eyes.
import { type Durability, durabilities, durabilityLevels } from "@tailrace/streams/durability"
import { escapeForTerminal } from "../terminal/escape.ts"
import type { Style, StyleName } from "../terminal/style.ts"
import type { Finding, Status } from "./finding.ts"

const colours: Readonly<Record<Status, StyleName>> = { ok: "green", warn: "yellow", fail: "red" }

/** Lines of the report: findings by area, what the durability dial means, and a count at the end. */
export const reportLines = (
  findings: ReadonlyArray<Finding>,
  level: Durability | undefined,
  style: Style
): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const area of new Set(findings.map((one) => one.area))) {
    lines.push(style("bold", area))
    for (const one of findings.filter((finding) => finding.area === area)) lines.push(...linesOf(one, style))
    lines.push("")
  }
  lines.push(style("bold", "durability"))
  for (const name of durabilities) {
    const { loses, meaning, price } = durabilityLevels[name]
    lines.push(`  ${name === level ? style("green", `${name} (now)`) : name}: ${meaning}`)
    lines.push(`        ${loses}`, `        price: ${price}`)
  }
  return [...lines, "", summaryOf(findings, style)]
}

const linesOf = (finding: Finding, style: Style): ReadonlyArray<string> => [
  `  ${style(colours[finding.status], finding.status.padEnd(4))}  ${finding.name}: ${escapeForTerminal(finding.seen)}`,
  ...(finding.meaning === "" ? [] : [`        ${finding.meaning}`]),
  ...(finding.advice === "" ? [] : [`        ${style("bold", "to do:")} ${finding.advice}`])
]

const summaryOf = (findings: ReadonlyArray<Finding>, style: Style): string => {
  const count = (status: Status): number => findings.filter((one) => one.status === status).length
  const [failures, warnings] = [count("fail"), count("warn")]
  const words = `${count("ok")} ok, ${warnings} to look at, ${failures} wrong`
  return style(failures > 0 ? "red" : warnings > 0 ? "yellow" : "green", words)
}
