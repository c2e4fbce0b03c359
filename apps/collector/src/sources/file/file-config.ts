// FileConfig: what is told the file source about the files of one path or pattern.
import { field, optional, required } from "@tailrace/domain/field"
import { Schema } from "effect"
import { admissionFields } from "../../frames/admission.ts"
import { multilineField } from "../../framing/multiline/multiline-config.ts"
import { entryFields } from "../../source.ts"
import { SubjectName } from "../../subject-name.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
/** The keys of the files of one path, beside those that every entry may have. */
export const fileFields = {
  path: required(Schema.NonEmptyString, "Path of the files; `*`, `**`, `?`, `[a-z]` and `{a,b}` match several."),
  source: optional(SubjectName, "Source name of the records; without it the file's name without `.log`, `.1`, `.gz`."),
  tenant: optional(SubjectName, "Tenant of the records; without it the collector's."),
  codec: field(Schema.NonEmptyString, "auto", "Codec of the records."),
  start: field(
    Schema.Literals(["beginning", "end"]),
    "beginning",
    "Where reading begins in files that are there when the path is read for the first time; later ones are read whole."
  ),
  multiline: multilineField,
  maxMessageBytes: field(
    between(1_024, 4_194_304),
    1_048_576,
    "Bytes of a record; longer ones are cut, and `log.truncated_bytes` says by how much."
  ),
  maxUnpackedBytes: field(
    between(1_048_576, 1_099_511_627_776),
    4_294_967_296,
    "Bytes a gzip file may unpack to; a larger one is left out with a warning."
  ),
  pollMillis: field(
    between(20, 600_000),
    1_000,
    "Milliseconds between looks at the path; the operating system's notifications come sooner."
  ),
  partialMillis: field(
    between(0, 86_400_000),
    5_000,
    "Milliseconds without growth after which a last line without line end, or a joined record, is complete."
  ),
  rotatedMillis: field(
    between(0, 86_400_000),
    5_000,
    "Milliseconds without growth after which a file that was renamed or deleted is closed."
  ),
  ...admissionFields
}

export const FileConfig = Schema.Struct({ ...entryFields("file"), ...fileFields })
export type FileConfig = typeof FileConfig.Type
