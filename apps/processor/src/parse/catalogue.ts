// Catalogue of codecs.
import { application } from "./codecs/application.ts"
import { auto } from "./codecs/auto.ts"
import { clf } from "./codecs/clf.ts"
import { json } from "./codecs/json.ts"
import { logfmt } from "./codecs/logfmt.ts"
import { raw } from "./codecs/raw.ts"
import { syslog } from "./codecs/syslog.ts"

/** Every codec, in the order of the reference. */
export const codecs = [auto, json, logfmt, clf, syslog, application, raw] as const

/** Names of all codecs. */
export const codecNames: ReadonlyArray<string> = codecs.map((codec) => codec.name)
