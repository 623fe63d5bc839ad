//! The audit for ClickHouse.
//!
//! Source of the functions: <https://clickhouse.com/docs/sql-reference/functions>, ClickHouse 26.9 as chDB 4.4.0, run on
//! 2026-11-30.

use super::columns::Column;
use super::steps::{Answer, Dialect, SAME, answers, column, steps, table};
use super::{Audit, File, POLICY_COLUMNS, RULE_COLUMNS};

/// The language.
#[derive(Clone, Copy, Debug)]
pub struct ClickHouse;

impl Dialect for ClickHouse {
    fn text(&self, text: &str) -> String {
        // NOTE: a backslash means something in a literal and in a quoted name.
        format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
    }

    fn name(&self, name: &str) -> String {
        format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
    }

    fn whole(&self, text: &str, pattern: &str) -> String {
        format!("match({text}, {})", self.text(&format!("^(?s:{pattern})$")))
    }

    fn glob(&self, text: &str, column: &str) -> String {
        format!("match({text}, {column})")
    }

    fn extract(&self, text: &str, pattern: &str) -> String {
        format!("extract({text}, {})", self.text(pattern))
    }

    fn group(&self, text: &str, pattern: &str) -> String {
        format!("replaceRegexpAll({text}, {}, {})", self.text(pattern), self.text("\\1"))
    }

    fn begins(&self, text: &str, start: &str) -> String {
        format!("startsWith({text}, {start})")
    }

    fn ends(&self, text: &str, end: &str) -> String {
        format!("endsWith({text}, {end})")
    }

    fn find(&self, text: &str, part: &str) -> String {
        format!("position({text}, {})", self.text(part))
    }

    fn part(&self, text: &str, number: usize) -> String {
        format!("splitByChar('.', {text})[{number}]")
    }

    fn byte(&self, text: &str) -> String {
        format!("lower(hex(toUInt8OrZero({text})))")
    }

    fn octets(&self, text: &str) -> String {
        format!("length({text})")
    }

    fn is_utf8(&self, text: &str) -> String {
        format!("isValidUTF8({text})")
    }

    fn cut_path(&self, path: &str) -> String {
        format!("cutQueryStringAndFragment({})", self.as_text(path))
    }

    fn as_text(&self, value: &str) -> String {
        format!("ifNull(toString({value}), '')")
    }

    fn as_number(&self, value: &str, default: &str) -> String {
        format!("ifNull(accurateCastOrNull({value}, 'UInt64'), {default})")
    }

    fn moment(&self, milliseconds: i64) -> String {
        format!("fromUnixTimestamp64Milli(toInt64({milliseconds}))")
    }

    fn no_moment(&self) -> &'static str {
        "CAST(NULL AS Nullable(DateTime64(3)))"
    }

    fn sketches(&self) -> bool {
        true
    }

    fn keys(&self) -> String {
        "SELECT asked_host, name, kind, arrayStringConcat(arraySlice(labels, n), '.') AS key,
  if(n = 1, 'self', 'below') AS place
FROM (
  SELECT asked_host, name, kind, splitByChar('.', name) AS labels FROM thruway_hosts WHERE kind = 'name'
) AS names
ARRAY JOIN range(1, length(labels) + 2) AS n
UNION ALL
SELECT asked_host, name, kind, '/' || substr(digits, 1, n) AS key,
  if(n = length(digits), 'self', 'below') AS place
FROM (SELECT asked_host, name, kind, digits FROM thruway_hosts WHERE kind = 'address') AS addresses
ARRAY JOIN range(2, length(digits) + 1) AS n"
            .to_owned()
    }
}

/// One statement, with what it is for.
#[derive(Clone, Debug)]
pub struct Statement {
    /// A sentence.
    pub what: String,
    /// The statement, without a semicolon.
    pub query: String,
}

fn columns(names: &[&str]) -> String {
    let typed = names.iter().map(|own| match *own {
        "rule" => format!("{own} UInt32"),
        "low" | "high" => format!("{own} UInt16"),
        "is_prefix" | "is_required" | "is_wild" => format!("{own} UInt8"),
        _ => format!("{own} String"),
    });
    typed.collect::<Vec<_>>().join(", ")
}

/// The statements before the answers, in one session: temporary tables, of which nothing is left.
pub fn prepare(audit: &Audit) -> Vec<Statement> {
    let (rules, entries) = audit.tuples(|text| ClickHouse.text(text));
    let mut statements = Vec::new();
    let mut add = |what: &str, query: String| statements.push(Statement { what: what.to_owned(), query });
    for (what, name, names, rows) in [
        ("The rules, by number.", "thruway_rules", &RULE_COLUMNS[..], rules),
        (
            "The policy: a row for each key and range of ports of a rule.",
            "thruway_policy",
            &POLICY_COLUMNS[..],
            entries,
        ),
    ] {
        add(what, format!("CREATE TEMPORARY TABLE {name} ({})", columns(names)));
        // A server takes a statement of 256 KiB, but for the rows of an INSERT.
        if !rows.is_empty() {
            add(what, format!("INSERT INTO {name} VALUES\n{}", rows.join(",\n")));
        }
    }
    for step in steps(audit, &ClickHouse, None) {
        add(step.what, format!("CREATE TEMPORARY TABLE {} AS\n{}", step.name, step.query));
    }
    statements
}

/// The answers.
pub fn ask(audit: &Audit) -> Vec<Answer> {
    answers(audit, &ClickHouse)
}

/// The query.
pub fn write(audit: &Audit) -> Vec<File> {
    let mut query = audit.head("--");
    query += "--\n-- Run it: clickhouse-client --queries-file audit.sql
-- Clients are estimated by `uniq`. The tables are temporary: nothing is left on the server.\n";
    let mut last = String::new();
    for Statement { what, query: own } in prepare(audit) {
        if last != what {
            query += &format!("\n-- {what}\n");
        }
        query += &format!("{own};\n");
        last = what;
    }
    for answer in ask(audit) {
        query += &format!("\n-- {}: {}\n{};\n", answer.name, answer.what, answer.query);
    }
    let mut files = vec![File { name: "audit.sql", text: query }];
    if audit.may_split {
        files.push(File { name: "load-squid.sql", text: LOADER.to_owned() });
        // Without a time there are no days.
        if let Some(time) = column(audit, &ClickHouse, Column::Time) {
            files.push(File { name: "continuous.sql", text: continuous(audit, &time) });
        }
    }
    files
}

/// The tables and the view by which every block of rows is audited once, when it is put into the table.
fn continuous(audit: &Audit, time: &str) -> String {
    let (rules, entries) = audit.tuples(|text| ClickHouse.text(text));
    let mut text = audit.head("--");
    text += &format!(
        "--
-- Audits what is put into {from} from now on, block by block, per day and rule, into the table `thruway_daily`:
--   SELECT rules.pattern, sum(requests), uniqMerge(clients), max(last_seen)
--   FROM thruway_daily INNER JOIN thruway_rules AS rules USING (rule) WHERE day >= today() - 30 GROUP BY pattern
-- Where the policy changes, run it again under another name of the database: numbers of rules are those of one policy.

CREATE TABLE thruway_rules ({}) ENGINE = MergeTree ORDER BY rule;
CREATE TABLE thruway_policy ({}) ENGINE = MergeTree ORDER BY key;
",
        columns(&RULE_COLUMNS),
        columns(&POLICY_COLUMNS),
        from = table(audit, &ClickHouse),
    );
    for (name, rows) in [("thruway_rules", rules), ("thruway_policy", entries)] {
        if !rows.is_empty() {
            text += &format!("\nINSERT INTO {name} VALUES\n{};\n", rows.join(",\n"));
        }
    }
    let sum = |name: &str| format!("{name} SimpleAggregateFunction(sum, UInt64)");
    let sums = ["requests", "bytes", "denied", "authentication", "inspected"].map(sum).join(",\n  ");
    let own = Audit { since: None, until: None, ..audit.clone() };
    let with = steps(&own, &ClickHouse, Some(&format!("toDate({time})")))
        .iter()
        .map(|step| format!("-- {}\n{} AS (\n{}\n)", step.what, step.name, step.query))
        .collect::<Vec<_>>()
        .join(",\n");
    text += &format!(
        "
CREATE TABLE thruway_daily (
  day Date, rule UInt32,
  {sums},
  clients AggregateFunction(uniq, Nullable(String)),
  first_seen SimpleAggregateFunction(min, DateTime64(3, 'UTC')), last_seen SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
) ENGINE = AggregatingMergeTree PARTITION BY toYYYYMM(day) ORDER BY (day, rule);

CREATE MATERIALIZED VIEW thruway_daily_view TO thruway_daily AS
WITH
{with}
SELECT asked_day AS day, rule, sum(seen.requests) AS requests, sum(seen.bytes) AS bytes, sum(seen.denied) AS denied,
  sum(seen.authentication) AS authentication, sum(seen.inspected) AS inspected, uniqMergeState(seen.clients) AS clients,
  min(seen.first_seen) AS first_seen, max(seen.last_seen) AS last_seen
FROM thruway_seen AS seen INNER JOIN thruway_matched AS own ON {SAME}
GROUP BY day, rule;
"
    );
    text
}

/// Reads a log of Squid's own format into the table. What a line says is what the reader of this program says of it.
const LOADER: &str = r#"-- Reads `access.log` of Squid's own format into the table `proxy_log`:
--   clickhouse-local --path logs --queries-file load-squid.sql
-- On a server `file` reads from its folder `user_files`, or take s3(…, LineAsString) in its place.
-- Lines that are no record, and those of no request, are counted in the answer and are in no table.

CREATE TABLE IF NOT EXISTS proxy_log (
  time DateTime64(3, 'UTC'), client String, host String, port UInt16, scheme LowCardinality(String),
  path Nullable(String), bytes UInt64, verdict LowCardinality(String), inspected Nullable(Bool)
) ENGINE = MergeTree PARTITION BY toDate(time) ORDER BY (host, port, scheme, time);

INSERT INTO proxy_log
SELECT fromUnixTimestamp64Milli(assumeNotNull(milliseconds)), client, host,
  multiIf(port_text != '', assumeNotNull(port_number), is_https, 443, scheme = 'http', 80, 21),
  if(is_https, 'https', scheme),
  if(has_scheme, substr(rest, length(user_and_place) + 1), NULL),
  assumeNotNull(bytes),
  multiIf(NOT (startsWith(result, 'TCP_DENIED') OR startsWith(result, 'UDP_DENIED')), 'passed',
    splitByChar('/', result, 2)[2] IN ('401', '407'), 'authentication', 'denied'),
  if(is_https, method != 'CONNECT', NULL)
FROM (
  SELECT splitByRegexp(' +', replaceRegexpOne(replaceRegexpOne(line, '\\r$', ''), '^ +', '')) AS f,
    f[1] AS moment, f[3] AS client, f[4] AS result, f[6] AS method, f[7] AS url,
    if(match(moment, '^[0-9]{1,16}([.]([0-9]{0,2}|[0-9]{3}.*))?$'),
      toInt64OrNull(splitByChar('.', moment)[1]) * 1000
        + toInt64OrNull(rightPad(substr(splitByChar('.', moment)[2], 1, 3), 3, '0')), NULL) AS milliseconds,
    if(match(f[5], '^[0-9]+$'), accurateCastOrNull(f[5], 'UInt64'), NULL) AS bytes,
    match(url, '^[0-9A-Za-z]*://') AS has_scheme,
    if(has_scheme, lower(substr(url, 1, position(url, '://') - 1)), '') AS scheme,
    NOT has_scheme OR scheme = 'https' AS is_https,
    if(has_scheme, substr(url, position(url, '://') + 3), url) AS rest,
    splitByChar('/', splitByChar('?', splitByChar('#', rest)[1])[1])[1] AS user_and_place,
    splitByChar('@', user_and_place)[-1] AS place,
    countSubstrings(place, ':') = 1 AS has_port,
    multiIf(NOT startsWith(place, '['), if(has_port, splitByChar(':', place)[1], place),
      position(place, ']') > 0, substr(place, 2, position(place, ']') - 2), '') AS host,
    multiIf(NOT startsWith(place, '['), if(has_port, splitByChar(':', place)[2], ''),
      substr(place, position(place, ']') + 1, 1) = ':', substr(place, position(place, ']') + 2), '') AS port_text,
    if(match(port_text, '^[0-9]+$'), accurateCastOrNull(port_text, 'UInt16'), NULL) AS port_number
  FROM file('access.log*', LineAsString)
) AS records
WHERE length(f) >= 7 AND NOT startsWith(url, 'error:') AND milliseconds IS NOT NULL AND bytes IS NOT NULL
  AND host != '' AND (port_text = '' OR port_number IS NOT NULL);

-- lines: The lines of the files, and all requests of the table.
SELECT (SELECT count() FROM file('access.log*', LineAsString)) AS lines, (SELECT count() FROM proxy_log) AS requests;
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_names_are_quoted() {
        assert_eq!(ClickHouse.text(r"it's \' "), r"'it\'s \\\' '");
        assert_eq!(ClickHouse.name(r"a`b\"), r"`a\`b\\`");
    }
}
