// LinkNotes: says once of each link that it is not followed, and how the file behind it would be read.
import type { FileConfig } from "./file-config.ts"
import type { Skipped } from "./links.ts"
import { skippedFolders } from "./matching-files.ts"

/** Links told of; whoever may make links could otherwise fill the log. */
const mostLinks = 100
/** How often links to folders are looked for. */
const everyMillis = 60_000

export class LinkNotes {
  readonly #warn: (message: string) => void
  readonly #told = new Set<string>()
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(warn: (message: string) => void) {
    this.#warn = warn
  }

  readonly skipped = ({ link, why }: Skipped): void => {
    if (this.#told.has(link) || this.#told.size > mostLinks) return
    this.#told.add(link)
    if (this.#told.size > mostLinks) this.#warn("more links are not followed; no more of them are named")
    else this.#warn(`the link ${link} is not followed: ${why}`)
  }

  /** Looks for links to folders that the patterns do not go into. */
  async look(entries: ReadonlyArray<FileConfig>, now: number): Promise<void> {
    if (now - this.#lookedAt < everyMillis) return
    this.#lookedAt = now
    for (const { path } of entries) for await (const one of skippedFolders(path)) this.skipped(one)
  }
}
