// The suites of the score, in the order of the page.
import type { Suite } from "./suite.ts"
import { cases } from "./suites/cases.ts"
import { crowdsec } from "./suites/crowdsec.ts"
import { framing } from "./suites/framing.ts"
import { grok } from "./suites/grok.ts"
import { json } from "./suites/json.ts"
import { keptWhole } from "./suites/kept-whole.ts"
import { lnav } from "./suites/lnav.ts"
import { logfmt } from "./suites/logfmt.ts"
import { loghub } from "./suites/loghub.ts"
import { multiline } from "./suites/multiline.ts"
import { redaction } from "./suites/redaction.ts"
import { syslog } from "./suites/syslog.ts"
import { vrl } from "./suites/vrl.ts"

export const suites: ReadonlyArray<Suite> = [
  cases,
  syslog,
  framing,
  loghub,
  lnav,
  logfmt,
  json,
  grok,
  vrl,
  crowdsec,
  multiline,
  keptWhole,
  redaction
]
