//! `thruway review`: what somebody should look at before it surprises them.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::output::{self, Output};
use super::{Failure, Format, Global, Outcome};
use crate::diag::visible;
use crate::review::{self, Audit, Item, MAX_AUDIT, Review};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// How many days ahead
    #[arg(long, value_name = "N", default_value_t = 30)]
    days: u16,
    /// What the last audit of logs said of the policy's patterns, as JSON
    #[arg(long, value_name = "FILE")]
    audit_log: Option<PathBuf>,
    /// Exit 1 if there is anything to look at
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let audit = arguments.audit_log.as_deref().map(audit).transpose()?;
    let (profile, run) = global.run(output)?;
    let review = review::review(&profile, &run, global.today(), arguments.days, audit.as_ref());
    match global.format() {
        Format::Json => output.json(&to_json(&review))?,
        Format::Human => print(&review, output)?,
    }
    output.finish()?;
    if global.format() == Format::Human {
        let mut said = match review.items.len() {
            0 => {
                let next = review.next.as_ref().and_then(|item| Some((item, item.expires?)));
                let next = next.map_or(String::new(), |(item, day)| {
                    format!("; next: {day}, {} {}", item.kind.as_str(), item.what)
                });
                let days = output::count(usize::from(arguments.days), "day");
                format!("nothing to look at in the next {days}{next}")
            }
            count => format!("{} to look at", output::count(count, "entry").replace("entrys", "entries")),
        };
        if review.unaudited > 0 {
            let rules = output::count(review.unaudited, "rule");
            said.push_str(&format!("; of {rules} the audit of logs says nothing"));
        }
        output.remark(&said);
    }
    Ok(if arguments.strict && !review.items.is_empty() { Outcome::Refused } else { Outcome::Clean })
}

/// The audit of logs in a file.
fn audit(path: &Path) -> Result<Audit, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Other(format!("{}: {error}", path.display()));
    let mut text = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| failed(&error))?;
    file.take(MAX_AUDIT as u64 + 1).read_to_end(&mut text).map_err(|error| failed(&error))?;
    if text.len() > MAX_AUDIT {
        return Err(failed(&format!("over {MAX_AUDIT} bytes")));
    }
    serde_json::from_slice(&text).map_err(|error| {
        failed(&format!("not {{\"endpoints\":[{{\"pattern\":…,\"requests\":N}}]}}: {error}"))
    })
}

fn print(review: &Review, output: &mut Output) -> Result<(), Failure> {
    if review.items.is_empty() {
        return Ok(());
    }
    let mut table = output::table(&["why", "what", "", "until", "owner", "where"], &[]);
    for item in &review.items {
        let Item { reason, expires, kind, what, owner, place } = item;
        table.add_row([
            reason.to_string(),
            kind.as_str().to_owned(),
            visible(what),
            expires.map_or("-".to_owned(), |day| day.to_string()),
            owner.as_deref().map_or("-".to_owned(), visible),
            visible(place),
        ]);
    }
    output.table(&table)
}

fn to_json(review: &Review) -> Value {
    let items = review.items.iter().map(|item| {
        json!({
            "reason": item.reason.as_str(),
            "kind": item.kind.as_str(),
            "what": item.what,
            "expires": item.expires.map(|day| day.to_string()),
            "owner": item.owner,
            "place": item.place,
        })
    });
    let next = review.next.as_ref().map(|item| {
        let day = item.expires.map(|day| day.to_string());
        json!({ "kind": item.kind.as_str(), "what": item.what, "expires": day, "place": item.place })
    });
    json!({ "items": items.collect::<Vec<_>>(), "next": next, "unaudited": review.unaudited })
}
