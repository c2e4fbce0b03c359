// Questions: all that the suite asks, in the order of the page.
import { cli } from "./cli.ts"
import { formats } from "./formats.ts"
import { grok } from "./grok.ts"
import { guarantee } from "./guarantee.ts"
import { idle } from "./idle.ts"
import type { Question } from "./instruments/report.ts"
import { latency } from "./latency.ts"
import { liveTail } from "./live-tail.ts"
import { nativeBlock } from "./native-block.ts"
import { parse } from "./parse.ts"
import { placement } from "./placement.ts"
import { query } from "./query.ts"
import { recovery } from "./recovery.ts"
import { regression } from "./regression.ts"
import { soak } from "./soak.ts"
import { throughput } from "./throughput.ts"

export const questions: ReadonlyArray<Question> = [
  throughput,
  latency,
  liveTail,
  formats,
  guarantee,
  placement,
  soak,
  recovery,
  regression,
  parse,
  grok,
  nativeBlock,
  query,
  cli,
  idle
]
