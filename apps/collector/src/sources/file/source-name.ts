// Source name of a file: its name without what rotation and compression add, so that all its generations share one.
import { basename } from "node:path"
import { toSubjectToken } from "@tailrace/domain/subjects"

/** Removes `.gz`, `.1`, `-20260119`, `.2026-01-19` and the like from the end of a file's name. */
export const stemOf = (path: string): string => {
  let name = basename(path)
  for (;;) {
    const shorter = name.replace(
      /(?<=.)(?:\.gz|\.\d{1,4}|[.-]\d{8}(?:-?\d{2,6})?|[.-]\d{4}-\d{2}-\d{2}(?:-\d{2})?|\.old|\.bak)$/,
      ""
    )
    if (shorter === name) return name
    name = shorter
  }
}

/** `access` for `/var/log/nginx/access.log.2.gz`. */
export const sourceNameOf = (path: string): string =>
  toSubjectToken(stemOf(path).replace(/\.(?:log|txt|json|jsonl|ndjson|out|err)$/, ""), "file")
