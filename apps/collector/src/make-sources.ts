// MakeSources: the sources that a configuration names, or everything that is wrong with its list.
import { type Made, makeEntry } from "@tailrace/config/make-entry"
import type { ConfigProblem } from "@tailrace/config/yaml-file"
import { Effect, Schema } from "effect"
import { clashOf } from "./clash.ts"
import { type CollectorConfig, HttpSection, SyslogSection } from "./config.ts"
import type { Source } from "./source.ts"
import { sourceCatalogue } from "./sources/catalogue.ts"
import { fileSource } from "./sources/file.ts"
import { http } from "./sources/http.ts"
import { StdinConfig, stdin } from "./sources/stdin.ts"
import { syslog } from "./sources/syslog.ts"

/** What `sources` lists; without it, what the sections `http`, `syslog`, `files` and `stdin` say. */
export const makeSources = (config: CollectorConfig): Effect.Effect<Made<ReadonlyArray<Source>>> => {
  if (config.sources === undefined) return Effect.map(sectionSources(config), (value) => ({ value }))
  const beside = besideList(config)
  return beside.length > 0 ? Effect.succeed({ problems: beside }) : listedSources(config.sources)
}

const sectionSources = (config: CollectorConfig): Effect.Effect<ReadonlyArray<Source>> => {
  const { files = [], http: web = Schema.decodeSync(HttpSection)({}), stdin: read = false } = config
  const { syslog: log = Schema.decodeSync(SyslogSection)({}) } = config
  const sources: Array<Effect.Effect<Source>> = []
  if (web.enabled) sources.push(http.make(web))
  if (log.enabled) sources.push(syslog.make(log))
  if (files.length > 0) sources.push(Effect.succeed(fileSource(files)))
  if (read !== false) sources.push(stdin.make(read === true ? Schema.decodeSync(StdinConfig)({}) : read))
  return Effect.all(sources)
}

/** Sections that say again, or otherwise, what belongs into the list. */
const besideList = ({ files, http: web, stdin: read, syslog: log }: CollectorConfig): Array<ConfigProblem> => {
  const moves: ReadonlyArray<readonly [string, unknown, string]> = [
    ["http", web, "- { type: http, ... }, or leave it out for none"],
    ["syslog", log, "- { type: syslog, ... }, or leave it out for none"],
    ["files", files, "- { type: file, path: ... }, an entry for each"],
    ["stdin", read === false ? undefined : read, "- { type: stdin }"]
  ]
  return moves
    .filter(([, given]) => given !== undefined)
    .map(([key, , how]) => ({ path: [key], message: `stands beside sources, move it into that list: ${how}` }))
}

const listedSources = Effect.fnUntraced(function* (entries: ReadonlyArray<Readonly<Record<string, unknown>>>) {
  const problems: Array<ConfigProblem> = []
  const places: Array<{ readonly source: Source; readonly at: string }> = []
  for (const [i, entry] of entries.entries()) {
    const made = yield* makeEntry<Source>(sourceCatalogue, entry, ["sources", i])
    if ("problems" in made) {
      problems.push(...made.problems)
      continue
    }
    const source = made.value.made
    const same = places.findIndex((other) => other.source.name === source.name)
    const before = places[same]
    const joined = before === undefined ? undefined : joinedWith(before.source, source)
    if (before !== undefined && joined !== undefined) {
      places[same] = { ...before, source: joined }
      continue
    }
    if (before !== undefined) {
      const message = `${before.at} is named ${JSON.stringify(source.name)} too, give one of them another name`
      problems.push({ path: ["sources", i, "name"], message })
    }
    for (const other of places) {
      const clash = clashOf(other.source, source)
      if (clash !== undefined)
        problems.push({ path: ["sources", i, clash.key], message: `${clash.message} of ${other.at}` })
    }
    places.push({ source, at: `sources.${i}` })
  }
  const made: Made<ReadonlyArray<Source>> =
    problems.length > 0 ? { problems } : { value: places.map(({ source }) => source) }
  return made
})

const joinedWith = (before: Source, source: Source): Source | undefined =>
  "open" in before && "open" in source ? before.joined?.(source) : undefined
