//! The audit for Spark SQL, and what speaks it: Databricks, EMR.
//!
//! Source of the functions: <https://spark.apache.org/docs/latest/api/sql/>, Spark 4.3.0, run on 2026-11-30.

use super::steps::{Answer, Dialect, answers, steps};
use super::{Audit, File, POLICY_COLUMNS, RULE_COLUMNS};

/// The language.
#[derive(Clone, Copy, Debug)]
pub struct Spark;

impl Dialect for Spark {
    fn text(&self, text: &str) -> String {
        // NOTE: a backslash means something in a literal.
        format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
    }

    fn name(&self, name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    fn whole(&self, text: &str, pattern: &str) -> String {
        // A dollar sign is also before a line end that is last.
        format!("({text} RLIKE {})", self.text(&format!("^(?s:{pattern})\\z")))
    }

    fn glob(&self, text: &str, column: &str) -> String {
        format!("({text} RLIKE {column})")
    }

    fn extract(&self, text: &str, pattern: &str) -> String {
        format!("regexp_extract({text}, {}, 1)", self.text(pattern))
    }

    fn group(&self, text: &str, pattern: &str) -> String {
        format!("regexp_replace({text}, {}, '$1')", self.text(pattern))
    }

    fn begins(&self, text: &str, start: &str) -> String {
        format!("startswith({text}, {start})")
    }

    fn ends(&self, text: &str, end: &str) -> String {
        format!("endswith({text}, {end})")
    }

    fn find(&self, text: &str, part: &str) -> String {
        format!("instr({text}, {})", self.text(part))
    }

    fn part(&self, text: &str, number: usize) -> String {
        format!("split_part({text}, '.', {number})")
    }

    fn byte(&self, text: &str) -> String {
        format!("lower(lpad(hex(try_cast({text} AS INT)), 2, '0'))")
    }

    fn octets(&self, text: &str) -> String {
        format!("octet_length({text})")
    }

    fn is_utf8(&self, text: &str) -> String {
        format!("is_valid_utf8({text})")
    }

    fn cut_path(&self, path: &str) -> String {
        format!("regexp_extract({path}, '^[^?#]*', 0)")
    }

    fn as_text(&self, value: &str) -> String {
        format!("coalesce(CAST({value} AS STRING), '')")
    }

    fn as_number(&self, value: &str, default: &str) -> String {
        format!("coalesce(try_cast({value} AS DECIMAL(20, 0)), {default})")
    }

    fn moment(&self, milliseconds: i64) -> String {
        format!("timestamp_millis({milliseconds})")
    }

    fn no_moment(&self) -> &'static str {
        "CAST(NULL AS TIMESTAMP)"
    }

    fn keys(&self) -> String {
        "SELECT asked_host, name, kind, array_join(slice(labels, n, size(labels)), '.') AS key,
  CASE WHEN n = 1 THEN 'self' ELSE 'below' END AS place
FROM (
  SELECT asked_host, name, kind, split(name, '[.]') AS labels FROM thruway_hosts WHERE kind = 'name'
) AS names
LATERAL VIEW explode(sequence(1, size(labels) + 1)) AS n
UNION ALL
SELECT asked_host, name, kind, '/' || left(digits, n) AS key,
  CASE WHEN n = length(digits) THEN 'self' ELSE 'below' END AS place
FROM (SELECT asked_host, name, kind, digits FROM thruway_hosts WHERE kind = 'address') AS addresses
LATERAL VIEW explode(sequence(2, length(digits))) AS n"
            .to_owned()
    }
}

/// Rows that are in the query, or in a file beside it.
fn table(name: &str, columns: &[&str], rows: &[String], file: Option<&str>) -> String {
    let types = |column: &str| match column {
        "rule" | "low" | "high" | "is_prefix" | "is_required" | "is_wild" => "INT",
        _ => "STRING",
    };
    match file {
        Some(file) => {
            let columns: Vec<String> = columns.iter().map(|own| format!("{own} {}", types(own))).collect();
            format!(
                "CREATE OR REPLACE TEMPORARY VIEW {name} ({})\nUSING csv OPTIONS (path '{file}', header 'true', escape '\"');\n",
                columns.join(", ")
            )
        }
        None if rows.is_empty() => {
            let columns: Vec<String> =
                columns.iter().map(|own| format!("CAST(NULL AS {}) AS {own}", types(own))).collect();
            format!("CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT {} WHERE FALSE;\n", columns.join(", "))
        }
        None => format!(
            "CREATE OR REPLACE TEMPORARY VIEW {name} AS SELECT * FROM VALUES\n{}\nAS rows({});\n",
            rows.join(",\n"),
            columns.join(", ")
        ),
    }
}

/// The answers.
pub fn ask(audit: &Audit) -> Vec<Answer> {
    answers(audit, &Spark)
}

/// The query, and the policy where it is large.
pub fn write(audit: &Audit) -> Vec<File> {
    let (rules, entries) = audit.tuples(|text| Spark.text(text));
    let split = audit.splits();
    let mut query = audit.head("--");
    query += "--\n-- Run it: spark-sql -f audit.sql\n-- Clients are counted exactly. The views are temporary, and nothing is written.\n\n";
    query += "-- The rules, by number.\n";
    query += &table("thruway_rules", &RULE_COLUMNS, &rules, split.then_some("rules.csv"));
    query += "\n-- The policy: a row for each key and range of ports of a rule.\n";
    query += &table("thruway_policy", &POLICY_COLUMNS, &entries, split.then_some("policy.csv"));
    for step in steps(audit, &Spark, None) {
        query += &format!(
            "\n-- {}\nCREATE OR REPLACE TEMPORARY VIEW {} AS\n{};\n",
            step.what, step.name, step.query
        );
        query += &format!("CACHE TABLE {};\n", step.name);
    }
    for answer in ask(audit) {
        query += &format!("\n-- {}: {}\n{};\n", answer.name, answer.what, answer.query);
    }
    let mut files = vec![File { name: "audit.sql", text: query }];
    if split {
        files.push(File { name: "rules.csv", text: audit.rules_csv() });
        files.push(File { name: "policy.csv", text: audit.policy_csv() });
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_names_are_quoted() {
        assert_eq!(Spark.text(r"it's \' "), r"'it\'s \\\' '");
        assert_eq!(Spark.name(r"a`b\"), r"`a``b\`");
    }
}
