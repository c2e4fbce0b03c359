// Debian's archive as the machine's own apt sources name it: its URI and keyring.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** URI and keyring of the first Debian archive with component main among the machine's sources; undefined when there is none. */
export const debianArchive = (folder = "/etc/apt") => {
  const files = [join(folder, "sources.list")]
  const parts = join(folder, "sources.list.d")
  if (existsSync(parts)) for (const name of readdirSync(parts).sort()) files.push(join(parts, name))
  const entries = files
    .filter((file) => existsSync(file))
    .flatMap((file) => {
      const text = readFileSync(file, "utf8")
      return file.endsWith(".sources") ? stanzas(text) : oneLiners(text)
    })
  const usable = entries.filter(
    (entry) => entry.components.includes("main") && /\/debian\/?$/.test(entry.uri) && !/security/.test(entry.suite)
  )
  return usable[0]
}

/** Entries of deb822 style: paragraphs of `Key: value`. */
const stanzas = (text) =>
  text.split(/\n\s*\n/).flatMap((paragraph) => {
    const fields = new Map()
    for (const line of paragraph.split("\n")) {
      const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line)
      if (match) fields.set(match[1].toLowerCase(), match[2].trim())
    }
    if (!(fields.get("types") ?? "").split(/\s+/).includes("deb") || fields.get("enabled") === "no") return []
    const suite = (fields.get("suites") ?? "").split(/\s+/)[0]
    return (fields.get("uris") ?? "")
      .split(/\s+/)
      .filter(Boolean)
      .map((uri) => ({
        uri,
        suite,
        components: (fields.get("components") ?? "").split(/\s+/),
        signedBy: fields.get("signed-by")?.startsWith("/") ? fields.get("signed-by") : undefined
      }))
  })

/** Entries of one-line style: `deb [options] uri suite component ...`. */
const oneLiners = (text) =>
  text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line)
    if (!match) return []
    const signedBy = /signed-by=(\S+)/.exec(match[1] ?? "")?.[1]
    return [{ uri: match[2], suite: match[3], components: match[4].trim().split(/\s+/), signedBy }]
  })
