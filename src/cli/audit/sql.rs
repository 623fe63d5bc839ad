//! `thruway audit sql`: the audit of a log as a query of the engine that keeps it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use jiff::civil::Date;

use super::super::output::Output;
use super::super::{Failure, Global, Outcome};
use super::log::milliseconds;
use crate::compile::Run;
use crate::log::sql::columns::Columns;
use crate::log::sql::policy::Rule;
use crate::log::sql::{Audit, Engine};
use crate::model::Intent;
use crate::opening::{Index, Opening};
use crate::profile::Profile;

/// The table that is asked, and how it is laid out.
#[derive(Args, Debug)]
pub(super) struct Table {
    /// Table with the log; dots divide a database from it
    #[arg(long, value_name = "NAME", default_value = "proxy_log", value_parser = table)]
    table: String,
    /// Where the table has what: `host=cs_host,port=expr:toUInt16(cs_port),path=`
    #[arg(long, value_name = "COLUMNS")]
    columns: Option<Columns>,
}

#[derive(Args, Debug)]
pub(super) struct Sql {
    /// Engine that keeps the log
    #[arg(long, value_name = "ENGINE", value_parser = PossibleValuesParser::new(Engine::ALL.map(Engine::as_str)))]
    engine: String,
    #[command(flatten)]
    table: Table,
    /// First day that counts, as 2026-11-01 (UTC)
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// First day that counts no more
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// Most hosts that are told of a kind [default: 256 of a rule, 1024 beside the policy]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Folder for the query with what belongs to it [default: the query alone, to stdout]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A name that may be quoted.
pub(super) fn table(text: &str) -> Result<String, &'static str> {
    match text.chars().any(char::is_control) || text.split('.').any(str::is_empty) {
        true => Err("not a table such as `proxy_log` or `logs.proxy_log`"),
        false => Ok(text.to_owned()),
    }
}

/// The rules of a policy with what their endpoints say.
pub(super) fn openings(profile: &Profile, run: &Run) -> Vec<Opening> {
    let endpoints = run.endpoints.iter().chain(&run.included);
    let index = Index::new(&run.sources, endpoints, &run.findings, &profile.select.platforms);
    run.policy.rules(Intent::Allow).iter().map(|rule| Opening::new(rule, &index)).collect()
}

/// The same for an engine.
pub(super) fn rules(openings: &[Opening]) -> Vec<Rule> {
    let rule = |own: &Opening| Rule { pattern: own.pattern.clone(), requirement: own.requirement };
    openings.iter().map(rule).collect()
}

impl Table {
    /// The audit of this table, of the time between two moments in milliseconds since 1970.
    pub(super) fn audit(&self, rules: Vec<Rule>, since: Option<i64>, until: Option<i64>) -> Audit {
        let columns = self.columns.clone().unwrap_or_default();
        Audit { table: self.table.clone(), columns, since, until, ..Audit::new(rules) }
    }
}

impl Sql {
    pub(super) fn run(&self, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
        let (profile, run) = global.run(output)?;
        let engine = Engine::ALL.into_iter().find(|own| own.as_str() == self.engine);
        let engine = engine.expect("internal error: an engine that is none");
        let since = self.since.map(milliseconds).transpose()?;
        let until = self.until.map(milliseconds).transpose()?;
        let mut audit = self.table.audit(rules(&openings(&profile, &run)), since, until);
        let banner = run.banner(&profile);
        audit.banner.push(format!("{}, profile {}", banner.generator, one_line(&banner.profile)));
        audit
            .banner
            .extend(banner.sources.iter().map(|(name, sha256)| format!("{} {sha256}", one_line(name))));
        audit.banner.push("This file is generated: edit the profile and write it again.".to_owned());
        if let Some(top) = self.top {
            (audit.top_hosts, audit.top_near) = (top, top);
        }
        audit.may_split = self.out.is_some();
        let files = engine.write(&audit).map_err(|error| Failure::Other(format!("--columns: {error}")))?;
        match &self.out {
            Some(dir) => {
                let names: Vec<&str> = files.iter().map(|own| own.name).collect();
                let files: BTreeMap<String, Vec<u8>> =
                    files.iter().map(|own| (own.name.to_owned(), own.text.clone().into_bytes())).collect();
                std::fs::create_dir_all(dir)
                    .map_err(|error| Failure::Other(format!("cannot make {}: {error}", dir.display())))?;
                for (name, bytes) in &files {
                    crate::write::file(&dir.join(name), bytes)?;
                }
                output.remark(&format!("{}: {}", dir.display(), names.join(", ")));
            }
            None => output.raw(files[0].text.as_bytes())?,
        }
        output.finish()?;
        Ok(Outcome::Clean)
    }
}

/// A text that cannot end a line of comment.
fn one_line(text: &str) -> String {
    crate::text::shown(text, 200)
}
