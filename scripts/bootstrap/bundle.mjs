// Bundle: makes one bundle of all programs, so that a start reads a few files instead of a thousand and strips no types.
// Run by the pinned Node: its bundler is a development dependency that nothing else needs.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { pathToFileURL } from "node:url"
import { rolldown } from "rolldown"
import { root } from "./paths.mjs"
import { bundles, digestOf, oldBundles, programs, sourceOf, sourcesFile } from "./programs.mjs"

const keptBundles = 5

/** Contents of the product's own sources as the bundler got them: what is bundled is what the digest is made of. */
const contents = new Map()

/**
 * Hands the product's sources to the bundler, and to the code in them the place of its source: it looks from there for the
 * files it ships with.
 */
const ownSources = {
  name: "own-sources",
  load: {
    filter: { id: /\.(ts|json)$/ },
    handler: (id) => {
      if (!id.startsWith(root + sep) || id.includes(`${sep}node_modules${sep}`)) return undefined
      const bytes = readFileSync(id)
      contents.set(relative(root, id).split(sep).join("/"), bytes)
      const code = bytes
        .toString()
        .replaceAll("import.meta.dirname", JSON.stringify(dirname(id)))
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href))
      return { code, moduleType: id.endsWith(".json") ? "json" : "ts" }
    }
  }
}

const bundle = async () => {
  const input = Object.fromEntries(
    programs.map((program) => [`apps/${program}/src/main`, join(root, sourceOf(program))])
  )
  const made = await rolldown({
    input,
    cwd: root,
    platform: "node",
    // Native code, found from its package's folder.
    external: ["chdb"],
    // Packages that only CommonJS modules reach and those that modules reach are one: graphql knows its classes by identity.
    resolve: { alias: { graphql: join(root, "node_modules/graphql/index.mjs") } },
    logLevel: "warn",
    plugins: [ownSources]
  })
  const work = join(bundles, `making-${process.pid}`)
  rmSync(work, { recursive: true, force: true })
  try {
    await made.write({
      dir: work,
      format: "esm",
      entryFileNames: "[name].mjs",
      chunkFileNames: "parts/[name]-[hash].mjs"
    })
    const digest = digestOf(contents.keys(), (path) => contents.get(path))
    writeFileSync(join(work, "bundle.json"), `${JSON.stringify({ digest })}\n`)
    const target = join(bundles, digest)
    // What lies there is whole, since it came by a rename, and may be in use.
    if (!existsSync(target)) renameSync(work, target)
    const list = join(bundles, `sources-${process.pid}.json`)
    writeFileSync(list, JSON.stringify([...contents.keys()].sort()))
    renameSync(list, sourcesFile)
    for (const old of oldBundles(keptBundles)) rmSync(old, { recursive: true, force: true })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

mkdirSync(bundles, { recursive: true, mode: 0o700 })
await bundle()
