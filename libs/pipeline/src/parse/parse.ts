// The parse stage: the messages of a frame become rows of a batch.
import { endOfMessages, type FrameHeader, type FrameLayout, forEachMessage } from "@tailrace/domain/frame"
import { countDropped } from "@tailrace/domain/frame-account"
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { RawFrame } from "@tailrace/domain/raw-frame"
import type { Codec, CodecContext } from "./codec.ts"
import { bindAlb } from "./codecs/alb.ts"
import { bindApplication } from "./codecs/application.ts"
import { bindAuto } from "./codecs/auto.ts"
import { bindCef } from "./codecs/cef.ts"
import { bindClf } from "./codecs/clf.ts"
import { bindCri } from "./codecs/cri.ts"
import { bindCsv } from "./codecs/csv.ts"
import { bindGrok } from "./codecs/grok.ts"
import { bindHaproxy } from "./codecs/haproxy.ts"
import { bindIis } from "./codecs/iis.ts"
import { bindJson } from "./codecs/json.ts"
import { bindKv } from "./codecs/kv.ts"
import { bindLogfmt } from "./codecs/logfmt.ts"
import { bindNginx } from "./codecs/nginx.ts"
import { bindPostgresCsv } from "./codecs/postgres-csv.ts"
import { bindRaw } from "./codecs/raw.ts"
import { bindRedis } from "./codecs/redis.ts"
import { bindRegex } from "./codecs/regex.ts"
import { bindSyslog } from "./codecs/syslog.ts"
import { bindText } from "./codecs/text.ts"
import { bindXml } from "./codecs/xml.ts"
import { bindZabbix } from "./codecs/zabbix.ts"
import { Colours } from "./colours.ts"
import { FrameAttributes } from "./frame-attributes.ts"
import { Instant } from "./instant.ts"
import { skipSpace, valueEnd } from "./json-value.ts"
import { KeyTable } from "./key-table.ts"
import type { ParseConfig } from "./parse-config.ts"
import { RecordDraft } from "./record-draft.ts"
import { RecordWriter } from "./record-writer.ts"
import { makeTimeContext, type TimeContext } from "./timestamps.ts"
import { makeZone } from "./zone.ts"

/** Bytes read in one go: tens of milliseconds where every message is of one byte, one or two where they are lines of a log. */
const sliceBytes = 65_536
const escapeByte = 27

/** A raw frame with the names that its subject gives it. */
export interface NamedFrame extends Omit<RawFrame, "subject"> {
  readonly tenant: string
  readonly source: string
}

/**
 * Reads frames into batches, one stage per pipeline. Every message of a frame becomes exactly one row, in order; empty
 * lines are no messages. What no codec understands is kept whole in the body with `parsed` 0. Bytes that are no UTF-8
 * are stored as they came and shown as U+FFFD. Synchronous, never throws over any bytes, and no message changes how another
 * is read: reading a frame again gives the same rows.
 */
export class ParseStage {
  private readonly draft: RecordDraft
  private readonly writer: RecordWriter
  private readonly frame: FrameAttributes
  private readonly time: TimeContext
  private readonly codecs: ReadonlyMap<string, Codec>
  private readonly usual: Codec
  private readonly bySource = new Map<string, Codec>()
  private codec: Codec
  private batch: LogBatch | undefined
  private payload: Uint8Array = new Uint8Array(0)
  private readonly colours: Colours
  /** Whether an escape stands anywhere in the frame. */
  private hasColours = false
  private isRaw = false

  constructor(config: ParseConfig) {
    const keys = new KeyTable()
    const instant = new Instant()
    this.time = makeTimeContext(makeZone(config.zone))
    const context: CodecContext = { keys, time: this.time, instant }
    const auto = bindAuto(config.json.depth)(context)
    const bound = [
      auto,
      bindJson(config.json.depth)(context),
      bindLogfmt(config.logfmt.minimumPairs)(context),
      bindClf(context),
      bindSyslog(context),
      bindApplication(context),
      bindCri(bindText)(context),
      bindCef(context),
      bindNginx(context),
      bindHaproxy(context),
      bindIis(context),
      bindAlb(context),
      bindPostgresCsv(context),
      bindRedis(context),
      bindZabbix(context),
      bindGrok(config.grok)(context),
      bindRegex(config.regex)(context),
      bindKv(config.kv)(context),
      bindCsv(config.csv)(context),
      bindXml(config.xml)(context),
      bindRaw(context)
    ]
    this.codecs = new Map(bound.map((codec) => [codec.name, codec]))
    this.usual = this.codecs.get(config.codec) ?? auto
    this.codec = this.usual
    for (const [source, name] of Object.entries(config.sources))
      this.bySource.set(source, this.codecs.get(name) ?? auto)
    this.draft = new RecordDraft(keys, config.maximumAttributes)
    const guard = {
      maximumFutureMillis: config.maximumFuture,
      oldestMillis: Date.parse(config.oldest),
      maximumBodyBytes: config.maximumBodyBytes
    }
    this.writer = new RecordWriter(this.draft, guard, this.time, instant)
    this.frame = new FrameAttributes(keys)
    this.colours = new Colours(keys)
  }

  /** Appends one row per message of `frame` to `batch` as its next frame; answers the number of rows. */
  parseFrame(frame: NamedFrame, batch: LogBatch): number {
    const before = batch.length
    const more = this.beginFrame(frame, batch)
    while (more?.() === true);
    return batch.length - before
  }

  /**
   * The same in slices of bounded work: answers how to read the next one, which answers whether there are more; undefined
   * when all of it is read. Nothing else may be read or done to the batch before the last slice.
   */
  beginFrame(frame: NamedFrame, batch: LogBatch): (() => boolean) | undefined {
    const receivedMillis = frame.header.receivedMillis ?? frame.storedMillis
    const { sequence, source, tenant } = frame
    const account = batch.beginFrame({ sequence, tenant, source, receivedMillis })
    // One kind of view for all frames keeps the scanners' array accesses monomorphic.
    const payload = new Uint8Array(frame.payload.buffer, frame.payload.byteOffset, frame.payload.byteLength)
    this.batch = batch
    this.time.nearMillis = receivedMillis
    this.codec = this.codecOf(frame.header.codec, source)
    this.isRaw = this.codec.name === "raw"
    // The search of Buffer is many times as fast as that of Uint8Array.
    const text = Buffer.from(frame.payload.buffer, frame.payload.byteOffset, frame.payload.byteLength)
    this.hasColours = !this.isRaw && text.indexOf(escapeByte) >= 0
    this.writer.beginFrame()
    this.frame.begin(frame.header, batch)
    const layout = layoutOf(frame.header, payload)
    let start = 0
    const slice = (): boolean => {
      const end = endOfMessages(payload, layout, start, sliceBytes)
      this.payload = start === 0 && end === payload.length ? payload : payload.subarray(start, end)
      start = end
      if (layout === "lines") this.visitLines(this.payload)
      else forEachMessage(this.payload, layout, this.visit)
      if (end < payload.length) return true
      // Behind the rows, whose places in the frame are numbered by what it has received.
      if (frame.header.dropped !== undefined) countDropped(account, frame.header.dropped)
      return false
    }
    return slice() ? slice : undefined
  }

  // `auto` in a header means that the source does not know; a name nobody knows counts as absent.
  private codecOf(name: string, source: string): Codec {
    const usual = this.bySource.get(source) ?? this.usual
    return name === "auto" ? usual : (this.codecs.get(name) ?? usual)
  }

  // As `forEachMessage` does, but with the line search of Buffer, which is four times as fast.
  private visitLines(payload: Uint8Array): void {
    const lines = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    const length = lines.length
    for (let start = 0; start < length; ) {
      let newline = lines.indexOf(10, start)
      if (newline < 0) newline = length
      const end = newline > start && lines[newline - 1] === 13 ? newline - 1 : newline
      if (end > start) this.visit(start, end)
      start = newline + 1
    }
  }

  private readonly visit = (start: number, end: number): void => {
    const { payload } = this
    if (this.hasColours || payload[end - 1] === 0 || payload[start] === 0) this.visitOdd(start, end)
    else this.read(payload, start, end)
  }

  /** Reads a message with NULs around it, or one of a frame that has colours. */
  private visitOdd(start: number, end: number): void {
    const { colours, draft, payload } = this
    let from = start
    let to = end
    // NUL ends a message (Python's SysLogHandler), and a hole in a file that was cut is NULs before one.
    while (to > from && payload[to - 1] === 0) to--
    while (from < to && payload[from] === 0) from++
    if (from === to || this.isRaw) {
      from = start
      to = end
    }
    if (this.hasColours && colours.clean(payload, from, to)) {
      draft.begin()
      if (this.codec.decode(colours.bytes, 0, colours.length, draft)) {
        colours.keep(draft, payload, from, to)
        this.writer.write(this.batch as LogBatch, colours.bytes, 0, colours.length, true, this.frame)
        return
      }
    }
    this.read(payload, from, to)
  }

  private read(bytes: Uint8Array, start: number, end: number): void {
    const { draft } = this
    draft.begin()
    const parsed = this.codec.decode(bytes, start, end, draft)
    // A failed attempt may have filled half a draft; without any the body is the whole message.
    if (!parsed) draft.begin()
    this.writer.write(this.batch as LogBatch, bytes, start, end, parsed && !this.isRaw, this.frame)
  }
}

/**
 * A message that anybody published without headers is NDJSON or lines, unless it is one JSON object printed over
 * several lines.
 */
export const layoutOf = (header: FrameHeader, payload: Uint8Array): FrameLayout => {
  if (header.receivedMillis !== undefined || header.layout !== "lines") return header.layout
  const start = skipSpace(payload, 0, payload.length)
  if (payload[start] !== 123) return "lines"
  const newline = payload.indexOf(10, start)
  const behind = newline < 0 ? -1 : valueEnd(payload, start, payload.length)
  return behind > newline && skipSpace(payload, behind, payload.length) === payload.length ? "single" : "lines"
}
