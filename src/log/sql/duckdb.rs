//! The audit for DuckDB.
//!
//! Source of the functions: <https://duckdb.org/docs/sql/functions/overview>, DuckDB 2.0.1, run on 2026-11-30.

use super::steps::{Answer, Dialect, answers, steps};
use super::{Audit, File, POLICY_COLUMNS, RULE_COLUMNS};

/// The language.
#[derive(Clone, Copy, Debug)]
pub struct DuckDb;

/// The table that is audited where no other is named.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS proxy_log (
  time TIMESTAMP, client VARCHAR, host VARCHAR, port INTEGER, scheme VARCHAR, path VARCHAR,
  bytes UBIGINT, verdict VARCHAR, inspected BOOLEAN
);";

impl Dialect for DuckDb {
    fn text(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    fn name(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn whole(&self, text: &str, pattern: &str) -> String {
        // A dot is any character, line ends too.
        format!("regexp_full_match({text}, {}, 's')", self.text(pattern))
    }

    fn glob(&self, text: &str, column: &str) -> String {
        format!("regexp_matches({text}, {column})")
    }

    fn extract(&self, text: &str, pattern: &str) -> String {
        format!("regexp_extract({text}, {}, 1)", self.text(pattern))
    }

    fn group(&self, text: &str, pattern: &str) -> String {
        format!("regexp_replace({text}, {}, '\\1', 'g')", self.text(pattern))
    }

    fn begins(&self, text: &str, start: &str) -> String {
        format!("starts_with({text}, {start})")
    }

    fn ends(&self, text: &str, end: &str) -> String {
        format!("ends_with({text}, {end})")
    }

    fn find(&self, text: &str, part: &str) -> String {
        format!("strpos({text}, {})", self.text(part))
    }

    fn part(&self, text: &str, number: usize) -> String {
        format!("split_part({text}, '.', {number})")
    }

    fn byte(&self, text: &str) -> String {
        format!("lower(lpad(to_hex(TRY_CAST({text} AS INTEGER)), 2, '0'))")
    }

    fn octets(&self, text: &str) -> String {
        format!("strlen({text})")
    }

    fn is_utf8(&self, _: &str) -> String {
        // DuckDB holds no other text.
        "TRUE".to_owned()
    }

    fn cut_path(&self, path: &str) -> String {
        format!("regexp_extract(CAST({path} AS VARCHAR), '^[^?#]*')")
    }

    fn as_text(&self, value: &str) -> String {
        format!("coalesce(CAST({value} AS VARCHAR), '')")
    }

    fn as_number(&self, value: &str, default: &str) -> String {
        format!("coalesce(TRY_CAST({value} AS HUGEINT), {default})")
    }

    fn moment(&self, milliseconds: i64) -> String {
        format!("epoch_ms({milliseconds})")
    }

    fn no_moment(&self) -> &'static str {
        "CAST(NULL AS TIMESTAMP)"
    }

    fn keys(&self) -> String {
        "SELECT asked_host, name, kind, array_to_string(labels[n:], '.') AS key,
  CASE WHEN n = 1 THEN 'self' ELSE 'below' END AS place
FROM (SELECT *, string_split(name, '.') AS labels FROM thruway_hosts WHERE kind = 'name') AS names,
  unnest(range(1, len(labels) + 2)) AS places(n)
UNION ALL
SELECT asked_host, name, kind, '/' || left(digits, n) AS key,
  CASE WHEN n = length(digits) THEN 'self' ELSE 'below' END AS place
FROM (SELECT * FROM thruway_hosts WHERE kind = 'address') AS addresses,
  unnest(range(2, length(digits) + 1)) AS places(n)"
            .to_owned()
    }
}

/// Rows that are in the query, or in a file beside it.
fn table(name: &str, columns: &[&str], rows: &[String], file: Option<&str>) -> String {
    let types = |column: &&str| match *column {
        "rule" | "low" | "high" | "is_prefix" | "is_required" | "is_wild" => "INTEGER",
        _ => "VARCHAR",
    };
    match file {
        Some(file) => {
            let columns: Vec<String> =
                columns.iter().map(|own| format!("'{own}': '{}'", types(own))).collect();
            format!(
                "CREATE OR REPLACE TEMP TABLE {name} AS
SELECT * FROM read_csv('{file}', header = true, auto_detect = false, quote = '\"', escape = '\"', force_not_null = ['key', 'ends', 'expression', 'path', 'pattern'], columns = {{{}}});\n",
                columns.join(", ")
            )
        }
        None => {
            let typed: Vec<String> = columns.iter().map(|own| format!("{own} {}", types(own))).collect();
            let mut text = format!("CREATE OR REPLACE TEMP TABLE {name} ({});\n", typed.join(", "));
            if !rows.is_empty() {
                text += &format!("INSERT INTO {name} VALUES\n{};\n", rows.join(",\n"));
            }
            text
        }
    }
}

/// The statements before the answers.
pub fn prepare(audit: &Audit) -> String {
    let (rules, entries) = audit.tuples(|text| DuckDb.text(text));
    let split = audit.splits();
    let mut text = String::from("-- The rules, by number.\n");
    text += &table("thruway_rules", &RULE_COLUMNS, &rules, split.then_some("rules.csv"));
    text += "\n-- The policy: a row for each key and range of ports of a rule.\n";
    text += &table("thruway_policy", &POLICY_COLUMNS, &entries, split.then_some("policy.csv"));
    for step in steps(audit, &DuckDb, None) {
        text +=
            &format!("\n-- {}\nCREATE OR REPLACE TEMP TABLE {} AS\n{};\n", step.what, step.name, step.query);
    }
    text
}

/// The answers.
pub fn ask(audit: &Audit) -> Vec<Answer> {
    answers(audit, &DuckDb)
}

/// The query, what reads a log of Squid into the table, and the policy where it is large.
pub fn write(audit: &Audit) -> Vec<File> {
    let mut query = audit.head("--");
    query += "--\n-- Run it: duckdb logs.duckdb < audit.sql\n-- Clients are counted exactly. Nothing is left in the database.\n\n";
    query += &prepare(audit);
    for answer in ask(audit) {
        query += &format!("\n-- {}: {}\n{};\n", answer.name, answer.what, answer.query);
    }
    let mut files = vec![File { name: "audit.sql", text: query }];
    if audit.may_split {
        files.push(File { name: "load-squid.sql", text: loader() });
    }
    if audit.splits() {
        files.push(File { name: "rules.csv", text: audit.rules_csv() });
        files.push(File { name: "policy.csv", text: audit.policy_csv() });
    }
    files
}

/// Reads a log of Squid's own format into the table. What a line says is what the reader of this program says of it.
fn loader() -> String {
    format!(
        r#"-- Reads `access.log` of Squid's own format into the table `proxy_log`:
--   duckdb logs.duckdb < load-squid.sql
-- Lines that are no record, those of no request, and those that are not UTF-8, which DuckDB does not hold, are counted
-- in the answer and are in no table.

{TABLE}

CREATE OR REPLACE TEMP TABLE squid_lines AS
SELECT string_split_regex(ltrim(rtrim(coalesce(line, ''), chr(13)), ' '), ' +') AS f
FROM read_csv('access.log*', columns = {{'line': 'VARCHAR'}}, delim = chr(1), quote = '', escape = '', header = false,
  auto_detect = false, strict_mode = false, max_line_size = 2097152, store_rejects = true, rejects_limit = 0);

CREATE OR REPLACE TEMP TABLE squid_requests AS
SELECT
  CASE WHEN regexp_full_match(f[1], '[0-9]{{1,16}}([.]([0-9]{{0,2}}|[0-9]{{3}}.*))?')
    THEN CAST(regexp_extract(f[1], '^[0-9]+') AS BIGINT) * 1000
      + CAST(rpad(regexp_extract(f[1], '[.]([0-9]{{0,3}})', 1), 3, '0') AS BIGINT) END AS milliseconds,
  f[3] AS client, f[4] AS result, f[6] AS method, f[7] AS url,
  CASE WHEN regexp_full_match(f[5], '[0-9]+') THEN TRY_CAST(f[5] AS UBIGINT) END AS bytes,
  lower(regexp_extract(f[7], '^([0-9A-Za-z]*)://', 1)) AS scheme,
  regexp_matches(f[7], '^[0-9A-Za-z]*://') AS has_scheme,
  regexp_extract(regexp_replace(f[7], '^[0-9A-Za-z]*://', ''), '^[^/?#]*') AS user_and_place,
  regexp_replace(regexp_replace(f[7], '^[0-9A-Za-z]*://', ''), '^[^/?#]*', '') AS path,
  regexp_replace(user_and_place, '^.*@', '') AS place
FROM squid_lines WHERE len(f) >= 7;

CREATE OR REPLACE TEMP TABLE squid_places AS
SELECT *,
  CASE
    WHEN starts_with(place, '[') THEN regexp_extract(place, '^\[([^\]]*)\]', 1)
    WHEN regexp_full_match(place, '[^:]*:[^:]*') THEN split_part(place, ':', 1)
    ELSE place END AS host,
  CASE
    WHEN starts_with(place, '[') THEN regexp_extract(place, '^\[[^\]]*\]:(.*)$', 1)
    WHEN regexp_full_match(place, '[^:]*:[^:]*') THEN split_part(place, ':', 2)
    ELSE '' END AS port_text,
  CASE WHEN regexp_full_match(port_text, '[0-9]+') THEN TRY_CAST(port_text AS USMALLINT) END AS port_number
FROM squid_requests WHERE NOT starts_with(url, 'error:');

INSERT INTO proxy_log
SELECT epoch_ms(milliseconds), client, host,
  CASE
    WHEN port_text <> '' THEN port_number
    WHEN NOT has_scheme OR scheme = 'https' THEN 443
    WHEN scheme = 'http' THEN 80
    ELSE 21 END,
  CASE WHEN NOT has_scheme OR scheme = 'https' THEN 'https' ELSE scheme END,
  CASE WHEN has_scheme THEN path END,
  bytes,
  CASE
    WHEN NOT regexp_matches(result, '^(TCP|UDP)_DENIED') THEN 'passed'
    WHEN regexp_full_match(result, '[^/]*/40[17]') THEN 'authentication'
    ELSE 'denied' END,
  CASE WHEN NOT has_scheme OR scheme = 'https' THEN method <> 'CONNECT' END
FROM squid_places
WHERE milliseconds IS NOT NULL AND bytes IS NOT NULL AND host <> '' AND (port_text = '' OR port_number IS NOT NULL);

-- lines: The lines of the files, those that are not UTF-8, and all requests of the table.
SELECT (SELECT count(*) FROM squid_lines) AS lines, (SELECT count(*) FROM reject_errors) AS not_utf8,
  (SELECT count(*) FROM proxy_log) AS requests;
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_names_are_quoted() {
        assert_eq!(DuckDb.text(r"it's \' "), r"'it''s \'' '");
        assert_eq!(DuckDb.name("a\"b\\"), "\"a\"\"b\\\"");
    }
}
