// Paths of the checkout that the bootstrap works in.
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export const cache = join(root, ".cache")
