// FileProblem: why a file cannot be read, in words without the system's decoration.

/** `ENOENT: no such file or directory, open 'x'` becomes "no such file or directory". */
export const fileProblem = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).replace(/^E[A-Z0-9]+: /, "").replace(/, \w+( '.*')?$/s, "")
