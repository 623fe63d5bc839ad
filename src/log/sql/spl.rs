//! The audit for Splunk, in SPL: a lookup with wildcards, another with networks, and searches.
//!
//! Source: <https://docs.splunk.com/Documentation/Splunk/latest/Admin/Transformsconf> (`match_type`, `max_matches`) and the
//! Search Reference, 2026-11-30. Unverified: no Splunk has run it.

use super::columns::{Column, Stands};
use super::policy::{Entry, Place};
use super::{Audit, File, csv};
use crate::model::HostPattern;

/// Most rules of one host that a lookup tells.
const MAX_MATCHES: usize = 1000;

/// Why it cannot be written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SplError {
    /// SPL has no way to write it inside of single quotes.
    #[error(
        "a field of Splunk whose name has a quote or a backslash: {name}; rename it before, or say it as `expr:`"
    )]
    Name {
        /// The name.
        name: String,
    },
}

/// A literal.
pub fn text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A field in `eval`.
fn name(name: &str) -> Result<String, SplError> {
    match name.contains(['\'', '"', '\\']) {
        true => Err(SplError::Name { name: crate::text::shown(name, 60) }),
        false => Ok(format!("'{name}'")),
    }
}

/// What stands for a column in the data model Web of Splunk's CIM, where the user says nothing.
fn common(column: Column) -> &'static str {
    match column {
        Column::Time => "'_time'",
        Column::Client => "'src'",
        Column::Host => "coalesce('url_domain', 'dest')",
        Column::Port => "coalesce('dest_port', if(match('url', \"(?i)^http://\"), 80, 443))",
        Column::Scheme => "if(match('url', \"(?i)^http://\"), \"http\", \"https\")",
        Column::Path => "coalesce('uri_path', \"\")",
        Column::Bytes => "coalesce('bytes', 0)",
        Column::Verdict => {
            "if('action' == \"blocked\", if('status' == 407, \"authentication\", \"denied\"), \"passed\")"
        }
        Column::Inspected => "if(match('url', \"(?i)^https://\") AND 'http_method' != \"CONNECT\", 1, 0)",
    }
}

fn column(audit: &Audit, column: Column) -> Result<String, SplError> {
    Ok(match audit.columns.of(column) {
        Stands::Expression(text) => format!("({text})"),
        Stands::Named(own) if audit.columns.names(column) => name(&own)?,
        Stands::Named(_) => common(column).to_owned(),
        Stands::Nothing => match column {
            Column::Time => "null()",
            Column::Port => "443",
            Column::Scheme => "\"https\"",
            Column::Bytes | Column::Inspected => "0",
            Column::Client | Column::Host | Column::Path | Column::Verdict => "\"\"",
        }
        .to_owned(),
    })
}

/// What a row of a lookup tells beside what it is found by.
fn told(entry: &Entry) -> String {
    let Entry { rule, scheme, low, high, glob, path, .. } = entry;
    format!("{rule}|{scheme}|{low}|{high}|{}|{glob}|{path}", u8::from(entry.is_prefix))
}

/// The wildcards that an entry is found by.
fn wildcards(entry: &Entry) -> Vec<String> {
    let below = match (entry.ends.is_empty(), entry.key.is_empty()) {
        (false, _) => format!("*{}", entry.ends),
        (true, false) => format!("*.{}", entry.key),
        (true, true) => "*".to_owned(),
    };
    match entry.place {
        Place::Itself => vec![entry.key.clone()],
        Place::Below => vec![below],
        Place::Either => vec![entry.key.clone(), below],
    }
}

/// The searches with their lookups.
///
/// # Errors
/// When a field has a name that SPL cannot write.
pub fn write(audit: &Audit) -> Result<Vec<File>, SplError> {
    let network = |own: &Entry| match &audit.rules[own.rule as usize].pattern.host {
        HostPattern::Address(network) => Some(network.to_string()),
        _ => None,
    };
    let mut names: Vec<Vec<String>> = Vec::new();
    let mut networks: Vec<Vec<String>> = Vec::new();
    for own in &audit.entries {
        match network(own) {
            Some(network) => networks.push(vec![network, told(own)]),
            None => names.extend(wildcards(own).into_iter().map(|key| vec![key, told(own)])),
        }
    }
    networks.dedup();
    let rules = audit.rule_rows().map(|(number, pattern, is_required, is_wild)| {
        vec![number.to_string(), pattern, u8::from(is_required).to_string(), u8::from(is_wild).to_string()]
    });
    let time = |milliseconds: i64| format!("{}", milliseconds / 1000);
    let since = audit.since.map(|own| format!(" earliest={}", time(own))).unwrap_or_default();
    let until = audit.until.map(|own| format!(" latest={}", time(own))).unwrap_or_default();
    let of = |which| column(audit, which);
    let octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    // In an expression of SPL a backslash would have to be doubled, so there is none.
    let seen = format!(
        r#"index={index}{since}{until}
| eval asked_host = coalesce(lower({host}), ""), asked_port = tonumber({port}), asked_scheme = if(lower({scheme}) == "https", "https", "http"),
    asked_path = coalesce(substr(replace({path}, "[?#].*$", ""), 1, {most}), ""), asked_client = coalesce({client}, ""), asked_bytes = coalesce(tonumber({bytes}), 0),
    asked_verdict = {verdict}, asked_inspected = if({inspected}, 1, 0), asked_time = {time}
| eval name = replace(replace(asked_host, "^[[](.*)[]]$", "\1"), "[.]$", "")
| eval kind = case(match(name, "^{octet}([.]{octet}){{3}}$") OR match(name, "^[0-9a-f:.]*:[0-9a-f:.]*$"), "address",
    match(name, "[^ -~]"), "unread",
    match(name, "^[a-z0-9_.-]+$") AND NOT match(name, "^[.]|[.]$|[.][.]|[^.]{{64}}")
      AND NOT match(name, "(^|[.])([0-9]+|0x[0-9a-f]*|-+)$") AND len(name) <= 253, "name",
    true(), "none")
| stats count AS requests sum(asked_bytes) AS bytes count(eval(asked_verdict == "denied")) AS denied
    count(eval(asked_verdict == "authentication")) AS authentication sum(asked_inspected) AS inspected
    min(asked_time) AS first_seen max(asked_time) AS last_seen
    BY name kind asked_port asked_scheme asked_path asked_client"#,
        index = text(&audit.table),
        most = audit.entries.iter().map(|own| own.path.len()).max().unwrap_or(0) + 1,
        host = of(Column::Host)?,
        port = of(Column::Port)?,
        scheme = of(Column::Scheme)?,
        path = of(Column::Path)?,
        client = of(Column::Client)?,
        bytes = of(Column::Bytes)?,
        verdict = of(Column::Verdict)?,
        inspected = match of(Column::Inspected)? {
            own if audit.columns.names(Column::Inspected) => format!("{own} == 1 OR {own} == \"true\""),
            own => format!("{own} == 1"),
        },
        time = of(Column::Time)?,
    );
    let near = r#"
| lookup thruway_policy host AS name OUTPUT entry AS name_entry
| lookup thruway_networks network AS name OUTPUT entry AS network_entry
| eval entry = if(kind == "name", name_entry, if(kind == "address", network_entry, null()))
| eval entry = coalesce(entry, "none")
| eval id = name . "|" . asked_port . "|" . asked_scheme . "|" . asked_path . "|" . asked_client
| mvexpand entry limit=0
| rex field=entry "^(?<rule>[0-9]+)[|](?<scheme>[a-z]+)[|](?<low>[0-9]+)[|](?<high>[0-9]+)[|](?<is_prefix>[01])[|](?<expression>[^|]*)[|](?<path>.*)$"
| eval is_near = if(isnotnull(rule) AND (coalesce(expression, "") == "" OR match(name, expression)), 1, 0)
| eval is_rule = if(is_near == 1 AND asked_port >= tonumber(low) AND asked_port <= tonumber(high)
    AND (scheme == "any" OR scheme == asked_scheme)
    AND (coalesce(path, "") == "" OR asked_path == "" OR (substr(asked_path, 1, len(path)) == path
      AND (is_prefix == 1 OR asked_path == path OR substr(asked_path, 1, len(path) + 1) == path . "/"))), 1, 0)"#;
    let head = |what: &str| {
        let banner: Vec<String> = audit.banner.iter().map(|own| own.replace('`', " ")).collect();
        format!(
            "``` {}\n{what}\nUnverified: no Splunk has run it. Not exact: a lookup tells at most {MAX_MATCHES} rules of a host, names with letters\nbeyond ASCII are told as unread, A-labels are not checked, and IPv6 is what Splunk takes for it. Put thruway_*.csv into\nlookups/ and transforms.conf into local/ of an app. ```\n",
            banner.join("\n")
        )
    };
    let sums = "sum(requests) AS requests sum(bytes) AS bytes dc(asked_client) AS clients sum(denied) AS denied sum(authentication) AS authentication sum(inspected) AS inspected min(first_seen) AS first_seen max(last_seen) AS last_seen";
    let search = |what: &str, tail: String| format!("{}{seen}{near}\n{tail}\n", head(what));
    let transforms = format!(
        "[thruway_policy]\nfilename = thruway_policy.csv\nmatch_type = WILDCARD(host)\ncase_sensitive_match = false\nmin_matches = 0\nmax_matches = {MAX_MATCHES}\n\n[thruway_networks]\nfilename = thruway_networks.csv\nmatch_type = CIDR(network)\nmin_matches = 0\nmax_matches = {MAX_MATCHES}\n\n[thruway_rules]\nfilename = thruway_rules.csv\n"
    );
    let file = |name, text| File { name, text };
    Ok(vec![
        file(
            "audit.spl",
            search(
                "Every rule that was used: how often, by how many clients, what became of it, and when.",
                format!("| where is_rule == 1\n| stats {sums} BY rule\n| lookup thruway_rules rule OUTPUT pattern\n| sort 0 - requests"),
            ),
        ),
        file(
            "wildcards.spl",
            search(
                "The hosts behind rules of many hosts.",
                format!("| where is_rule == 1 AND kind == \"name\"\n| lookup thruway_rules rule OUTPUT pattern is_wild\n| where is_wild == 1\n| stats sum(requests) AS requests sum(denied) AS denied BY rule pattern name\n| sort 0 rule - requests\n| dedup {} rule", audit.top_hosts),
            ),
        ),
        file(
            "near.spl",
            search(
                "Hosts of the policy that were asked by another port, scheme or path than it says.",
                format!("| stats max(is_near) AS is_near max(is_rule) AS is_rule first(requests) AS requests first(denied) AS denied BY id name\n| where is_near == 1 AND is_rule == 0\n| stats sum(requests) AS requests sum(denied) AS denied BY name\n| sort {} - requests", audit.top_near),
            ),
        ),
        file(
            "totals.spl",
            search(
                "All requests, those without a host, of a host that is not ASCII, and of no rule.",
                "| stats max(is_rule) AS is_rule first(requests) AS requests first(first_seen) AS first_seen first(last_seen) AS last_seen BY id kind\n| stats sum(requests) AS requests sum(eval(if(kind == \"none\", requests, 0))) AS no_host sum(eval(if(kind == \"unread\", requests, 0))) AS unread sum(eval(if(is_rule == 0 AND (kind == \"name\" OR kind == \"address\"), requests, 0))) AS others min(first_seen) AS first_seen max(last_seen) AS last_seen".to_owned(),
            ),
        ),
        file(
            "required.spl",
            search(
                "What is required and was never asked for.",
                "| where is_rule == 1\n| stats count AS used BY rule\n| append [| inputlookup thruway_rules | where is_required == 1 | eval used = 0]\n| stats max(used) AS used max(is_required) AS is_required first(pattern) AS pattern BY rule\n| where used == 0 AND is_required == 1\n| table rule pattern".to_owned(),
            ),
        ),
        file("transforms.conf", transforms),
        file("thruway_policy.csv", csv(&["host", "entry"], names.into_iter())),
        file("thruway_networks.csv", csv(&["network", "entry"], networks.into_iter())),
        file("thruway_rules.csv", csv(&["rule", "pattern", "is_required", "is_wild"], rules)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_fields_are_quoted_or_refused() {
        assert_eq!(text("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(name("cs host").as_deref(), Ok("'cs host'"));
        assert!(name("a'b").is_err());
    }
}
