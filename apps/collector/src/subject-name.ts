// SubjectName: a tenant or source name in configuration; as a pattern, so that editors and the reference know it too.
import { Schema } from "effect"

export const SubjectName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_-]{1,64}$/, { expected: '1 to 64 letters, digits, "_" or "-"' })
)
