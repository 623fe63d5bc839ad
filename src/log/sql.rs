//! The audit of a log as a query, for logs that live in a cluster: the policy goes to the log, and not the log to it.
//!
//! The policy is a table ([`policy`]), and an engine joins the hosts of its log with it by equality of keys. What a
//! request is of is what [`RequestPattern::matches`](crate::model::RequestPattern::matches) says; tests hold the table to
//! that, and run the queries on the engines.

pub mod clickhouse;
pub mod columns;
pub mod duckdb;
pub mod kql;
pub mod policy;
#[cfg(feature = "verify")]
pub mod server;
pub mod spark;
pub mod spl;
pub mod steps;

use columns::Columns;
use policy::{Entry, Rule};

use crate::model::{HostPattern, Requirement};

/// Rows of the policy that are still written into the query where a file beside it may hold them.
pub const MOST_INLINE: usize = 1000;

/// An engine that keeps logs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// ClickHouse.
    ClickHouse,
    /// DuckDB.
    DuckDb,
    /// Spark SQL.
    Spark,
    /// Microsoft Sentinel, Azure Data Explorer.
    Kql,
    /// Splunk.
    Spl,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::ClickHouse, Self::DuckDb, Self::Spark, Self::Kql, Self::Spl];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClickHouse => "clickhouse",
            Self::DuckDb => "duckdb",
            Self::Spark => "spark",
            Self::Kql => "kql",
            Self::Spl => "spl",
        }
    }

    /// What is written for it.
    ///
    /// # Errors
    /// When a name cannot be written in the language of the engine.
    pub fn write(self, audit: &Audit) -> Result<Vec<File>, spl::SplError> {
        Ok(match self {
            Self::ClickHouse => clickhouse::write(audit),
            Self::DuckDb => duckdb::write(audit),
            Self::Spark => spark::write(audit),
            Self::Kql => kql::write(audit),
            Self::Spl => return spl::write(audit),
        })
    }
}

/// A file, the first of which is the query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub text: String,
}

/// What is asked, and of which table.
#[derive(Clone, Debug)]
pub struct Audit {
    /// Lines about who made this of what, without control characters.
    pub banner: Vec<String>,
    /// The rules, by number.
    pub rules: Vec<Rule>,
    /// The same as a table.
    pub entries: Vec<Entry>,
    /// The table with the log; dots divide a database from it.
    pub table: String,
    /// Where the table has what.
    pub columns: Columns,
    /// Milliseconds since 1970 before which requests do not count.
    pub since: Option<i64>,
    /// Milliseconds since 1970 from which on requests do not count.
    pub until: Option<i64>,
    /// Most hosts that are told of a rule.
    pub top_hosts: usize,
    /// Most hosts beside the policy that are told.
    pub top_near: usize,
    /// Whether files may be written beside the query.
    pub may_split: bool,
}

impl Audit {
    /// Of these rules, of a table that is called as the documentation calls it.
    pub fn new(rules: Vec<Rule>) -> Self {
        let entries = policy::entries(rules.iter().map(|own| &own.pattern));
        Self {
            banner: Vec::new(),
            rules,
            entries,
            table: "proxy_log".to_owned(),
            columns: Columns::default(),
            since: None,
            until: None,
            top_hosts: super::tally::MOST_HOSTS,
            top_near: super::tally::MOST_NEAR,
            may_split: false,
        }
    }

    /// Whether the policy goes into files beside the query.
    fn splits(&self) -> bool {
        self.may_split && self.entries.len() > MOST_INLINE
    }

    /// The lines of comment that every query begins with.
    fn head(&self, mark: &str) -> String {
        // Some clients look for the end of a statement or a text in comments, too.
        let plain = |line: &String| line.replace([';', '\'', '"', '`'], " ");
        self.banner.iter().map(|line| format!("{mark} {}\n", plain(line))).collect()
    }

    /// The rows of the table of rules: number, pattern, whether it is required, whether it is of many hosts.
    fn rule_rows(&self) -> impl Iterator<Item = (usize, String, bool, bool)> {
        self.rules.iter().enumerate().map(|(number, own)| {
            let is_wild = !matches!(own.pattern.host, HostPattern::Exact(_));
            (number, own.pattern.to_string(), own.requirement == Requirement::Required, is_wild)
        })
    }

    /// Rows of both tables as tuples of SQL: rules, then entries.
    fn tuples(&self, text: impl Fn(&str) -> String) -> (Vec<String>, Vec<String>) {
        let rules = self.rule_rows().map(|(number, pattern, is_required, is_wild)| {
            format!("({number}, {}, {}, {})", text(&pattern), u8::from(is_required), u8::from(is_wild))
        });
        let entries = self
            .entries
            .iter()
            .map(|own| format!("({})", values(own, &text, &u8::from(own.is_prefix).to_string())));
        (rules.collect(), entries.collect())
    }

    /// The table of rules as CSV with titles.
    fn rules_csv(&self) -> String {
        csv(
            &RULE_COLUMNS,
            self.rule_rows().map(|(number, pattern, is_required, is_wild)| {
                vec![
                    number.to_string(),
                    pattern,
                    u8::from(is_required).to_string(),
                    u8::from(is_wild).to_string(),
                ]
            }),
        )
    }

    /// The table of the policy as CSV with titles.
    fn policy_csv(&self) -> String {
        csv(
            &POLICY_COLUMNS,
            self.entries.iter().map(|own| {
                vec![
                    own.rule.to_string(),
                    own.key.clone(),
                    own.place.as_str().to_owned(),
                    own.ends.clone(),
                    own.glob.clone(),
                    own.scheme.to_owned(),
                    own.low.to_string(),
                    own.high.to_string(),
                    own.path.clone(),
                    u8::from(own.is_prefix).to_string(),
                ]
            }),
        )
    }
}

/// The values of an entry, in the order of [`POLICY_COLUMNS`], with a comma between. `is_prefix` is how the language writes it.
fn values(own: &Entry, text: impl Fn(&str) -> String, is_prefix: &str) -> String {
    let Entry { rule, key, place, ends, glob, scheme, low, high, path, .. } = own;
    let texts = [key, place.as_str(), ends, glob, scheme].map(&text).join(", ");
    format!("{rule}, {texts}, {low}, {high}, {}, {is_prefix}", text(path))
}

/// The columns of the table of rules.
const RULE_COLUMNS: [&str; 4] = ["rule", "pattern", "is_required", "is_wild"];

/// The columns of the table of the policy.
const POLICY_COLUMNS: [&str; 10] =
    ["rule", "key", "place", "ends", "expression", "scheme", "low", "high", "path", "is_prefix"];

// NOTE: an engine takes these fields as they are, so nothing is put before a text that a spreadsheet might take for a
// formula. None can be one that does anything: names are of letters, digits, `-`, `_`, `.` and `*`, paths begin with `/`.
fn csv(titles: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer =
        csv::WriterBuilder::new().quote_style(csv::QuoteStyle::NonNumeric).from_writer(Vec::new());
    let written = writer
        .write_record(titles)
        .and_then(|()| rows.into_iter().try_for_each(|row| writer.write_record(row)));
    written.expect("internal error: a row of CSV");
    let bytes = writer.into_inner().unwrap_or_else(|_| unreachable!("internal error: no memory fails"));
    String::from_utf8(bytes).unwrap_or_else(|_| unreachable!("internal error: texts are UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::testing::pattern;

    fn rule(text: &str) -> Rule {
        Rule { pattern: pattern(text), requirement: Requirement::Required }
    }

    /// No name of the user's and no text of the policy ends what it stands in.
    #[test]
    fn hostile_names_stay_inside_of_their_quotes() {
        let columns = r#"host=h` "];DROP TABLE x;--,client=c\,bytes="#.parse().unwrap();
        let mut audit = Audit { columns, ..Audit::new(vec![rule("http://a.example.com/it's/*")]) };
        audit.table = "a`b\"c.d\\e".to_owned();
        audit.banner.push("'; DROP TABLE x".to_owned());
        for (engine, host, client, table) in [
            (Engine::DuckDb, r#""h` ""];DROP TABLE x;--""#, r#""c\""#, r#""a`b""c"."d\e""#),
            (Engine::ClickHouse, r#"`h\` "];DROP TABLE x;--`"#, r"`c\\`", r#"`a\`b"c`.`d\\e`"#),
            (Engine::Spark, r#"`h`` "];DROP TABLE x;--`"#, r"`c\`", r#"`a``b"c`.`d\e`"#),
            (Engine::Kql, r#"["h` \"];DROP TABLE x;--"]"#, r#"["c\\"]"#, r#"["a`b\"c"].["d\\e"]"#),
        ] {
            let text = &engine.write(&audit).unwrap()[0].text;
            for quoted in [host, client, table] {
                assert!(text.contains(quoted), "{}: {quoted}\n{text}", engine.as_str());
            }
            assert!(!text.contains("'; DROP"), "{}", engine.as_str());
        }
        assert!(Engine::Spl.write(&audit).is_err(), "Splunk has no way to write it");
    }

    #[test]
    fn a_large_policy_is_in_files() {
        let rules: Vec<Rule> =
            (0..=MOST_INLINE).map(|at| rule(&format!("https://h{at}.example.com"))).collect();
        let audit = Audit { may_split: true, ..Audit::new(rules) };
        for engine in [Engine::DuckDb, Engine::Spark] {
            let files = engine.write(&audit).unwrap();
            let names: Vec<&str> = files.iter().map(|own| own.name).collect();
            assert!(names.contains(&"rules.csv") && names.contains(&"policy.csv"), "{names:?}");
            assert!(!files[0].text.contains("h7.example.com"));
            let policy = &files.iter().find(|own| own.name == "policy.csv").unwrap().text;
            assert_eq!(policy.lines().count(), MOST_INLINE + 2);
            assert_eq!(
                policy.lines().nth(1),
                Some(r#"0,"h0.example.com","self","","","https",443,443,"",1"#)
            );
        }
    }
}
