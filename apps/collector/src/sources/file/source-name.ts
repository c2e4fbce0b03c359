// Source name of a file: its name without what rotation and compression add, so that all its generations share one.
import { basename } from "node:path"
import { toSubjectToken } from "@tailrace/domain/subjects"

// Years of this century, months and days, so that numbers of other kinds stay.
const day = "20\\d{2}(?:-(?:0\\d|1[0-2])-[0-3]\\d|(?:0\\d|1[0-2])[0-3]\\d)"
/** A date at the end of a name, in front of `.log`, with the hour or the number of the file within its day. */
const dated = new RegExp(`(?<=.)[._-]${day}(?:[T_-]?\\d{2,6})?(?:\\.\\d{1,4})?$`)
const rotated = /(?<=.)(?:\.gz|\.\d{1,4}|[.-]\d{8}(?:-?\d{2,6})?|[.-]\d{4}-\d{2}-\d{2}(?:-\d{2})?|\.old|\.bak)$/

/** Removes `.gz`, `.1`, `-20260119`, `.2026-01-19` and the like from the end of a file's name. */
export const stemOf = (path: string, ends = rotated): string => {
  let name = basename(path)
  for (;;) {
    const shorter = name.replace(ends, "")
    if (shorter === name) return name
    name = shorter
  }
}

/** `access` for `/var/log/nginx/access.log.2.gz`, and `app` for `app-2026-11-30.log`. */
export const sourceNameOf = (path: string): string =>
  toSubjectToken(stemOf(stemOf(path).replace(/\.(?:log|txt|json|jsonl|ndjson|out|err)$/, ""), dated), "file")
