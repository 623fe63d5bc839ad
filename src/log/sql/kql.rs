//! The audit for Microsoft Sentinel and Azure Data Explorer, in KQL.
//!
//! Source: <https://learn.microsoft.com/kusto/query/>, 2026-11-30. The grammar and the types are checked by Microsoft's own
//! `Kusto.Language`; no cluster has run it.

use super::columns::{Column, Stands};
use super::{Audit, File, policy::Entry, values};

/// The table of Sentinel that firewalls and proxies write to.
const COMMON: &str = "CommonSecurityLog";

/// A literal; in KQL a backslash means something in it.
pub fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            own if own.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(own))),
            own => out.push(own),
        }
    }
    out + "\""
}

/// A name of a table or a column, whatever is in it.
pub fn name(name: &str) -> String {
    format!("[{}]", text(name))
}

/// What stands for a column in `CommonSecurityLog`, where the user says nothing.
fn common(column: Column) -> &'static str {
    match column {
        Column::Time => "TimeGenerated",
        Column::Client => "SourceIP",
        Column::Host => {
            "iff(isempty(DestinationHostName), tostring(parse_url(RequestURL).Host), DestinationHostName)"
        }
        Column::Port => "DestinationPort",
        Column::Scheme => {
            "iff(RequestURL startswith \"http://\" or (DestinationPort == 80 and RequestURL !startswith \"https://\"), \"http\", \"https\")"
        }
        Column::Path => "iff(RequestURL startswith \"http\", tostring(parse_url(RequestURL).Path), \"\")",
        Column::Bytes => "ReceivedBytes",
        Column::Verdict => {
            "iff(DeviceAction has_any (\"deny\", \"denied\", \"block\", \"blocked\", \"drop\", \"reset\"), \"denied\", \"passed\")"
        }
        Column::Inspected => "false",
    }
}

fn column(audit: &Audit, is_common: bool, column: Column) -> String {
    match audit.columns.of(column) {
        Stands::Expression(text) => format!("({text})"),
        Stands::Named(own) if !is_common || audit.columns.names(column) => name(&own),
        Stands::Named(_) => common(column).to_owned(),
        Stands::Nothing => match column {
            Column::Time => "datetime(null)",
            Column::Port => "443",
            Column::Scheme => "\"https\"",
            Column::Bytes => "0",
            Column::Inspected => "false",
            Column::Client | Column::Host | Column::Path | Column::Verdict => "\"\"",
        }
        .to_owned(),
    }
}

/// The expression of an entry, as a condition on `name`: KQL wants expressions to be literals.
fn expressions(entries: &[Entry]) -> String {
    let mut own: Vec<(&str, u32)> =
        entries.iter().filter(|own| !own.glob.is_empty()).map(|own| (&*own.glob, own.rule)).collect();
    own.sort_unstable();
    own.dedup_by_key(|own| own.0);
    let cases: Vec<String> = own
        .iter()
        .map(|(glob, _)| format!("    (expression == {0} and name matches regex {0})", text(glob)))
        .collect();
    match cases.is_empty() {
        true => "    expression == \"\"".to_owned(),
        false => format!("    expression == \"\" or\n{}", cases.join(" or\n")),
    }
}

/// The query.
pub fn write(audit: &Audit) -> Vec<File> {
    // The name that stands where the user names none.
    let is_common = audit.table == "proxy_log" || audit.table == COMMON;
    let table = if is_common {
        COMMON.to_owned()
    } else {
        audit.table.split('.').map(name).collect::<Vec<_>>().join(".")
    };
    let of = |which| column(audit, is_common, which);
    let rules: Vec<String> = audit
        .rule_rows()
        .map(|(number, pattern, is_required, is_wild)| {
            format!("  {number}, {}, {is_required}, {is_wild}", text(&pattern))
        })
        .collect();
    let entries: Vec<String> = audit
        .entries
        .iter()
        .map(|own| format!("  {}", values(own, text, &own.is_prefix.to_string())))
        .collect();
    let moment = |milliseconds: i64| format!("unixtime_milliseconds_todatetime({milliseconds})");
    let since = audit.since.map(|own| format!("| where {} >= {}\n", of(Column::Time), moment(own)));
    let until = audit.until.map(|own| format!("| where {} < {}\n", of(Column::Time), moment(own)));
    let query = format!(
        r#"{head}//
// The last line says which answer is given: endpoints, totals, wildcards, required, near or unread.
// Not exact: clients are estimated by dcount; names with letters beyond ASCII are told as unread, and A-labels (xn--) are
// not checked; an IPv6 address is what parse_ipv6 takes for one; a path is compared without regard to invalid UTF-8.
// A query of Log Analytics has a limit of its size: a policy of over 1,000 rows belongs into a watchlist or a blob, read by
// _GetWatchlist("thruway_policy") or externaldata in the place of datatable.
// The grammar and the types of this query were checked by Kusto.Language; no cluster has run it.
let thruway_rules = datatable(rule: int, pattern: string, is_required: bool, is_wild: bool) [
{rules}
];
// A row for each key and range of ports of a rule.
let thruway_policy = datatable(rule: int, key: string, place_of: string, ends: string, expression: string, scheme: string,
  low: int, high: int, path: string, is_prefix: bool) [
{entries}
];
let is_of_expression = (name: string, expression: string) {{
{expressions}
}};
// What was asked, requests that are alike as one row.
let thruway_seen = materialize({table}
{since}{until}| project asked_time = {time}, asked_host = tostring({host}), asked_port = toint({port}),
    asked_scheme = iff(tolower(tostring({scheme})) == "https", "https", "http"),
    asked_path = tostring({path}), asked_client = tostring({client}), asked_bytes = tolong({bytes}),
    asked_verdict = tostring({verdict}), asked_inspected = tobool({inspected})
| extend asked_path = substring(iff(isempty(asked_path), "", extract("^[^?#]*", 0, asked_path)), 0, {most})
| summarize requests = count(), bytes = sum(asked_bytes), clients = hll(asked_client, 2),
    denied = countif(asked_verdict == "denied"), authentication = countif(asked_verdict == "authentication"),
    inspected = countif(asked_inspected), first_seen = min(asked_time), last_seen = max(asked_time)
    by asked_host, asked_port, asked_scheme, asked_path);
// Every host once, and whether it is a name, an address or neither.
let thruway_hosts = materialize(thruway_seen
| distinct asked_host
| extend bare = iff(asked_host startswith "[" and asked_host endswith "]", substring(asked_host, 1, strlen(asked_host) - 2), asked_host)
| extend cut = iff(bare endswith ".", substring(bare, 0, strlen(bare) - 1), bare)
| extend name = tolower(cut), is_ascii = not(cut matches regex @"[^\x00-\x7f]")
| extend digits = case(
    is_ascii and name matches regex @"^(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])([.](25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){{3}}$",
      strcat("/4/", tohex(parse_ipv4(name), 8)),
    is_ascii and name matches regex @"^[0-9a-f:.]*:[0-9a-f:.]*$" and isnotempty(parse_ipv6(name)),
      strcat("/6/", replace_string(tostring(parse_ipv6(name)), ":", "")),
    "")
| extend host_kind = case(
    digits != "", "address",
    not(is_ascii), "unread",
    name matches regex @"^[a-z0-9_.-]+$" and not(name matches regex @"^[.]|[.]$|[.][.]|[^.]{{64}}")
      and not(name matches regex @"(^|[.])([0-9]+|0x[0-9a-f]*|-+)$") and strlen(name) <= 253, "name",
    "none"));
// Names under the whole labels that they end in, addresses under the digits that they begin with.
let thruway_keys = union
  (thruway_hosts | where host_kind == "name"
   | extend labels = split(name, ".")
   | mv-expand n = range(0, array_length(labels), 1) to typeof(int)
   | project asked_host, name, host_kind, key = iff(n == array_length(labels), "", strcat_array(array_slice(labels, n, -1), ".")),
       place = iff(n == 0, "self", "below")),
  (thruway_hosts | where host_kind == "address"
   | mv-expand n = range(3, strlen(digits), 1) to typeof(int)
   | project asked_host, name, host_kind, key = substring(digits, 0, n), place = "below");
// The rules that are about a host, whatever is asked of it.
let thruway_near = materialize(thruway_keys
| join kind=inner thruway_policy on key
| where (place_of == place or place_of == "either")
    and (ends == "" or name endswith_cs ends) and is_of_expression(name, expression)
| project asked_host, name, host_kind, rule, scheme, low, high, path, is_prefix);
// The rules that a request is of: host, port, scheme and path.
let thruway_matched = materialize(thruway_seen
| distinct asked_host, asked_port, asked_scheme, asked_path
| join kind=inner thruway_near on asked_host
| where asked_port between (low .. high) and (scheme == "any" or scheme == asked_scheme)
    and (path == "" or asked_path == "" or (asked_path startswith_cs path
      and (is_prefix or asked_path == path or asked_path startswith_cs strcat(path, "/"))))
| project asked_host, asked_port, asked_scheme, asked_path, rule, name, host_kind);
let thruway_others = thruway_seen
| join kind=leftanti thruway_matched on asked_host, asked_port, asked_scheme, asked_path;
// Every rule that was used: how often, by how many clients, what became of it, and when.
let endpoints = thruway_seen
| join kind=inner thruway_matched on asked_host, asked_port, asked_scheme, asked_path
| summarize requests = sum(requests), bytes = sum(bytes), clients = dcount_hll(hll_merge(clients)), denied = sum(denied),
    authentication = sum(authentication), inspected = sum(inspected), first_seen = min(first_seen), last_seen = max(last_seen) by rule
| join kind=inner thruway_rules on rule
| project rule, pattern, requests, bytes, clients, denied, authentication, inspected, first_seen, last_seen
| order by requests desc, rule asc;
// All requests, those without a host, of a host that is not ASCII, and of no rule.
let totals = thruway_seen
| join kind=inner thruway_hosts on asked_host
| join kind=leftouter (thruway_matched | distinct asked_host, asked_port, asked_scheme, asked_path | extend is_matched = true)
    on asked_host, asked_port, asked_scheme, asked_path
| summarize requests_in_all = sum(requests), no_host = sumif(requests, host_kind == "none"), unread = sumif(requests, host_kind == "unread"),
    of_no_rule = sumif(requests, host_kind in ("name", "address") and isnull(is_matched)), first_seen = min(first_seen), last_seen = max(last_seen);
// The hosts behind rules of many hosts, the most frequent of each.
let wildcards = thruway_seen
| join kind=inner thruway_matched on asked_host, asked_port, asked_scheme, asked_path
| join kind=inner (thruway_rules | where is_wild) on rule
| where host_kind == "name"
| summarize requests = sum(requests), denied = sum(denied) by rule, pattern, name
| partition hint.strategy=native by rule (top {top_hosts} by requests desc)
| order by rule asc, requests desc, name asc;
// What is required and was never asked for.
let required = thruway_rules
| where is_required
| join kind=leftanti thruway_matched on rule
| order by rule asc;
// Hosts of the policy that were asked by another port, scheme or path than it says.
let near = thruway_others
| join kind=inner (thruway_near | distinct asked_host, name, host_kind) on asked_host
| summarize requests = sum(requests), denied = sum(denied) by name, host_kind
| top {top_near} by requests desc;
// Hosts that are not ASCII.
let unread = thruway_seen
| join kind=inner (thruway_hosts | where host_kind == "unread") on asked_host
| summarize requests = sum(requests) by name
| top {top_near} by requests desc;
endpoints
"#,
        head = audit.head("//"),
        rules = rules.join(",\n"),
        entries = entries.join(",\n"),
        expressions = expressions(&audit.entries),
        since = since.unwrap_or_default(),
        until = until.unwrap_or_default(),
        time = of(Column::Time),
        host = of(Column::Host),
        port = of(Column::Port),
        scheme = of(Column::Scheme),
        path = of(Column::Path),
        client = of(Column::Client),
        bytes = of(Column::Bytes),
        verdict = of(Column::Verdict),
        inspected = of(Column::Inspected),
        most = audit.entries.iter().map(|own| own.path.len()).max().unwrap_or(0) + 1,
        top_hosts = audit.top_hosts,
        top_near = audit.top_near,
    );
    vec![File { name: "audit.kql", text: query }]
}

#[cfg(test)]
mod tests {
    #[test]
    fn texts_are_quoted() {
        assert_eq!(super::text("a\"b\\c\nd"), r#""a\"b\\c\u000ad""#);
        assert_eq!(super::name("a']b"), r#"["a']b"]"#);
    }
}
