// Monitoring definitions: what Nagios writes, and the tables of Bro and Zeek, for grok's names.
import type { DefinitionTexts } from "../definition-texts.ts"

/** Fields of Nagios' lines: the kind of their text, their older name, and that of ECS. */
const fields: Readonly<Record<string, string>> = {
  host: "DATA:nagios_hostname|[host][hostname]",
  lastHost: "GREEDYDATA:nagios_hostname|[host][hostname]",
  service: "DATA:nagios_service|[service][name]",
  lastService: "GREEDYDATA:nagios_service|[service][name]",
  state: "DATA:nagios_state|[service][state]",
  stateType: "DATA:nagios_statetype|[nagios][log][state_type]",
  stateLevel: "DATA:nagios_statelevel|[nagios][log][state_type]",
  code: "DATA:nagios_statecode|INT:[nagios][log][attempt]:int",
  attempt: "NUMBER:nagios_attempt|INT:[nagios][log][attempt]:int",
  notified: "DATA:nagios_notifyname|[user][name]",
  contact: "DATA:nagios_contact|[nagios][log][notification_command]",
  message: "GREEDYDATA:nagios_message|message",
  comment: "GREEDYDATA:nagios_comment|[nagios][log][comment]",
  handler: "DATA:nagios_event_handler_name|[nagios][log][event_handler_name]",
  from: "NUMBER:nagios_unknown1|[nagios][log][period_from]:int",
  to: "NUMBER:nagios_unknown2|[nagios][log][period_to]:int",
  result: "GREEDYDATA:nagios_check_result|[nagios][log][check_result]",
  start: "NUMBER:nagios_start_time|[nagios][log][start_time]",
  end: "NUMBER:nagios_end_time|[nagios][log][end_time]",
  fixed: "NUMBER:nagios_fixed|[nagios][log][fixed]",
  trigger: "NUMBER:nagios_trigger_id|[nagios][log][trigger_id]",
  duration: "NUMBER:nagios_duration|[nagios][log][duration]:int",
  author: "DATA:author|[user][name]",
  remark: "DATA:comment|[nagios][log][comment]"
}

/** Kinds of lines, with what stands between their semicolons. */
const lines = `
CURRENT_SERVICE_STATE host service state stateType code message
CURRENT_HOST_STATE host state stateType code message
SERVICE_NOTIFICATION notified host service state contact message
HOST_NOTIFICATION notified host state contact message
SERVICE_ALERT host service state stateLevel attempt message
HOST_ALERT host state stateLevel attempt message
SERVICE_FLAPPING_ALERT host service state message
HOST_FLAPPING_ALERT host state message
SERVICE_DOWNTIME_ALERT host service state comment
HOST_DOWNTIME_ALERT host state comment
PASSIVE_SERVICE_CHECK host service state comment
PASSIVE_HOST_CHECK host state comment
SERVICE_EVENT_HANDLER host service state stateLevel handler
HOST_EVENT_HANDLER host state stateLevel handler
TIMEPERIOD_TRANSITION service from to
`

/** External commands, with what stands between their semicolons; a command alone has a name and no line. */
const commands = `
DISABLE_SVC_CHECK host service
ENABLE_SVC_CHECK host service
DISABLE_HOST_CHECK host
ENABLE_HOST_CHECK host
PROCESS_SERVICE_CHECK_RESULT host service state result
PROCESS_HOST_CHECK_RESULT host state result
SCHEDULE_HOST_DOWNTIME host start end fixed trigger duration author remark
SCHEDULE_SERVICE_DOWNTIME
DISABLE_HOST_SVC_NOTIFICATIONS lastHost
ENABLE_HOST_SVC_NOTIFICATIONS lastHost
DISABLE_HOST_NOTIFICATIONS lastHost
ENABLE_HOST_NOTIFICATIONS lastHost
DISABLE_SVC_NOTIFICATIONS host lastService
ENABLE_SVC_NOTIFICATIONS host lastService
`

const rows = (text: string): ReadonlyArray<readonly [name: string, columns: ReadonlyArray<string>]> =>
  text
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", ...columns] = line.split(" ")
      return [name, columns]
    })

const joined = (columns: ReadonlyArray<string>): string => columns.map((column) => `%{${fields[column]}}`).join(";")

const type = "nagios_type|[nagios][log][type]"
const nagios: Array<string> = [
  "NAGIOSTIME \\[%{NUMBER:nagios_epoch|timestamp}\\]",
  "NAGIOS_WARNING Warning:%{SPACE}%{GREEDYDATA:nagios_message|message}",
  "NAGIOS_TYPE_EXTERNAL_COMMAND EXTERNAL COMMAND"
]
const alternatives = ["%{NAGIOS_WARNING}"]
for (const [name, columns] of rows(lines)) {
  nagios.push(`NAGIOS_TYPE_${name} ${name.replaceAll("_", " ")}`)
  nagios.push(`NAGIOS_${name} %{NAGIOS_TYPE_${name}:${type}}: ${joined(columns)}`)
  alternatives.push(`%{NAGIOS_${name}}`)
}
for (const [name, columns] of rows(commands)) {
  nagios.push(`NAGIOS_EC_${name} ${name}`)
  if (columns.length === 0) continue
  nagios.push(
    `NAGIOS_EC_LINE_${name} %{NAGIOS_TYPE_EXTERNAL_COMMAND:${type}}: %{NAGIOS_EC_${name}:nagios_command|[nagios][log][command]};${joined(columns)}`
  )
  alternatives.push(`%{NAGIOS_EC_LINE_${name}}`)
}
nagios.push(`NAGIOSLOGLINE %{NAGIOSTIME} (?:${alternatives.join("|")})`)

/** The table of the older names: kinds that are checked, then names whose text may be anything. */
const older = (checked: string, free: string): string =>
  [
    ...checked.split(" ").map((column) => `%{${column}}`),
    ...free.split(" ").map((name) => `%{GREEDYDATA:${name}}`)
  ].join("\\t")

const connection = "NUMBER:ts NOTSPACE:uid IP:orig_h INT:orig_p IP:resp_h INT:resp_p"

const legacy = `
BRO_HTTP ${older(`${connection} INT:trans_depth`, "method domain uri referrer user_agent")}\\t%{NUMBER:request_body_len}\\t%{NUMBER:response_body_len}\\t${older("GREEDYDATA:status_code", "status_msg info_code info_msg filename bro_tags username password proxied orig_fuids orig_mime_types resp_fuids resp_mime_types")}
BRO_DNS ${older(`${connection} WORD:proto INT:trans_id`, "query qclass qclass_name qtype qtype_name rcode rcode_name AA TC RD RA Z answers TTLs rejected")}
BRO_CONN ${older(`${connection} WORD:proto GREEDYDATA:service NUMBER:duration NUMBER:orig_bytes NUMBER:resp_bytes`, "conn_state local_orig missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents")}
BRO_FILES ${older("NUMBER:ts NOTSPACE:fuid IP:tx_hosts IP:rx_hosts NOTSPACE:conn_uids", "source depth analyzers mime_type filename duration local_orig is_orig seen_bytes total_bytes missing_bytes overflow_bytes timedout parent_fuid md5 sha1 sha256 extracted")}
`

/** A table of ECS: `!` before columns that are never a dash, `~` before one that is `(empty)` instead, `*` for free text. */
const table = (text: string): string =>
  text
    .trim()
    .split(/\s+/)
    .map((column) => {
      const kind = /^[!~]/.test(column) ? column.slice(1) : column
      const named = kind.includes(":") && !kind.startsWith("[") ? kind : `ZEEK_DATA:${kind}`
      const missing = column.startsWith("~") ? "\\(empty\\)" : "-"
      return column.startsWith("!") ? `%{${named}}` : `(?:${missing}|%{${named}})`
    })
    .join("\\t")

const ends =
  "!NUMBER:timestamp !NOTSPACE:[zeek][session_id] !IP:[source][ip] !INT:[source][port]:int !IP:[destination][ip] !INT:[destination][port]:int"
const http = `${ends} !INT:[zeek][http][trans_depth]:int WORD:[http][request][method] [url][domain] [url][original] [http][request][referrer]`
const answer =
  "NUMBER:[http][request][body][bytes]:int NUMBER:[http][response][body][bytes]:int POSINT:[http][response][status_code]:int DATA:[zeek][http][status_msg] POSINT:[zeek][http][info_code]:int DATA:[zeek][http][info_msg]"
const people = "~[zeek][http][tags] [url][username] [url][password] [zeek][http][proxied] [zeek][http][orig_fuids]"
const question =
  "[dns][question][name] INT:[zeek][dns][qclass]:int [zeek][dns][qclass_name] INT:[zeek][dns][qtype]:int [dns][question][type] INT:[zeek][dns][rcode]:int [dns][response_code]"
const flags = (mark: string): string =>
  ["AA", "TC", "RD", "RA"].map((flag) => `${mark}ZEEK_BOOL:[zeek][dns][${flag}]`).join(" ")
const replies = "[zeek][dns][answers] DATA:[zeek][dns][TTLs] ZEEK_BOOL:[zeek][dns][rejected]"
const traffic = `${ends} !WORD:[network][transport] [network][protocol] NUMBER:[zeek][connection][duration]:float INT:[zeek][connection][orig_bytes]:int INT:[zeek][connection][resp_bytes]:int [zeek][connection][state] ZEEK_BOOL:[zeek][connection][local_orig]`
const counted =
  "INT:[zeek][connection][missed_bytes]:int [zeek][connection][history] INT:[source][packets]:int INT:[source][bytes]:int INT:[destination][packets]:int INT:[destination][bytes]:int"
const file =
  "[zeek][files][session_ids] [zeek][files][source] INT:[zeek][files][depth]:int [zeek][files][analyzers] [file][mime_type] [file][name] NUMBER:[zeek][files][duration]:float [zeek][files][local_orig] ZEEK_BOOL:[zeek][files][is_orig] INT:[zeek][files][seen_bytes]:int INT:[file][size]:int INT:[zeek][files][missing_bytes]:int INT:[zeek][files][overflow_bytes]:int ZEEK_BOOL:[zeek][files][timedout] [zeek][files][parent_fuid] [file][hash][md5] [file][hash][sha1] [file][hash][sha256] [zeek][files][extracted]"
const fileStart = "!NUMBER:timestamp !NOTSPACE:[zeek][files][fuid]"

const ecs = `
BRO_BOOL [FT]
BRO_DATA [^\\t]+
BRO_HTTP ${table(`${http} [user_agent][original] ${answer} [zeek][http][filename] ${people} [http][request][mime_type] [zeek][http][resp_fuids] [http][response][mime_type]`)}
BRO_DNS ${table(`${ends} !WORD:[network][transport] INT:[dns][id]:int ${question} ${flags("")} NONNEGINT:[zeek][dns][Z]:int ${replies}`)}
BRO_CONN ${table(traffic)}\\t(?:(?:-|%{ZEEK_BOOL:[zeek][connection][local_resp]})\\t)?${table(`${counted} ~[zeek][connection][tunnel_parents]`)}
BRO_FILES ${table(`${fileStart} IP:[server][ip] IP:[client][ip] ${file}`)}
ZEEK_BOOL [FT]
ZEEK_DATA [^\\t]+
ZEEK_HTTP ${table(`${http} NUMBER:[http][version] [user_agent][original] [zeek][http][origin] ${answer} ${people} [zeek][http][orig_filenames] [http][request][mime_type] [zeek][http][resp_fuids] [zeek][http][resp_filenames] [http][response][mime_type]`)}
ZEEK_DNS ${table(`${ends} !WORD:[network][transport] INT:[dns][id]:int NUMBER:[zeek][dns][rtt]:float ${question} ${flags("!")} !NONNEGINT:[zeek][dns][Z]:int ${replies}`)}
ZEEK_CONN ${table(`${traffic} ZEEK_BOOL:[zeek][connection][local_resp] ${counted} [zeek][connection][tunnel_parents]`)}(?:\\t${table("COMMONMAC:[source][mac] COMMONMAC:[destination][mac]")})?
ZEEK_FILES_TX_HOSTS -|%{IP:[server][ip]}|(?<[zeek][files][tx_hosts]>%{IP:[server][ip]}(?:[\\s,]%{IP})+)
ZEEK_FILES_RX_HOSTS -|%{IP:[client][ip]}|(?<[zeek][files][rx_hosts]>%{IP:[client][ip]}(?:[\\s,]%{IP})+)
ZEEK_FILES ${table(fileStart)}\\t%{ZEEK_FILES_TX_HOSTS}\\t%{ZEEK_FILES_RX_HOSTS}\\t${table(file)}(?:\\t${table("ZEEK_BOOL:[zeek][files][extracted_cutoff] INT:[zeek][files][extracted_size]:int")})?
`

export const monitoringDefinitions: DefinitionTexts = { both: nagios.join("\n"), legacy, ecs }
