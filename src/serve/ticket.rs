//! What a change board decides on, for a version that waits: the ticket of what it changes of what is served.

use super::build::Made;
use super::store::Store;
use super::version::VersionId;
use crate::compile::written::Written;
use crate::compile::{self, POLICY, SETTINGS};
use crate::diff::{self, Side};
use crate::emit;
use crate::ticket::{Format, Inputs, Language, Ticket};
use crate::write::{Files, MANIFEST};

/// The formats of a ticket, each with the word that asks for it and the name of its file.
pub const TICKETS: [(&str, &str, Format); 7] = [
    ("md", "ticket.md", Format::Markdown),
    ("html", "ticket.html", Format::Html),
    ("xlsx", "ticket.xlsx", Format::Workbook),
    ("csv", "ticket.csv", Format::Csv),
    ("json", "ticket.json", Format::Json),
    ("servicenow", "ticket-servicenow.json", Format::ServiceNow),
    ("jira", "ticket-jira.json", Format::Jira),
];

/// What is kept of a run, by which a later one tells what it changes: what `thruway compile` writes beside its targets.
pub fn compiled_for(made: Made<'_>) -> Files {
    let mut files = compile::files(made.run, made.profile, made.compiled);
    files.retain(|name, _| [POLICY, SETTINGS, MANIFEST].contains(&name.as_str()));
    files
}

/// What a version was compiled for; nothing where that is not there, or by another version of this program.
pub fn side_of(store: &Store, id: &VersionId) -> Option<Side> {
    let written = Written::read(&store.compiled_for(id)).ok()?;
    let targets: Vec<&'static str> = emit::ALL.iter().map(|emitter| emitter.id()).collect();
    Side::of_folder(format!("version {id}"), &written, &targets).ok()
}

/// The tickets of a run, by the names of their files: of what it changes, else of all that it asks for. A format that
/// the profile says too little for is not among them.
pub fn tickets(made: Made<'_>, served: Option<&Side>) -> Files {
    let Made { profile, run, compiled, banner } = made;
    let for_devices = compiled
        .targets
        .iter()
        .filter(|own| compile::emitter(own.plan.target).is_some_and(|emitter| !emitter.tells_of_run()));
    let inputs = Inputs {
        settings: &profile.settings,
        profile: profile.file_name(),
        options: Vec::new(),
        not_yet: Vec::new(),
        banner,
        sources: &run.sources,
        policy: &run.policy,
        findings: &compiled.findings,
        waivers: &profile.waivers,
        products: for_devices.map(|own| (&own.plan, &own.artifacts[..])).collect(),
    };
    let name = profile.file_name().unwrap_or_default();
    let new = Side::of_run(name, run, profile);
    let diff = served.map(|old| diff::diff(old, &new));
    let ticket = match &diff {
        Some(diff) => Ticket::of_change(&inputs, diff),
        None => Ticket::of_policy(&inputs, &new),
    };
    let written = TICKETS.iter().filter_map(|(_, file, format)| {
        let bytes = ticket.write(*format, Language::En).ok()?;
        Some(((*file).to_owned(), bytes))
    });
    written.collect()
}
