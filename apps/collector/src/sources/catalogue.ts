// Catalogue of the sources. A publish to `logs.in.<tenant>.<source>` on the bus needs no collector: the raw stream takes
// single messages and lines from anybody, so that way in has no component here.
import { file } from "./file.ts"
import { http } from "./http.ts"
import { stdin } from "./stdin.ts"
import { syslog } from "./syslog.ts"

export const sourceCatalogue = [file, http, stdin, syslog] as const
