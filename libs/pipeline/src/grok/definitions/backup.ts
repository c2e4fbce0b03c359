// Backup definitions: the messages of Bacula's directors, for grok's names.
import type { DefinitionTexts } from "../definition-texts.ts"

/** What Bacula says, one message a line behind its name; fields are named for the older scheme and for ECS. */
const messages = String.raw`
MAX_CAPACITY User defined maximum volume capacity %{BACULA_CAPACITY:|[bacula][volume][max_capacity]} exceeded on device "%{BACULA_DEVICE:device|[bacula][volume][device]}" \(%{BACULA_DEVICEPATH:|[bacula][volume][path]}\)\.?
END_VOLUME End of medium on Volume "%{BACULA_VOLUME:volume|[bacula][volume][name]}" Bytes=%{BACULA_CAPACITY:|[bacula][volume][bytes]} Blocks=%{BACULA_CAPACITY:|[bacula][volume][blocks]} at %{BACULA_MOMENT:|[bacula][timestamp]}\.
NEW_VOLUME Created new Volume "%{BACULA_VOLUME:volume|[bacula][volume][name]}" in catalog\.
NEW_LABEL Labeled new Volume "%{BACULA_VOLUME:volume|[bacula][volume][name]}" on (?:file )?device "%{BACULA_DEVICE:device|[bacula][volume][device]}" \(%{BACULA_DEVICEPATH:|[bacula][volume][path]}\)\.
WROTE_LABEL Wrote label to prelabeled Volume "%{BACULA_VOLUME:volume|[bacula][volume][name]}" on device "%{BACULA_DEVICE:|[bacula][volume][device]}" \(%{BACULA_DEVICEPATH:|[bacula][volume][path]}\)
NEW_MOUNT New volume "%{BACULA_VOLUME:volume|[bacula][volume][name]}" mounted on device "%{BACULA_DEVICE:device|[bacula][volume][device]}" \(%{BACULA_DEVICEPATH:|[bacula][volume][path]}\) at %{BACULA_MOMENT:|[bacula][timestamp]}\.
NOOPEN \s*Cannot open .*?: ERR=%{GREEDYDATA:berror|[error][message]}
NOOPENDIR \s*Could not open directory "?%{DATA:|[file][path]}"?: ERR=%{GREEDYDATA:berror|[error][message]}
NOSTAT \s*Could not stat %{DATA:|[file][path]}: ERR=%{GREEDYDATA:berror|[error][message]}
NOJOBS There are no more Jobs associated with Volume "%{BACULA_VOLUME:volume|[bacula][volume][name]}"\. Marking it purged\.
ALL_RECORDS_PRUNED .*?All records pruned from Volume "%{BACULA_VOLUME:volume|[bacula][volume][name]}"; marking it "Purged"
BEGIN_PRUNE_JOBS Begin pruning Jobs older than %{INT} month %{INT} days ?\.
BEGIN_PRUNE_FILES Begin pruning Files\.
PRUNED_JOBS Pruned %{INT} Jobs* for client %{BACULA_HOST:client|[bacula][client][name]} from catalog\.
PRUNED_FILES Pruned Files from %{INT} Jobs* for client %{BACULA_HOST:client|[bacula][client][name]} from catalog\.
ENDPRUNE End auto prune\.
STARTJOB Start Backup JobId %{INT}, Job=%{BACULA_JOB:job|[bacula][job][name]}
STARTRESTORE Start Restore Job %{BACULA_JOB:job|[bacula][job][name]}
USEDEVICE Using Device "%{BACULA_DEVICE:device|[bacula][volume][device]}"
DIFF_FS \s*%{UNIXPATH} is a different filesystem\. Will not descend from %{UNIXPATH} into it\.
JOBEND Job write elapsed time = %{DATA:elapsed|[bacula][job][elapsed_time]}, Transfer rate = %{NUMBER} [KMG]? ?Bytes/second
NOPRUNE_JOBS No Jobs found to prune\.
NOPRUNE_FILES No Files found to prune\.
VOLUME_PREVWRITTEN Volume "?%{BACULA_VOLUME:volume|[bacula][volume][name]}"? previously written, moving to end of data\.
READYAPPEND Ready to append to end of Volume "%{BACULA_VOLUME:volume|[bacula][volume][name]}" size=%{INT:|[bacula][volume][size]:int}
CANCELLING Cancelling duplicate JobId=%{INT:|[bacula][job][other_id]}\.
MARKCANCEL JobId %{INT:|[bacula][job][id]}, Job %{BACULA_JOB:job|[bacula][job][name]} marked to be canceled\.
CLIENT_RBJ shell command: run ClientRunBeforeJob "%{GREEDYDATA:runjob|[bacula][job][client_run_before_command]}"
VSS (?:Generate )?VSS (?:Writer)?
MAXSTART Fatal [eE]rror: Job canceled because max start delay time exceeded\.
DUPLICATE Fatal [eE]rror: JobId %{INT:duplicate|[bacula][job][other_id]} already running\. Duplicate job not allowed\.
NOJOBSTAT Fatal [eE]rror: No Job status returned from FD\.
FATAL_CONN Fatal [eE]rror: bsock\.c:133 Unable to connect to (?:Client: %{BACULA_HOST:client|[bacula][client][name]}|Storage daemon) on %{IPORHOST:|[client][address]}:%{POSINT:|[client][port]:int}\. ERR=%{GREEDYDATA:berror|[error][message]}
NO_CONNECT Warning: bsock\.c:127 Could not connect to (?:Client: %{BACULA_HOST:client|[bacula][client][name]}|Storage daemon) on %{IPORHOST:|[client][address]}:%{POSINT:|[client][port]:int}\. ERR=%{GREEDYDATA:berror|[error][message]}
NO_AUTH Fatal [eE]rror: Unable to authenticate with File daemon at %{BACULA_PEER}\. Possible causes:
NOSUIT No prior or suitable Full backup found in catalog\. Doing FULL backup\.
JOB (?:Error: )?Bacula %{BACULA_HOST} %{BACULA_VERSION} \(%{BACULA_VERSION}\):
NOPRIOR No prior Full backup Job record found\.
`
  .trim()
  .split("\n")

const names = messages.map((line) => `BACULA_LOG_${line.slice(0, line.indexOf(" "))}`)

const anyMessage = names.map((name) => `%{${name}}`).join("|")

const both = `
BACULA_VOLUME %{USER}
BACULA_DEVICE %{USER}
BACULA_DEVICEPATH %{UNIXPATH}
BACULA_CAPACITY %{INT}(?:,[0-9]{3})*
BACULA_VERSION %{USER}
BACULA_JOB %{USER}
`

const legacy = `
BACULA_TIMESTAMP %{MONTHDAY}-%{MONTH} %{HOUR}:%{MINUTE}
BACULA_HOST [A-Za-z0-9-]+
BACULA_LOGLINE %{BACULA_TIMESTAMP:bts} %{BACULA_HOST:hostname}(?: JobId %{INT:jobid})?:? (?:${anyMessage})
`

const ecs = `
BACULA_TIMESTAMP %{MONTHDAY}-%{MONTH}(?:-%{YEAR})? %{HOUR}:%{MINUTE}
BACULA_HOST %{HOSTNAME}
BACULA_LOG %{BACULA_TIMESTAMP:timestamp} %{BACULA_HOST:[host][hostname]}(?: JobId %{INT:[bacula][job][id]})?:? (?:${anyMessage})
BACULA_LOGLINE %{BACULA_LOG}
`

const moment = "%{MONTHDAY}-%{MONTH}-%{YEAR} %{HOUR}:%{MINUTE}"
const peer = `"?%{IPORHOST:|[client][address]}(?::%{POSINT:|[client][port]:int})?"?`

const named = messages
  .map((line) => `BACULA_LOG_${line}`)
  .join("\n")
  .replaceAll(/%\{BACULA_MOMENT:\|(.*?)\}/g, (_, field: string) => `(?<|${field}>${moment})`)
  .replaceAll("%{BACULA_PEER}", peer)

export const backupDefinitions: DefinitionTexts = { both: `${both}${named}\n`, legacy, ecs }
