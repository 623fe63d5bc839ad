//! The audit in SQL, step by step: what was asked, of which hosts, under which keys, of which rules. The steps and the
//! answers are the same for every engine that speaks SQL; a [`Dialect`] says how it writes the few things that differ.

use super::columns::{Column, Stands};
use super::{Audit, policy};

/// An octet of an IPv4 address, without a zero in front.
const OCTET: &str = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";

/// One to four hexadecimal digits, and more of them behind colons.
const GROUPS: &str = "[0-9a-f]{1,4}(:[0-9a-f]{1,4})*";

/// How an engine writes what engines write differently. Arguments are SQL, but for texts and regular expressions.
pub(super) trait Dialect {
    /// A literal.
    fn text(&self, text: &str) -> String;
    /// A name, whatever is in it.
    fn name(&self, name: &str) -> String;
    /// Whether a text as a whole is matched by a regular expression.
    fn whole(&self, text: &str, pattern: &str) -> String;
    /// Whether a text is matched by the expression in a column.
    fn glob(&self, text: &str, column: &str) -> String;
    /// What the first group matches, or nothing.
    fn extract(&self, text: &str, pattern: &str) -> String;
    /// Every match replaced by the group.
    fn group(&self, text: &str, pattern: &str) -> String;
    /// Whether a text begins with another.
    fn begins(&self, text: &str, start: &str) -> String;
    /// Whether a text ends in another.
    fn ends(&self, text: &str, end: &str) -> String;
    /// Where a literal begins in a text, from 1; 0 where it does not.
    fn find(&self, text: &str, part: &str) -> String;
    /// A part of a text between dots, from 1; nothing where there are fewer.
    fn part(&self, text: &str, number: usize) -> String;
    /// Two hexadecimal digits of a number up to 255 in decimal digits, whatever of other texts.
    fn byte(&self, text: &str) -> String;
    /// Octets of a text.
    fn octets(&self, text: &str) -> String;
    /// Whether a text is UTF-8, where the engine holds others.
    fn is_utf8(&self, text: &str) -> String;
    /// A path without query and fragment.
    fn cut_path(&self, path: &str) -> String;
    /// A text of whatever was there, never null.
    fn as_text(&self, value: &str) -> String;
    /// A whole number of at least 64 bits of whatever was there, never null.
    fn as_number(&self, value: &str, default: &str) -> String;
    /// Milliseconds since 1970 as a moment.
    fn moment(&self, milliseconds: i64) -> String;
    /// A moment that is not known.
    fn no_moment(&self) -> &'static str;
    /// Whether clients are kept beside the other sums, as a state that adds up, and not as a part of the key.
    fn sketches(&self) -> bool {
        false
    }
    /// Rows of the keys of `thruway_hosts`: host, name, kind, key, place.
    fn keys(&self) -> String;
}

/// A step: its name, what it is, and its query.
pub(super) struct Step {
    pub name: &'static str,
    pub what: &'static str,
    pub query: String,
}

/// A statement that answers a question.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it answers, in a word: `endpoints`, `totals`, `wildcards`, `required`, `near`, `unread`.
    pub name: &'static str,
    /// The same in a sentence.
    pub what: String,
    /// The statement, without a semicolon.
    pub query: String,
}

/// A table of the user's: `database.table`, each part quoted.
pub(super) fn table(audit: &Audit, dialect: &dyn Dialect) -> String {
    audit.table.split('.').map(|part| dialect.name(part)).collect::<Vec<_>>().join(".")
}

/// What stands for a column, as SQL; nothing where the table does not say.
pub(super) fn column(audit: &Audit, dialect: &dyn Dialect, column: Column) -> Option<String> {
    match audit.columns.of(column) {
        Stands::Named(name) => Some(dialect.name(&name)),
        Stands::Expression(text) => Some(format!("({text})")),
        Stands::Nothing => None,
    }
}

/// The path as far as a rule looks at it, or nothing where any may be meant.
fn path(audit: &Audit, dialect: &dyn Dialect, scheme: &str) -> String {
    let limited: Vec<&policy::Entry> = audit.entries.iter().filter(|own| !own.path.is_empty()).collect();
    let (Some(longest), Some(own)) =
        (limited.iter().map(|own| own.path.len()).max(), column(audit, dialect, Column::Path))
    else {
        return "''".to_owned();
    };
    let cut = dialect.cut_path(&own);
    let plain = match limited.iter().all(|own| own.scheme == "http") {
        true => format!("\n      WHEN {scheme} = 'https' THEN ''"),
        false => String::new(),
    };
    // One character more than the longest: whether a segment ends there.
    format!(
        "CASE{plain}
      WHEN {own} IS NULL THEN ''
      WHEN {cut} = '' THEN '/'
      WHEN NOT {utf8} THEN '!'
      ELSE substr({cut}, 1, {most}) END",
        utf8 = dialect.is_utf8(&cut),
        most = longest + 1
    )
}

/// The requests of a log, those that are alike as one row; those of different days apart, where `day` is the day of one.
pub(super) fn seen(audit: &Audit, dialect: &dyn Dialect, day: Option<&str>) -> Step {
    let own = |which| column(audit, dialect, which);
    let host = dialect.as_text(&own(Column::Host).unwrap_or_default());
    let by_port = |port: &str| format!("CASE WHEN {port} = 80 THEN 'http' ELSE 'https' END");
    let port = own(Column::Port);
    let scheme = match (own(Column::Scheme), &port) {
        (Some(scheme), _) => {
            format!("CASE WHEN lower({}) = 'https' THEN 'https' ELSE 'http' END", dialect.as_text(&scheme))
        }
        (None, Some(port)) => by_port(&dialect.as_number(port, "443")),
        (None, None) => "'https'".to_owned(),
    };
    let port = match port {
        Some(port) => dialect.as_number(&port, "0"),
        None => format!("CASE WHEN {scheme} = 'http' THEN 80 ELSE 443 END"),
    };
    let path = path(audit, dialect, &scheme);
    let client = own(Column::Client).map_or("''".to_owned(), |own| dialect.as_text(&own));
    let bytes = own(Column::Bytes).map_or("0".to_owned(), |own| dialect.as_number(&own, "0"));
    let verdict = own(Column::Verdict).map_or("''".to_owned(), |own| dialect.as_text(&own));
    let inspected =
        own(Column::Inspected).map_or("0".to_owned(), |own| format!("CASE WHEN {own} THEN 1 ELSE 0 END"));
    let time = own(Column::Time);
    let mut bounds: Vec<String> = Vec::new();
    if let Some(time) = &time {
        let since = audit.since.map(|own| format!("{time} >= {}", dialect.moment(own)));
        let until = audit.until.map(|own| format!("{time} < {}", dialect.moment(own)));
        bounds.extend(since.into_iter().chain(until).map(|bound| format!("({time} IS NULL OR {bound})")));
    }
    let bounds =
        if bounds.is_empty() { String::new() } else { format!("\n  WHERE {}", bounds.join(" AND ")) };
    let time = time.unwrap_or_else(|| dialect.no_moment().to_owned());
    let (day_key, day) = match day {
        Some(day) => ("asked_day, ", format!(",\n    {day} AS asked_day")),
        None => ("", String::new()),
    };
    let (client_key, client_state) = match dialect.sketches() {
        true => ("", "\n  uniqState(nullIf(asked_client, '')) AS clients,"),
        false => (", asked_client", ""),
    };
    let query = format!(
        "SELECT {day_key}asked_host, asked_port, asked_scheme, asked_path{client_key},{client_state}
  count(*) AS requests, sum(asked_bytes) AS bytes,
  sum(CASE WHEN asked_verdict = 'denied' THEN 1 ELSE 0 END) AS denied,
  sum(CASE WHEN asked_verdict = 'authentication' THEN 1 ELSE 0 END) AS authentication,
  sum(asked_inspected) AS inspected,
  min(asked_time) AS first_seen, max(asked_time) AS last_seen
FROM (
  SELECT {host} AS asked_host,
    {port} AS asked_port,
    {scheme} AS asked_scheme,
    {path} AS asked_path,
    {client} AS asked_client,
    {bytes} AS asked_bytes,
    {verdict} AS asked_verdict,
    {inspected} AS asked_inspected,
    {time} AS asked_time{day}
  FROM {table}{bounds}
) AS asked
GROUP BY {day_key}asked_host, asked_port, asked_scheme, asked_path{client_key}",
        table = table(audit, dialect),
    );
    Step { name: "thruway_seen", what: "What was asked, requests that are alike as one row.", query }
}

/// Each host once, and what it is.
pub(super) fn hosts(dialect: &dyn Dialect) -> Step {
    let address = format!("{OCTET}([.]{OCTET}){{3}}");
    let four = dialect.whole("text", &address);
    let bytes = |text: &str, parts: std::ops::RangeInclusive<usize>| {
        parts.map(|at| dialect.byte(&dialect.part(text, at))).collect::<Vec<_>>().join(" || ")
    };
    // `:1:ab` is made `:0001:000ab`, and that `000100ab`.
    let padded = |text: &str| {
        let all = dialect.group(&format!("replace(':' || {text}, ':', ':000')"), ":0{0,3}([0-9a-f]{4})");
        format!("CASE WHEN {text} = '' THEN '' ELSE {all} END")
    };
    let groups = |text: &str| {
        format!("CASE WHEN {text} = '' THEN 0 ELSE length({text}) - length(replace({text}, ':', '')) + 1 END")
    };
    let query = format!(
        "SELECT asked_host,
  CASE
    WHEN digits <> '' THEN 'address'
    WHEN {is_name} AND NOT {is_bad} AND NOT {is_number} AND {octets} <= 253 THEN 'name'
    WHEN NOT {is_ascii} AND {is_utf8} THEN 'unread'
    ELSE 'none' END AS kind,
  CASE WHEN {encoded} THEN 1 ELSE 0 END AS is_unchecked,
  text AS name, digits
FROM (
  SELECT asked_host, text, cut,
    CASE
      WHEN {four} THEN '4/' || {four_digits}
      WHEN {plain_six} THEN '6/' || {padded_six}
      WHEN {short_six} AND left_groups + right_groups <= 7
        THEN '6/' || {padded_left} || repeat('0000', 8 - left_groups - right_groups) || {padded_right}
      ELSE '' END AS digits
  FROM (
    SELECT asked_host, text, cut, six, left_part, right_part,
      {left_groups} AS left_groups, {right_groups} AS right_groups
    FROM (
      SELECT asked_host, text, cut, six,
        CASE WHEN {gap} > 0 THEN substr(six, 1, {gap} - 1) ELSE '' END AS left_part,
        CASE WHEN {gap} > 0 THEN substr(six, {gap} + 2) ELSE '' END AS right_part
      FROM (
        SELECT asked_host, text, cut,
          CASE WHEN {tail_is_four}
            THEN substr(colons, 1, length(colons) - length(tail)) || {tail_high} || ':' || {tail_low}
            ELSE colons END AS six
        FROM (
          SELECT asked_host, text, cut, colons, {tail} AS tail
          FROM (
            SELECT asked_host, cut, lower(cut) AS text,
              CASE WHEN {is_colons} THEN lower(cut) ELSE '' END AS colons
            FROM (
              SELECT asked_host, CASE WHEN {dot} THEN substr(bare, 1, length(bare) - 1) ELSE bare END AS cut
              FROM (
                SELECT asked_host,
                  CASE WHEN {open} AND {close} THEN substr(asked_host, 2, length(asked_host) - 2)
                    ELSE asked_host END AS bare
                FROM (SELECT DISTINCT asked_host FROM thruway_seen) AS hosts_0
              ) AS hosts_1
            ) AS hosts_2
          ) AS hosts_3
        ) AS hosts_4
      ) AS hosts_5
    ) AS hosts_6
  ) AS hosts_7
) AS hosts_8",
        is_name = dialect.whole("cut", "[A-Za-z0-9_.-]+"),
        is_bad = dialect.whole("cut", "([.].*|.*[.]|.*[.][.].*|.*[^.]{64}.*)"),
        is_number = dialect.whole("text", "(.*[.])?([0-9]+|0x[0-9a-f]*|-+)"),
        octets = dialect.octets("cut"),
        is_ascii = dialect.whole("cut", "[\\x00-\\x7f]*"),
        is_utf8 = dialect.is_utf8("cut"),
        encoded = dialect.whole("text", "(.*[.])?xn--[a-z0-9_.-]*"),
        four_digits = bytes("text", 1..=4),
        plain_six = dialect.whole("six", "[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}"),
        padded_six = padded("six"),
        short_six = dialect.whole("six", &format!("({GROUPS})?::({GROUPS})?")),
        padded_left = padded("left_part"),
        padded_right = padded("right_part"),
        left_groups = groups("left_part"),
        right_groups = groups("right_part"),
        gap = dialect.find("six", "::"),
        tail_is_four = dialect.whole("tail", &address),
        tail_high = bytes("tail", 1..=2),
        tail_low = bytes("tail", 3..=4),
        tail = dialect.extract("colons", ":([0-9]+[.][0-9.]*)$"),
        is_colons = dialect.whole("cut", "[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"),
        dot = dialect.ends("bare", "'.'"),
        open = dialect.begins("asked_host", "'['"),
        close = dialect.ends("asked_host", "']'"),
    );
    Step {
        name: "thruway_hosts",
        what: "Every host once, and whether it is a name, an address or neither.",
        query,
    }
}

/// Each host under its keys.
pub(super) fn keys(dialect: &dyn Dialect) -> Step {
    Step {
        name: "thruway_keys",
        what: "Names under the whole labels that they end in, addresses under the digits that they begin with.",
        query: dialect.keys(),
    }
}

/// The rules that hosts are of.
pub(super) fn near(dialect: &dyn Dialect) -> Step {
    let query = format!(
        "SELECT own.asked_host AS asked_host, own.name AS name, own.kind AS kind, rule, scheme, low, high, path, is_prefix
FROM thruway_keys AS own INNER JOIN thruway_policy AS policy ON own.key = policy.key
WHERE (policy.place = own.place OR policy.place = 'either')
  AND (policy.ends = '' OR {ends}) AND (policy.expression = '' OR {glob})",
        ends = dialect.ends("own.name", "policy.ends"),
        glob = dialect.glob("own.name", "policy.expression"),
    );
    Step { name: "thruway_near", what: "The rules that are about a host, whatever is asked of it.", query }
}

/// The rules that requests are of.
pub(super) fn matched(dialect: &dyn Dialect) -> Step {
    let query = format!(
        "SELECT asked.asked_host AS asked_host, asked_port, asked_scheme, asked_path, rule, name, kind
FROM (SELECT DISTINCT asked_host, asked_port, asked_scheme, asked_path FROM thruway_seen) AS asked
INNER JOIN thruway_near AS near ON asked.asked_host = near.asked_host
WHERE asked_port BETWEEN low AND high
  AND (scheme = 'any' OR scheme = asked_scheme)
  AND (path = '' OR asked_path = ''
    OR ({begins} AND (is_prefix = 1 OR asked_path = path OR {below})))",
        begins = dialect.begins("asked_path", "path"),
        below = dialect.begins("asked_path", "path || '/'"),
    );
    Step {
        name: "thruway_matched",
        what: "The rules that a request is of: host, port, scheme and path.",
        query,
    }
}

/// All steps, in order.
pub(super) fn steps(audit: &Audit, dialect: &dyn Dialect, day: Option<&str>) -> Vec<Step> {
    vec![seen(audit, dialect, day), hosts(dialect), keys(dialect), near(dialect), matched(dialect)]
}

/// What joins the requests with the rules that they are of.
pub(super) const SAME: &str = "own.asked_host = seen.asked_host AND own.asked_port = seen.asked_port
  AND own.asked_scheme = seen.asked_scheme AND own.asked_path = seen.asked_path";

/// The answers, in order.
pub(super) fn answers(audit: &Audit, dialect: &dyn Dialect) -> Vec<Answer> {
    let clients = match dialect.sketches() {
        true => "uniqMerge(seen.clients)",
        false => "count(DISTINCT nullif(seen.asked_client, ''))",
    };
    let answer = |name, what: &str, query: String| Answer { name, what: what.to_owned(), query };
    let sums = "sum(seen.requests) AS requests";
    vec![
        answer(
            "endpoints",
            "Every rule that was used: how often, by how many clients, what became of it, and when.",
            format!(
                "SELECT rules.rule AS rule, rules.pattern AS pattern, requests, bytes, clients, denied, authentication,
  inspected, first_seen, last_seen
FROM (
  SELECT rule, {sums}, sum(seen.bytes) AS bytes, {clients} AS clients, sum(seen.denied) AS denied,
    sum(seen.authentication) AS authentication, sum(seen.inspected) AS inspected,
    min(seen.first_seen) AS first_seen, max(seen.last_seen) AS last_seen
  FROM thruway_seen AS seen INNER JOIN thruway_matched AS own ON {SAME}
  GROUP BY rule
) AS used
INNER JOIN thruway_rules AS rules ON used.rule = rules.rule
ORDER BY requests DESC, rule"
            ),
        ),
        answer(
            "totals",
            "All requests, those without a host, of a host that is not ASCII, of a name whose `xn--` was not checked, and \
             of no rule.",
            format!(
                "SELECT sum(seen.requests) AS requests,
  sum(CASE WHEN kind = 'none' THEN seen.requests ELSE 0 END) AS no_host,
  sum(CASE WHEN kind = 'unread' THEN seen.requests ELSE 0 END) AS unread,
  sum(CASE WHEN kind = 'name' AND is_unchecked = 1 THEN seen.requests ELSE 0 END) AS unchecked,
  sum(CASE WHEN kind IN ('name', 'address') AND coalesce(is_matched, 0) = 0 THEN seen.requests ELSE 0 END) AS others,
  min(seen.first_seen) AS first_seen, max(seen.last_seen) AS last_seen
FROM thruway_seen AS seen
INNER JOIN thruway_hosts AS hosts ON seen.asked_host = hosts.asked_host
LEFT JOIN (
  SELECT DISTINCT asked_host, asked_port, asked_scheme, asked_path, 1 AS is_matched FROM thruway_matched
) AS own ON {SAME}"
            ),
        ),
        answer(
            "wildcards",
            "The hosts behind rules of many hosts, the most frequent of each.",
            format!(
                "SELECT rule, pattern, name, requests, denied
FROM (
  SELECT own.rule AS rule, pattern, name, {sums}, sum(seen.denied) AS denied,
    row_number() OVER (PARTITION BY own.rule ORDER BY sum(seen.requests) DESC, name) AS place
  FROM thruway_seen AS seen INNER JOIN thruway_matched AS own ON {SAME}
  INNER JOIN thruway_rules AS rules ON own.rule = rules.rule
  WHERE kind = 'name' AND is_wild = 1
  GROUP BY own.rule, pattern, name
) AS hosts
WHERE place <= {top}
ORDER BY rule, requests DESC, name",
                top = audit.top_hosts
            ),
        ),
        answer(
            "required",
            "What is required and was never asked for.",
            "SELECT rules.rule AS rule, rules.pattern AS pattern
FROM thruway_rules AS rules
LEFT JOIN (SELECT DISTINCT rule, 1 AS is_used FROM thruway_matched) AS own ON rules.rule = own.rule
WHERE is_required = 1 AND coalesce(is_used, 0) = 0
ORDER BY rule"
                .to_owned(),
        ),
        answer(
            "near",
            "Hosts of the policy that were asked by another port, scheme or path than it says.",
            format!(
                "SELECT name, kind, {sums}, sum(seen.denied) AS denied
FROM thruway_seen AS seen
INNER JOIN (SELECT DISTINCT asked_host, name, kind FROM thruway_near) AS near ON seen.asked_host = near.asked_host
LEFT JOIN (
  SELECT DISTINCT asked_host, asked_port, asked_scheme, asked_path, 1 AS is_matched FROM thruway_matched
) AS own ON {SAME}
WHERE coalesce(is_matched, 0) = 0
GROUP BY name, kind
ORDER BY requests DESC, name
LIMIT {top}",
                top = audit.top_near
            ),
        ),
        answer(
            "unread",
            "Hosts that are not ASCII, and names whose `xn--` was not checked: `thruway match` says what they are.",
            format!(
                "SELECT name, kind, {sums}
FROM thruway_seen AS seen INNER JOIN thruway_hosts AS hosts ON seen.asked_host = hosts.asked_host
WHERE kind = 'unread' OR (kind = 'name' AND is_unchecked = 1)
GROUP BY name, kind
ORDER BY requests DESC, name
LIMIT {top}",
                top = audit.top_near
            ),
        ),
    ]
}
