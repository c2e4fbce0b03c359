// Programs: each of the product's programs as one bundle in the cache, made anew whenever a source it is made of has changed.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { cache, root } from "./paths.mjs"

export const programs = ["tailrace", "collector", "processor", "api", "store-front"]
/** Bundles by the digest of all they are made of. */
export const bundles = join(cache, "programs")
/** The sources that went into the last bundle, as paths of the checkout. */
export const sourcesFile = join(bundles, "sources.json")

export const sourceOf = (program) => `apps/${program}/src/main.ts`
const bundleOf = (program, digest) => join(bundles, digest, "apps", program, "src", "main.mjs")

/**
 * What `npm run` should start for a program: its bundle where one is made of exactly the present sources, after making it where
 * there is none; its source where none can be made. TAILRACE_BUNDLE=0 always chooses the source.
 */
export const programFile = (program, node) => {
  const source = sourceOf(program)
  if (process.env.TAILRACE_BUNDLE === "0") return source
  const present = presentBundle(program)
  if (present !== undefined) return present
  const made = spawnSync(node, [join(root, "scripts/bootstrap/bundle.mjs")], { cwd: root, encoding: "utf8" })
  const bundle = made.status === 0 ? presentBundle(program) : undefined
  if (bundle === undefined) console.error(`bootstrap: running from the sources, no bundle: ${reasonOf(made)}`)
  return bundle ?? source
}

const reasonOf = ({ error, status, stderr }) =>
  error?.message ??
  (status === 0 ? "the sources change" : (/^\w*Error.*$/m.exec(stderr)?.[0] ?? stderr.trim().split("\n")[0]))

const presentBundle = (program) => {
  try {
    const sources = JSON.parse(readFileSync(sourcesFile, "utf8"))
    const bundle = bundleOf(
      program,
      digestOf(sources, (path) => readFileSync(join(root, path)))
    )
    return existsSync(bundle) ? bundle : undefined
  } catch {
    // No bundle yet, or a source of it is gone.
    return undefined
  }
}

/**
 * Digest of a bundle: the contents of its sources, of what decides where an import leads and which packages are there, and of
 * what makes it. Times and sizes of files decide nothing.
 */
export const digestOf = (sources, read) => {
  const hash = createHash("sha256").update(root)
  for (const path of [...sources].sort()) hash.update(`\0${path}\0`).update(read(path))
  for (const path of surroundings()) hash.update(`\0${path}\0`).update(readFileSync(join(root, path)))
  return hash.digest("hex").slice(0, 32)
}

const surroundings = () => [
  "package-lock.json",
  "scripts/bootstrap/bundle.mjs",
  "scripts/bootstrap/programs.mjs",
  ...["apps", "libs"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .sort()
      .map((name) => `${folder}/${name}/package.json`)
      .filter((path) => existsSync(join(root, path)))
  )
]

/** All bundles but the newest ones: a program that still runs may have to load a part of its own. */
export const oldBundles = (kept) =>
  readdirSync(bundles)
    .filter((name) => /^[0-9a-f]{32}$/.test(name))
    .map((name) => ({ path: join(bundles, name), made: statSync(join(bundles, name)).mtimeMs }))
    .sort((a, b) => b.made - a.made)
    .slice(kept)
    .map(({ path }) => path)
