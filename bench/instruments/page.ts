// Page: the written answers of the suite, of which some can be written anew.

/** The page with these sections, each from its `## ` line on, in the place of those of the same title, or at its end. */
export const withSections = (page: string, sections: ReadonlyArray<string>): string => {
  const parts = page.split(/^(?=## )/m)
  for (const section of sections) {
    const title = titleOf(section)
    const at = parts.findIndex((part) => titleOf(part) === title)
    if (at < 0) parts.push(section)
    else parts[at] = section
  }
  return `${parts.map((part) => part.trimEnd()).join("\n\n")}\n`
}

const titleOf = (section: string): string => section.split("\n", 1)[0] as string
