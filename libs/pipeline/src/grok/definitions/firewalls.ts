// Firewall definitions: Cisco ASA, NetScreen, Juniper, iptables and what is built on it, for grok's names.
import type { DefinitionTexts } from "../definition-texts.ts"

/**
 * Short forms of what Cisco's messages say over and over: $from and $to for address and port, $if and $of for an interface,
 * and more. Each stands for a text in the older names and one in those of ECS.
 */
const forms: Readonly<Record<string, readonly [legacy: string, ecs: string]>> = {
  action: ["%{CISCO_ACTION:action}", "%{CISCO_ACTION:[cisco][asa][outcome]}"],
  way: ["%{CISCO_DIRECTION:direction}", "%{CISCO_DIRECTION:[cisco][asa][network][direction]}"],
  protocol: ["%{WORD:protocol}", "%{WORD:[cisco][asa][network][transport]}"],
  kind: ["%{WORD:protocol}", "%{WORD:[cisco][asa][network][type]}"],
  reason: ["%{CISCO_REASON:reason}", "%{CISCO_REASON:[event][reason]}"],
  from: ["%{IP:src_ip}/%{INT:src_port}", "%{IP:[source][ip]}/%{INT:[source][port]:int}"],
  to: ["%{IP:dst_ip}/%{INT:dst_port}", "%{IP:[destination][ip]}/%{INT:[destination][port]:int}"],
  source: ["%{IP:src_ip}", "%{IP:[source][ip]}"],
  target: ["%{IP:dst_ip}", "%{IP:[destination][ip]}"],
  ingress: ["%{DATA:src_interface}", "%{DATA:[observer][ingress][interface][name]}"],
  egress: ["%{DATA:dst_interface}", "%{DATA:[observer][egress][interface][name]}"],
  interface: ["%{GREEDYDATA:interface}", "%{NOTSPACE:[observer][egress][interface][name]}"],
  monitored: ["%{GREEDYDATA:interface_name}", "%{NOTSPACE:[network][interface][name]}"],
  sender: ["(?:\\(%{DATA:src_fwuser}\\))?", "(?:\\(%{DATA:[source][user][name]}\\))?"],
  receiver: ["(?:\\(%{DATA:dst_fwuser}\\))?", "(?:\\(%{DATA:[destination][user][name]}\\))?"],
  flags: ["%{DATA:tcp_flags}", "%{DATA:[cisco][asa][tcp_flags]}"],
  rule: ["%{DATA:policy_id}", "%{DATA:[cisco][asa][rule_name]}"],
  icmp: [
    "\\(type %{INT:icmp_type}, code %{INT:icmp_code}\\)",
    "\\(type %{INT:[cisco][asa][icmp_type]:int}, code %{INT:[cisco][asa][icmp_code]:int}\\)"
  ],
  hashes: [
    "\\[%{DATA:hashcode1}, %{DATA:hashcode2}\\]",
    "\\[%{DATA:[@metadata][cisco][asa][hashcode1]}, %{DATA:[@metadata][cisco][asa][hashcode2]}\\]"
  ],
  spi: ["SPI= ?%{DATA:spi}", "SPI=\\s?%{DATA:[cisco][asa][ipsec][spi]}"],
  user: ["\\(user= ?%{DATA:user}\\)", "\\(user=\\s?%{DATA:[source][user][name]}\\)"],
  mate: ["\\((?:Primary|Secondary)\\)", "\\((?:Primary|Secondary)\\)"]
}

const written = (text: string, scheme: 0 | 1): string =>
  text.replaceAll(/\$([a-z]+)/g, (whole, name: string) => forms[name]?.[scheme] ?? whole)

/** Cisco's messages by number, the same in both schemes but for the names of fields. */
const cisco = String.raw`
CISCOFW104001 $mate Switching to ACTIVE - %{GREEDYDATA:switch_reason|[event][reason]}
CISCOFW104002 $mate Switching to STANDBY - %{GREEDYDATA:switch_reason|[event][reason]}
CISCOFW104003 $mate Switching to FAILED\.
CISCOFW104004 $mate Switching to OK\.
CISCOFW105003 $mate Monitoring on [Ii]nterface $monitored waiting
CISCOFW105004 $mate Monitoring on [Ii]nterface $monitored normal
CISCOFW105005 $mate Lost Failover communications with mate on [Ii]nterface $monitored
CISCOFW105008 $mate Testing [Ii]nterface $monitored
CISCOFW105009 $mate Testing on [Ii]nterface $monitored (?:Passed|Failed)
CISCOFW106001 $way $protocol connection $action from $from to $to flags $flags on interface $interface
CISCOFW106015 $action $protocol \($rule\) from $from to $to flags $flags on interface $interface
CISCOFW106021 $action $protocol reverse path check from $source to $target on interface $interface
CISCOFW304001 $source$sender Accessed URL $target:%{GREEDYDATA:dst_url|[url][original]}
CISCOFW110002 $reason for $protocol from $ingress:$from to $to
CISCOFW302010 %{INT:connection_count|[cisco][asa][connections][in_use]:int} in use, %{INT:connection_count_max|[cisco][asa][connections][most_used]:int} most used
CISCOFW321001 Resource '%{DATA:resource_name|[cisco][asa][resource][name]}' limit of %{POSINT:resource_limit|[cisco][asa][resource][limit]:int} reached for system
CISCOFW402117 $kind: Received a non-IPSec packet \(protocol=\s?%{WORD:orig_protocol|[cisco][asa][network][transport]}\) from $source to $target\.?
CISCOFW402119 $kind: Received an %{WORD:orig_protocol|[cisco][asa][ipsec][protocol]} packet \($spi, sequence number=\s?%{DATA:seq_num|[cisco][asa][ipsec][seq_num]}\) from $source $user to $target that failed anti-replay checking\.?
CISCOFW419001 $action $protocol packet from $ingress:$from to $egress:$to, reason: %{GREEDYDATA:reason|[event][reason]}
CISCOFW419002 $reason from $ingress:$from to $egress:$to with different initial sequence number
CISCOFW500004 $reason for protocol=$protocol, from $from to $to
CISCOFW602303_602304 $kind: An $way %{GREEDYDATA:tunnel_type|[cisco][asa][ipsec][tunnel_type]} SA \($spi\) between $source and $target $user has been $action
CISCOFW710001_710002_710003_710005_710006 $protocol (?:request|access) $action from $from to $egress:$to
CISCOFW713172 Group = %{DATA:group|[cisco][asa][source][group]}, IP = $source, Automatic NAT Detection Status:\s+Remote end\s*%{DATA:is_remote_natted|[@metadata][cisco][asa][remote_nat]}\s*behind a NAT device\s+This\s+end\s*%{DATA:is_local_natted|[@metadata][cisco][asa][local_nat]}\s*behind a NAT device
CISCOFW733100 \[\s*%{DATA:drop_type|[cisco][asa][burst][object]}\s*\] drop %{DATA:drop_rate_id|[cisco][asa][burst][id]} exceeded\. Current burst rate is %{INT:drop_rate_current_burst|[cisco][asa][burst][current_rate]:int} per second, max configured rate is %{INT:drop_rate_max_burst|[cisco][asa][burst][configured_rate]:int}; Current average rate is %{INT:drop_rate_current_avg|[cisco][asa][burst][avg_rate]:int} per second, max configured rate is %{INT:drop_rate_max_avg|[cisco][asa][burst][configured_avg_rate]:int}; Cumulative total count is %{INT:drop_total_count|[cisco][asa][burst][cumulative_count]:int}
CISCOFW106006_106007_106010 $action $way $protocol (?:from|src) $from$sender (?:to|dst) $to$receiver (?:on interface %{DATA:interface|NOTSPACE:[observer][egress][interface][name]}|due to $reason)
CISCOFW106100_2_3 access-list %{NOTSPACE:policy_id|[cisco][asa][rule_name]} $action $protocol for user '%{DATA:src_fwuser|[user][name]}' $ingress/$source\(%{INT:src_port|[source][port]:int}\) -> $egress/$target\(%{INT:dst_port|[destination][port]:int}\) %{CISCO_HITS} $hashes
CISCOFW106100 access-list %{NOTSPACE:policy_id|[cisco][asa][rule_name]} $action $protocol $ingress/$source\(%{INT:src_port|[source][port]:int}\)$sender -> $egress/$target\(%{INT:dst_port|[destination][port]:int}\)$sender hit-cnt %{INT:hit_count|[cisco][asa][hit_count]:int} %{CISCO_INTERVAL:interval|} $hashes
CISCOFW313001_313004_313008 $action $protocol type=%{INT:icmp_type|[cisco][asa][icmp_type]:int}, code=%{INT:icmp_code|[cisco][asa][icmp_code]:int} from $source on interface %{DATA:interface|NOTSPACE:[observer][egress][interface][name]}(?: to $target)?
CISCO_TAGGED_SYSLOG ^<%{POSINT:syslog_pri|[log][syslog][priority]:int}>%{CISCOTIMESTAMP:timestamp}(?: %{SYSLOGHOST:sysloghost|[host][hostname]})? ?: %%{CISCOTAG:ciscotag|[cisco][asa][tag]}:
CISCOTIMESTAMP %{MONTH} +%{MONTHDAY}(?: %{YEAR})? %{TIME}
CISCOTAG [A-Z0-9]+-%{INT}-[A-Z0-9_]+
CISCO_ACTION Built|Teardown|Deny|Denied|denied|requested|permitted|denied by ACL|discarded|est-allowed|Dropping|created|deleted
CISCO_REASON Duplicate TCP SYN|Failed to locate egress interface|Invalid transport field|No matching connection|DNS Response|DNS Query|(?:%{WORD}\s*)*
CISCO_DIRECTION [Ii]nbound|[Oo]utbound
CISCO_INTERVAL first hit|%{INT}-second interval
CISCO_XLATE_TYPE static|dynamic
`.replaceAll("%{CISCO_HITS}", "$hits")

const legacy = String.raw`
CISCOFW106014 $action $way $protocol src $ingress:$source$sender dst $egress:$target$receiver $icmp
CISCOFW106023 $action(?: protocol)? $protocol src $ingress:%{DATA:src_ip}(?:/%{INT:src_port})?$sender dst $egress:%{DATA:dst_ip}(?:/%{INT:dst_port})?$receiver(?: $icmp)? by access-group "?$rule"? $hashes
CISCOFW302013_302014_302015_302016 $action(?: $way)? $protocol connection %{INT:connection_id} for $ingress:$from(?: \(%{IP:src_mapped_ip}/%{INT:src_mapped_port}\))?$sender to $egress:$to(?: \(%{IP:dst_mapped_ip}/%{INT:dst_mapped_port}\))?$receiver(?: duration %{TIME:duration} bytes %{INT:bytes})?(?: $reason)?(?: \(%{DATA:user}\))?
CISCOFW302020_302021 $action(?: $way)? $protocol connection for faddr %{IP:dst_ip}/%{INT:icmp_seq_num}(?:\(%{DATA:fwuser}\))? gaddr %{IP:src_xlated_ip}/%{INT:icmp_code_xlated} laddr $source/%{INT:icmp_code}(?: \(%{DATA:user}\))?
CISCOFW305011 $action %{CISCO_XLATE_TYPE:xlate_type} $protocol translation from $ingress:$source(?:/%{INT:src_port})?$sender to %{DATA:src_xlated_interface}:%{IP:src_xlated_ip}/%{DATA:src_xlated_port}
CISCOFW313005 $reason for $protocol error message: %{WORD:err_protocol} src %{DATA:err_src_interface}:%{IP:err_src_ip}(?:\(%{DATA:err_src_fwuser}\))? dst %{DATA:err_dst_interface}:%{IP:err_dst_ip}(?:\(%{DATA:err_dst_fwuser}\))? \(type %{INT:err_icmp_type}, code %{INT:err_icmp_code}\) on %{DATA:interface} interface\.\s+Original IP payload: %{WORD:protocol} src %{IP:orig_src_ip}/%{INT:orig_src_port}(?:\(%{DATA:orig_src_fwuser}\))? dst %{IP:orig_dst_ip}/%{INT:orig_dst_port}(?:\(%{DATA:orig_dst_fwuser}\))?
NETSCREENSESSIONLOG %{SYSLOGTIMESTAMP:date} %{IPORHOST:device} %{IPORHOST}: NetScreen device_id=%{WORD:device_id}%{DATA}: start_time=%{QUOTEDSTRING:start_time} duration=%{INT:duration} policy_id=%{INT:policy_id} service=%{DATA:service} proto=%{INT:proto} src zone=%{WORD:src_zone} dst zone=%{WORD:dst_zone} action=%{WORD:action} sent=%{INT:sent} rcvd=%{INT:rcvd} src=%{IPORHOST:src_ip} dst=%{IPORHOST:dst_ip} src_port=%{INT:src_port} dst_port=%{INT:dst_port} src-xlated ip=%{IPORHOST:src_xlated_ip} port=%{INT:src_xlated_port} dst-xlated ip=%{IPORHOST:dst_xlated_ip} port=%{INT:dst_xlated_port} session_id=%{INT:session_id} reason=%{GREEDYDATA:reason}
SHOREWALL %{SYSLOGTIMESTAMP:timestamp} %{WORD:nf_host} .*Shorewall:%{WORD:nf_action1}?:%{WORD:nf_action2}?.*IN=%{USERNAME:nf_in_interface}?.*(?:OUT= *MAC=%{COMMONMAC:nf_dst_mac}:%{COMMONMAC:nf_src_mac}?|OUT=%{USERNAME:nf_out_interface}).*SRC=%{IPV4:nf_src_ip}.*DST=%{IPV4:nf_dst_ip}.*LEN=%{WORD:nf_len}.*TOS=%{WORD:nf_tos}.*PREC=%{WORD:nf_prec}.*TTL=%{INT:nf_ttl}.*ID=%{INT:nf_id}.*PROTO=%{WORD:nf_protocol}.*SPT=%{INT:nf_src_port}?.*DPT=%{INT:nf_dst_port}?
SFW2 (?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp})\s*%{HOSTNAME}\s*kernel\S+\s*(?:%{NAGIOSTIME}\s*)?SFW2-INext-%{NOTSPACE:nf_action}\s*IN=%{USERNAME:nf_in_interface}.*OUT=(?:\s*%{USERNAME:nf_out_interface})?\s*MAC=(?:%{COMMONMAC:nf_dst_mac}:%{COMMONMAC:nf_src_mac}|\s*).*SRC=%{IP:nf_src_ip}\s*DST=%{IP:nf_dst_ip}.*PROTO=%{WORD:nf_protocol}(?:.*SPT=%{INT:nf_src_port}.*DPT=%{INT:nf_dst_port}.*)?
RT_FLOW_EVENT RT_FLOW_SESSION_(?:CREATE|CLOSE|DENY)
RT_FLOW1 %{RT_FLOW_EVENT:event}: %{GREEDYDATA:close-reason}: %{IP:src-ip}/%{INT:src-port}->%{IP:dst-ip}/%{INT:dst-port} %{DATA:service} %{IP:nat-src-ip}/%{INT:nat-src-port}->%{IP:nat-dst-ip}/%{INT:nat-dst-port} %{DATA:src-nat-rule-name} %{DATA:dst-nat-rule-name} %{INT:protocol-id} %{DATA:policy-name} %{DATA:from-zone} %{DATA:to-zone} %{INT:session-id} \d+\(%{DATA:sent}\) \d+\(%{DATA:received}\) %{INT:elapsed-time} .*
RT_FLOW2 %{RT_FLOW_EVENT:event}: session created %{IP:src-ip}/%{INT:src-port}->%{IP:dst-ip}/%{INT:dst-port} %{DATA:service} %{IP:nat-src-ip}/%{INT:nat-src-port}->%{IP:nat-dst-ip}/%{INT:nat-dst-port} %{DATA:src-nat-rule-name} %{DATA:dst-nat-rule-name} %{INT:protocol-id} %{DATA:policy-name} %{DATA:from-zone} %{DATA:to-zone} %{INT:session-id} .*
RT_FLOW3 %{RT_FLOW_EVENT:event}: session denied %{IP:src-ip}/%{INT:src-port}->%{IP:dst-ip}/%{INT:dst-port} %{DATA:service} %{INT:protocol-id}\(\d\) %{DATA:policy-name} %{DATA:from-zone} %{DATA:to-zone} .*
`

/** A flow of Juniper's: between which addresses, with what the network made of them, and the service. */
const flow =
  "%{IP:[source][ip]}/%{INT:[source][port]:int}->%{IP:[destination][ip]}/%{INT:[destination][port]:int} %{DATA:[juniper][srx][service_name]}"
const translated =
  "%{IP:[source][nat][ip]}/%{INT:[source][nat][port]:int}->%{IP:[destination][nat][ip]}/%{INT:[destination][nat][port]:int} (?:None|%{DATA:[juniper][srx][src_nat_rule_name]}) (?:None|%{DATA:[juniper][srx][dst_nat_rule_name]}) %{INT:[network][iana_number]}"
const zones = "%{DATA:[rule][name]} %{DATA:[observer][ingress][zone]} %{DATA:[observer][egress][zone]}"
const tag = "%{RT_FLOW_TAG:[juniper][srx][tag]}"
const port = "\\s+SPT=%{INT:[source][port]:int}?\\s+DPT=%{INT:[destination][port]:int}?\\s+"
const payload = "[cisco][asa][original_ip_payload]"
const addressed = (side: string, way: string): string =>
  `%{NOTSPACE:[observer][${way}][interface][name]}:(?:%{IP:[${side}][ip]}|%{HOSTNAME:[${side}][address]})(?:/%{INT:[${side}][port]:int})?(?:\\(%{DATA:[${side}][user][name]}\\))?`

const ecs = String.raw`
CISCO_HITCOUNT_INTERVAL hit-cnt %{INT:[cisco][asa][hit_count]:int} (?:first hit|%{INT:[cisco][asa][interval]:int}-second interval)
CISCO_SRC_IP_USER %{NOTSPACE:[observer][ingress][interface][name]}:$source$sender
CISCO_DST_IP_USER %{NOTSPACE:[observer][egress][interface][name]}:$target$receiver
CISCO_SRC_HOST_PORT_USER ${addressed("source", "ingress")}
CISCO_DST_HOST_PORT_USER ${addressed("destination", "egress")}
CISCOFW106014 $action $way $protocol src %{CISCO_SRC_IP_USER} dst %{CISCO_DST_IP_USER}\s?$icmp
CISCOFW106023 $action(?: protocol)? $protocol src %{CISCO_SRC_HOST_PORT_USER} dst %{CISCO_DST_HOST_PORT_USER}(?: $icmp)? by access-group "?$rule"? $hashes
CISCOFW302013_302014_302015_302016 $action(?: $way)? $protocol connection %{INT:[cisco][asa][connection_id]} for %{NOTSPACE:[observer][ingress][interface][name]}:$from(?: \(%{IP:[source][nat][ip]}/%{INT:[source][nat][port]:int}\))?$sender to %{NOTSPACE:[observer][egress][interface][name]}:$to(?: \(%{IP:[destination][nat][ip]}/%{INT:[destination][nat][port]:int}\))?$receiver(?: duration %{TIME:[cisco][asa][duration]} bytes %{INT:[network][bytes]:int})?(?: $reason)?(?: \(%{DATA:[user][name]}\))?
CISCOFW302020_302021 $action(?: $way)? $protocol connection for faddr $target/%{INT:[cisco][asa][icmp_seq]:int}$receiver gaddr %{IP:[source][nat][ip]}/%{INT:[cisco][asa][icmp_type]:int} laddr $source/%{INT}(?: \(%{DATA:[source][user][name]}\))?
CISCOFW305011 $action %{CISCO_XLATE_TYPE} $protocol translation from $ingress:$source(?:/%{INT:[source][port]:int})?$sender to $egress:$to
CISCOFW313005 $reason for $protocol error message: %{WORD} src %{CISCO_SRC_IP_USER} dst %{CISCO_DST_IP_USER} $icmp on %{NOTSPACE} interface\.\s+Original IP payload: %{WORD:${payload}[network][transport]} src %{IP:${payload}[source][ip]}/%{INT:${payload}[source][port]:int}(?:\(%{DATA:${payload}[source][user][name]}\))? dst %{IP:${payload}[destination][ip]}/%{INT:${payload}[destination][port]:int}(?:\(%{DATA:${payload}[destination][user][name]}\))?
NETSCREENSESSIONLOG %{SYSLOGTIMESTAMP:timestamp} %{IPORHOST:[observer][hostname]} %{NOTSPACE:[observer][name]}: (?<[observer][product]>NetScreen) device_id=%{WORD:[netscreen][device_id]} .*?(?:system-\w+-%{NONNEGINT:[event][code]}\(%{WORD:[netscreen][session][type]}\))?: start_time="%{DATA:[netscreen][session][start_time]}" duration=%{INT:[netscreen][session][duration]:int} policy_id=%{INT:[netscreen][policy_id]} service=%{DATA:[netscreen][service]} proto=%{INT:[netscreen][protocol_number]:int} src zone=%{WORD:[observer][ingress][zone]} dst zone=%{WORD:[observer][egress][zone]} action=%{WORD:[event][action]} sent=%{INT:[source][bytes]:int} rcvd=%{INT:[destination][bytes]:int} src=%{IPORHOST:[source][address]} dst=%{IPORHOST:[destination][address]}(?: src_port=%{INT:[source][port]:int} dst_port=%{INT:[destination][port]:int})?(?: src-xlated ip=%{IP:[source][nat][ip]} port=%{INT:[source][nat][port]:int} dst-xlated ip=%{IP:[destination][nat][ip]} port=%{INT:[destination][nat][port]:int})?(?: session_id=%{INT:[netscreen][session][id]} reason=%{GREEDYDATA:[netscreen][session][reason]})?
IPTABLES_TCP_FLAGS (?:(?:CWR|ECE|URG|ACK|PSH|RST|SYN|FIN) )*
IPTABLES_TCP_PART (?:SEQ=%{INT:[iptables][tcp][seq]:int}\s+)?(?:ACK=%{INT:[iptables][tcp][ack]:int}\s+)?WINDOW=%{INT:[iptables][tcp][window]:int}\s+RES=0x%{BASE16NUM:[iptables][tcp_reserved_bits]}\s+%{IPTABLES_TCP_FLAGS:[iptables][tcp][flags]}
IPTABLES4_FRAG (?:(?<= )(?:CE|DF|MF))*
IPTABLES4_PART SRC=%{IPV4:[source][ip]}\s+DST=%{IPV4:[destination][ip]}\s+LEN=%{INT:[iptables][length]:int}?\s+TOS=(?:0|0x%{BASE16NUM:[iptables][tos]})?\s+PREC=(?:0x%{BASE16NUM:[iptables][precedence_bits]})?\s+TTL=%{INT:[iptables][ttl]:int}?\s+ID=%{INT:[iptables][id]}?\s+%{IPTABLES4_FRAG:[iptables][fragment_flags]}?(?:\s+FRAG: %{INT:[iptables][fragment_offset]:int})?
IPTABLES6_PART SRC=%{IPV6:[source][ip]}\s+DST=%{IPV6:[destination][ip]}\s+LEN=%{INT:[iptables][length]:int}?\s+TC=(?:0|0x%{BASE16NUM:[iptables][tos]})?\s+HOPLIMIT=%{INT:[iptables][ttl]:int}?\s+FLOWLBL=%{INT:[iptables][flow_label]}?
IPTABLES IN=%{NOTSPACE:[observer][ingress][interface][name]}?\s+OUT=%{NOTSPACE:[observer][egress][interface][name]}?\s+(?:MAC=%{COMMONMAC:[destination][mac]}?(?::%{COMMONMAC:[source][mac]})?(?::[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2})?\s+)?:?(?:%{IPTABLES4_PART}|%{IPTABLES6_PART}).*?PROTO=%{WORD:[network][transport]}?${port}(?:%{IPTABLES_TCP_PART})?
SHOREWALL %{SYSLOGTIMESTAMP:timestamp} %{WORD:[observer][hostname]} .*Shorewall:%{WORD:[shorewall][firewall][type]}?:%{WORD:[shorewall][firewall][action]}?.*%{IPTABLES}
SFW2_LOG_PREFIX SFW2-INext-%{NOTSPACE:[suse][firewall][action]}
SFW2 (?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp})\s*%{HOSTNAME:[observer][hostname]}.*?%{SFW2_LOG_PREFIX:[suse][firewall][log_prefix]}\s*%{IPTABLES}
RT_FLOW_TAG RT_FLOW_SESSION_(?:CREATE|CLOSE|DENY)
RT_FLOW_EVENT %{RT_FLOW_TAG}
RT_FLOW1 ${tag}: %{GREEDYDATA:[juniper][srx][reason]}: ${flow} ${translated} ${zones} %{INT:[juniper][srx][session_id]} \d+\(%{INT:[source][bytes]:int}\) \d+\(%{INT:[destination][bytes]:int}\) %{INT:[juniper][srx][elapsed_time]:int} .*
RT_FLOW2 ${tag}: session created ${flow} ${translated} ${zones} %{INT:[juniper][srx][session_id]} .*
RT_FLOW3 ${tag}: session denied ${flow} %{INT:[network][iana_number]}\(\d\) ${zones} .*
`

const hits = ["hit-cnt %{INT:hit_count} %{CISCO_INTERVAL:interval}", "%{CISCO_HITCOUNT_INTERVAL}"] as const

export const firewallDefinitions: DefinitionTexts = {
  both: "",
  legacy: written(cisco.replaceAll("$hits", hits[0]) + legacy, 0),
  ecs: written(cisco.replaceAll("$hits", hits[1]) + ecs, 1)
}
