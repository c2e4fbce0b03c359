// Ingest: one POST with log messages, from its headers to its answer.
import { createHash, type Hash } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { subjectTokenProblem } from "@tailrace/domain/subjects"
import type { Admission } from "../../frames/admission.ts"
import { makeOrigin, type Origin } from "../../frames/origin.ts"
import type { JoinRule } from "../../framing/multiline/join-rule.ts"
import { maxLines } from "../../framing/multiline/multiline-config.ts"
import { recognised } from "../../framing/multiline/recognised.ts"
import { RecordJoiner } from "../../framing/multiline/record-joiner.ts"
import { forEachLine } from "../../framing/multiline/records.ts"
import { type Answer, json, problem, refused } from "../../http/answer.ts"
import type { Body } from "../../http/body-reader.ts"
import type { Permits } from "../../http/permits.ts"
import { readRequest } from "../../http/read-request.ts"
import type { RequestTarget } from "../../http/routes.ts"
import { Scratch } from "../../http/scratch.ts"
import type { SourceContext } from "../../source.ts"
import type { Turns } from "../../turns.ts"
import { type BodyFormat, openBody } from "./body.ts"

const scratch = new Scratch()

export interface IngestLimits extends Admission {
  readonly maxBodyBytes: number
  readonly maxMessageBytes: number
  readonly maxItems: number
  readonly decompressions: Permits
  readonly turns: Turns
}

/** Answers 202 once every accepted message is acknowledged by the broker, and never before. */
export const ingest = async (
  request: IncomingMessage,
  at: RequestTarget,
  context: SourceContext,
  limits: IngestLimits
): Promise<Answer> => {
  const target = targetOf(request, at.pathname, context.tenant)
  if ("answer" in target) return target.answer
  const format = formatOf(request.headers["content-type"])
  if (format === undefined) {
    return problem(415, "content type is not taken, use application/json, application/x-ndjson or text/plain")
  }
  if (!context.intake.hasRoom(limits.whenFull)) return problem(429, `${context.intake.fullness}, try again later`)
  let lent = 0
  const lend = (bytes: number): boolean => {
    if (!context.intake.lend(bytes)) return false
    lent += bytes
    return true
  }
  try {
    const read = await readRequest(request, { ...limits, lend })
    if ("answer" in read) return read.answer
    return await take(request, at, context, target, read.pieces, format, limits)
  } finally {
    context.intake.release(lent)
  }
}

interface Target {
  readonly tenant: string
  readonly source: string
}

const take = async (
  request: IncomingMessage,
  at: RequestTarget,
  context: SourceContext,
  target: Target,
  pieces: ReadonlyArray<Buffer>,
  format: BodyFormat,
  limits: IngestLimits
): Promise<Answer> => {
  const { turns } = limits
  if (isLong(pieces)) await turns.next()
  // As long as no turn is given nothing else runs, and then the frames hold copies. A body of several is kept.
  let bytes = scratch.join(pieces)
  if (bytes.length === 0) return problem(400, "body is empty, send at least one message")
  const hash = idHash(request, target)
  // Before the body is read, which changes it. Bytes of one turn alone may lie where others join theirs.
  for (let done = 0; hash !== undefined && done < bytes.length; done += turnBytes) {
    if (done > 0) await turns.next()
    hash.update(bytes.subarray(done, done + turnBytes))
  }
  const reader = openBody(bytes, format, limits)
  while (!reader.read()) {
    bytes = scratch.keep(bytes)
    reader.moveTo(bytes)
    await turns.next()
  }
  const body = reader.body()
  context.counters.rejected(body.rejected, "invalid")
  if (body.tooMany) {
    context.counters.rejected(body.accepted, "too-many-items")
    return problem(413, `body holds more than ${limits.maxItems} items, nothing of it was taken: send it in parts`)
  }
  const atomic = isSet(at.query.get("atomic"))
  const nothing = body.broken || (body.accepted === 0 && body.rejected > 0) || (atomic && body.rejected > 0)
  if (nothing) return json(400, { error: reasonOf(body, atomic), accepted: 0, ...countsOf(body, true) })
  const rule = isSet(at.query.get("multiline")) && body.codec === "auto" ? recognised : undefined
  const layout = rule === undefined ? "lines" : "prefixed"
  const origin = originOf(target, body, { component: context.name, admission: limits, layout })
  const id = hash && `http-${hash.digest("base64url")}`
  return handIn(origin, id, body, bytes, context, limits, rule)
}

/** Copies what was read into frames, and answers when they are acknowledged. */
const handIn = async (
  origin: Origin,
  id: string | undefined,
  body: Body,
  given: Buffer,
  context: SourceContext,
  { maxMessageBytes, turns }: IngestLimits,
  rule: JoinRule | undefined
): Promise<Answer> => {
  const submission = context.intake.submission(origin, id)
  submission.refuse(body.rejected)
  const { runs } = body
  let bytes = given
  let since = 0
  const joiner =
    rule === undefined
      ? undefined
      : new RecordJoiner({ maxBytes: maxMessageBytes, maxLines, rule }, (record, start, end, cut) => {
          if (cut > 0) context.counters.truncated(1)
          submission.message(record, start, end)
        })
  for (let i = 0; i < runs.length; i += 3) {
    if (joiner === undefined) submission.lines(bytes, runs[i], runs[i + 1], runs[i + 2])
    else {
      forEachLine(bytes, runs[i], runs[i + 1], (start, end) => joiner.line(bytes, start, end))
      joiner.hold()
    }
    since += runs[i + 1] - runs[i] + runCost
    if (since < turnBytes) continue
    since = 0
    bytes = scratch.keep(bytes)
    await turns.next()
  }
  joiner?.flush()
  const refusal = await submission.done()
  if (refusal !== undefined) return refused(refusal)
  context.counters.accepted(submission.messages, submission.bytes)
  const accepted = joiner === undefined ? body.accepted : submission.messages
  return json(202, { accepted, ...countsOf(body, false) })
}

const originOf = (
  { source, tenant }: Target,
  { codec }: Body,
  more: { readonly component: string; readonly admission: Admission; readonly layout: "lines" | "prefixed" }
): Origin => makeOrigin({ tenant, source, codec, attributes: {}, patient: false, ...more })

const countsOf = (body: Body, nothing: boolean) => ({
  rejected: nothing ? body.rejected + body.accepted : body.rejected,
  errors: body.errors
})

const reasonOf = (body: Body, atomic: boolean): string => {
  const first = body.errors[0]
  if (first === undefined) return "nothing could be read"
  const { column, line, offset } = first.position
  const place = `item ${first.index} at line ${line}, column ${column} (byte ${offset}): ${first.message}`
  if (body.broken) return `body is not valid JSON, ${place}`
  return atomic
    ? `${body.rejected} items are wrong and atomic was asked for, first ${place}`
    : `no item is right, first ${place}`
}

const targetOf = (
  request: IncomingMessage,
  pathname: string,
  defaultTenant: string
): Target | { readonly answer: Answer } => {
  // A header without a name is a sender that meant one.
  const tenant = String(request.headers["x-tailrace-tenant"] ?? request.headers.tenant ?? defaultTenant)
  const tenantProblem = subjectTokenProblem(tenant)
  if (tenantProblem !== undefined)
    return { answer: problem(400, `the tenant in header X-Tailrace-Tenant ${tenantProblem}`) }
  const name = pathname.split("/").slice(2).join("/")
  let source = "http"
  try {
    if (name !== "") source = decodeURIComponent(name)
  } catch {
    return {
      answer: problem(400, `source in the path is not valid percent-encoding: ${JSON.stringify(name.slice(0, 80))}`)
    }
  }
  const sourceProblem = subjectTokenProblem(source)
  return sourceProblem === undefined
    ? { tenant, source }
    : { answer: problem(400, `source in the path ${sourceProblem}`) }
}

/** undefined for types that are no logs; unknown when the bytes have to tell (curl's default, none at all). */
const formatOf = (contentType: string | undefined): BodyFormat | undefined => {
  const type = (contentType ?? "").split(";", 1)[0].trim().toLowerCase()
  if (type === "application/json" || type.endsWith("+json")) return "json"
  if (/^application\/(x-)?(ndjson|jsonl|jsonlines|json-lines)$/.test(type)) return "ndjson"
  if (type === "text/plain") return "lines"
  const unknown = ["", "*/*", "application/x-www-form-urlencoded", "application/octet-stream"]
  return unknown.includes(type) || type.startsWith("text/") ? "unknown" : undefined
}

/** Bytes that are copied, or put into a hash, before others get their turn; a run costs as much as so many. */
const turnBytes = 1_048_576
const runCost = 256

const isLong = (pieces: ReadonlyArray<Buffer>): boolean => {
  let length = 0
  for (const piece of pieces) length += piece.length
  return length > turnBytes
}

/** Of a request with a key. The same key with other bytes is another id, so a key used twice by mistake loses nothing. */
const idHash = ({ headers }: IncomingMessage, target: Target): Hash | undefined => {
  const key = headers["idempotency-key"]
  if (typeof key !== "string" || key === "") return undefined
  return createHash("sha256").update(JSON.stringify([target.tenant, target.source, key]))
}

const isSet = (value: string | null): boolean => value !== null && value !== "false" && value !== "0"
