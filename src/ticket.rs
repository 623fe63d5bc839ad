//! The change ticket: what a change board decides on, and what a firewall team enters.
//!
//! A [`Ticket`] knows no language and no format. Without a former side it is of a whole policy, and everything is opened;
//! with one it is of what changes, and of nothing else. The formats are the modules below; those for reading share a
//! [`document`], those for entering (CSV, JSON, workbook) have a line for every line. Nothing is cut in silence: what has
//! no room says how much is missing and where the whole is.

mod commands;
mod csv;
mod document;
mod findings;
mod fit;
mod html;
mod jira;
mod json;
mod markdown;
mod messages;
mod product;
mod reasons;
mod servicenow;
mod sheets;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, Place};
use crate::diff::{Change, Diff, Direction, LeftOut, Restated, Reworded, SettingChange, Side, Unread, Why};
use crate::emit::Artifact;
use crate::emit::header;
use crate::model::{Intent, Policy, Ports, RequestPattern};
use crate::opening::{Index, Opening};
use crate::plan::{Banner, Plan};
use crate::profile::{Settings, Spanned, TicketFields, Waiver};
use crate::source::{Cell, SourceMap};

pub(crate) use csv::cell as spreadsheet_cell;
use findings::{Finding, findings};
pub use messages::Language;
use product::{Product, ProductChange};

/// How a ticket is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Format {
    /// GitHub's Markdown.
    Markdown,
    /// One page that loads nothing.
    Html,
    /// A workbook.
    Workbook,
    /// A line for every line and list.
    Csv,
    /// Everything, for programs.
    Json,
    /// The body of `POST /api/now/table/change_request`.
    ServiceNow,
    /// The body of `POST /rest/api/3/issue`.
    Jira,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] =
        [Self::Markdown, Self::Html, Self::Workbook, Self::Csv, Self::Json, Self::ServiceNow, Self::Jira];
}

/// Why a ticket is not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// An issue belongs to a project, and nobody can guess which.
    #[error("the profile names no Jira project")]
    NoJiraProject,
    /// A library failed, which is a bug.
    #[error("internal error: the ticket: {0}")]
    Library(String),
}

/// What a ticket is made of beside the lines.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The settings of the profile.
    pub settings: &'a Settings,
    /// How a command names the profile; nothing for the built-in one.
    pub profile: Option<String>,
    /// Options that every command needs, so that it looks at the same: `-A shared-hosting`.
    pub options: Vec<String>,
    /// What the profile has to say first, so that `compile` writes these files: lines of it. Nothing where it says so.
    pub not_yet: Vec<String>,
    /// Who makes it and from what.
    pub banner: &'a Banner,
    /// Every source.
    pub sources: &'a SourceMap,
    /// What is to be enforced.
    pub policy: &'a Policy,
    /// The findings, sorted.
    pub findings: &'a [Diagnostic],
    /// What somebody accepts.
    pub waivers: &'a [Spanned<Waiver>],
    /// The other targets, with what they write.
    pub products: Vec<(&'a Plan<'a>, &'a [Artifact])>,
}

/// Everything that a ticket says.
#[derive(Debug)]
pub struct Ticket<'a> {
    /// The profile's name.
    name: &'a str,
    /// How a command names the profile.
    profile: Option<String>,
    options: Vec<String>,
    /// What the profile does not say yet.
    not_yet: Vec<String>,
    fields: &'a TicketFields,
    banner: &'a Banner,
    /// What is compared, where it is a change.
    change: Option<&'a Diff<'a>>,
    /// Without the placeholder.
    proxies: Vec<&'a str>,
    added: Vec<Line<'a>>,
    /// To be entered though nothing opens: wider lines let them through until now.
    instead: Vec<Kept<'a>>,
    removed: Vec<Line<'a>>,
    /// No longer needed though nothing closes: wider lines let them through now.
    covered: Vec<Kept<'a>>,
    restated: &'a [Restated<'a>],
    /// What products do otherwise beside their lists.
    settings: &'a [SettingChange],
    left_out: Vec<NotOpened<'a>>,
    findings: Vec<Finding<'a>>,
    /// Findings about lines that do not change.
    other_findings: usize,
    /// What was left out before it became a line.
    unread: usize,
    waivers: Vec<Accepted<'a>>,
    products: Vec<Product>,
}

/// A waiver.
#[derive(Debug)]
struct Accepted<'a> {
    waiver: &'a Waiver,
    /// Whether its day has passed, so that it accepts nothing any more.
    is_expired: bool,
}

impl Accepted<'_> {
    /// Its last day, marked where that has passed.
    fn expires(&self, m: &messages::Messages) -> String {
        let day = self.waiver.expires.to_string();
        if self.is_expired { m.expired.fill([&day]) } else { day }
    }
}

/// A line that both sides of a change let through, and that stands on one alone.
#[derive(Debug)]
struct Kept<'a> {
    line: Line<'a>,
    /// Lines of the other side for the same hosts.
    by: Vec<&'a Opening>,
}

/// One line, with every list that it concerns in the same way.
#[derive(Debug)]
struct Line<'a> {
    opening: &'a Opening,
    intents: Vec<Intent>,
    /// How it leaves the other side, where there is one.
    change: Option<&'a Change<'a>>,
}

/// A line that a finding leaves out.
#[derive(Debug)]
struct NotOpened<'a> {
    opening: &'a Opening,
    intents: Vec<Intent>,
    code: Code,
}

impl<'a> Ticket<'a> {
    /// The ticket of a whole policy.
    pub fn of_policy(inputs: &Inputs<'a>, side: &'a Side) -> Self {
        let waivers = inputs.waivers.iter().collect();
        let shown = inputs.findings.iter().collect();
        Self {
            added: lines(&side.lists),
            unread: side.unread.len(),
            ..Self::new(inputs, left_out(&side.left_out, None), shown, waivers)
        }
    }

    /// The ticket of a change. `inputs` are those of its new side.
    pub fn of_change(inputs: &Inputs<'a>, diff: &'a Diff<'a>) -> Self {
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for joint in diff.joint() {
            let line =
                Line { opening: joint.change.opening, intents: joint.intents, change: Some(joint.change) };
            match joint.direction {
                Direction::Opened => added.push(line),
                Direction::Closed => removed.push(line),
            }
        }
        let left_out = left_out(&diff.new.left_out, Some(&diff.old.left_out));
        let touched = touched(inputs.policy, &added, &left_out);
        let unread: BTreeSet<&Unread> = diff.newly_unread.iter().copied().collect();
        let is_shown = |finding: &&Diagnostic| match &finding.place {
            _ if unread.contains(&Unread::of(finding)) => true,
            Place::Cell(cell) => touched.contains(cell),
            // What a product makes of the whole policy is no change of it; its lists are compared by themselves.
            Place::Run => finding.target.is_none(),
            Place::Profile { .. } | Place::File { .. } => true,
        };
        let is_waiver_of = |waiver: &Waiver| {
            let lines = added.iter().map(|own| (own.opening, &own.intents));
            let all = lines.chain(left_out.iter().map(|own| (own.opening, &own.intents)));
            all.into_iter().any(|(opening, intents)| {
                waiver.pattern == opening.pattern.host && intents.contains(&waiver.intent)
            })
        };
        let waivers = inputs.waivers.iter().filter(|own| is_waiver_of(&own.value)).collect::<Vec<_>>();
        let shown: Vec<&Diagnostic> = inputs.findings.iter().filter(is_shown).collect();
        let other_findings = inputs.findings.len() - shown.len();
        let mut ticket = Self {
            change: Some(diff),
            added,
            instead: kept(diff.intents.iter().map(|(&intent, list)| (intent, &list.reworded[..]))),
            removed,
            covered: kept(diff.intents.iter().map(|(&intent, list)| (intent, &list.covered[..]))),
            restated: &diff.restated,
            settings: &diff.settings,
            unread: diff.newly_unread.len(),
            other_findings,
            ..Self::new(inputs, left_out, shown, waivers)
        };
        for product in &mut ticket.products {
            let target = diff.targets.iter().find(|own| own.target == product.id);
            product.change = target.map(|target| {
                let count =
                    |of: fn(&crate::diff::TargetListDiff) -> usize| target.intents.values().map(of).sum();
                ProductChange {
                    opened: count(|own| own.opened.len()),
                    closed: count(|own| own.closed.len()),
                    beyond: count(|own| own.beyond.len()),
                }
            });
        }
        ticket
    }

    fn new(
        inputs: &Inputs<'a>,
        left_out: Vec<NotOpened<'a>>,
        shown: Vec<&'a Diagnostic>,
        waivers: Vec<&'a Spanned<Waiver>>,
    ) -> Self {
        let expired = |own: &Spanned<Waiver>| {
            inputs.findings.iter().any(|finding| {
                finding.code == Code::ExpiredWaiver
                    && matches!(finding.place, Place::Profile { line, .. } if line == own.line)
            })
        };
        let proxies = inputs.settings.proxies.iter().filter(|own| !own.is_placeholder());
        Self {
            name: &inputs.settings.name,
            profile: inputs.profile.clone(),
            options: inputs.options.clone(),
            not_yet: inputs.not_yet.clone(),
            fields: &inputs.settings.ticket,
            banner: inputs.banner,
            change: None,
            proxies: proxies.map(|own| own.as_str()).collect(),
            added: Vec::new(),
            instead: Vec::new(),
            removed: Vec::new(),
            covered: Vec::new(),
            restated: &[],
            settings: &[],
            unread: 0,
            left_out,
            findings: findings(shown, inputs.sources),
            other_findings: 0,
            waivers: waivers
                .into_iter()
                .map(|own| Accepted { waiver: &own.value, is_expired: expired(own) })
                .collect(),
            products: inputs
                .products
                .iter()
                .map(|(plan, files)| Product::new(plan, files, inputs.policy))
                .collect(),
        }
    }

    /// The ticket in a format and a language.
    ///
    /// # Errors
    /// When the profile lacks what the format needs.
    pub fn write(&self, format: Format, language: Language) -> Result<Vec<u8>, TicketError> {
        match format {
            Format::Markdown => markdown::write(self, language).map(String::into_bytes),
            Format::Html => html::write(self, language).map(String::into_bytes),
            Format::Workbook => sheets::write(self, language),
            Format::Csv => csv::write(self, language),
            Format::Json => Ok(json::write(self)),
            Format::ServiceNow => servicenow::write(self, language),
            Format::Jira => jira::write(self, language),
        }
    }

    /// The lines as CSV without a byte-order mark, for programs.
    ///
    /// # Errors
    /// When a library fails.
    pub fn table(&self) -> Result<Vec<u8>, TicketError> {
        csv::table(self, Language::En)
    }

    /// Who made it, from what.
    fn header(&self) -> Vec<String> {
        header::lines(self.banner)
    }

    /// Whether nothing is opened, closed or restated.
    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.restated.is_empty()
    }

    /// Whether products do something else all the same.
    fn changes_products(&self) -> bool {
        self.change.is_some_and(|diff| !diff.is_same() && diff.asks_the_same())
    }

    /// How many lines let something through.
    fn allowed(lines: &[Line<'_>]) -> usize {
        lines.iter().filter(|line| line.intents.contains(&Intent::Allow)).count()
    }

    /// The ports of what is to be let through.
    fn ports(&self) -> Ports {
        let allowed = self.added.iter().filter(|line| line.intents.contains(&Intent::Allow));
        Ports::from_ranges(allowed.flat_map(|line| line.opening.pattern.ports.ranges()))
    }

    /// The products that have one of these lists.
    fn devices(&self, intents: &[Intent]) -> impl Iterator<Item = &Product> {
        self.products.iter().filter(|own| intents.iter().any(|intent| own.intents.contains(intent)))
    }

    /// The same, for people.
    fn device_names(&self, intents: &[Intent]) -> String {
        self.devices(intents).map(|own| own.title.as_str()).collect::<Vec<_>>().join("; ")
    }

    /// Every product, for people.
    fn all_device_names(&self) -> String {
        self.products.iter().map(|own| own.title.as_str()).collect::<Vec<_>>().join("; ")
    }

    /// How many of the opened destinations each risk concerns.
    fn risks(&self) -> BTreeMap<Code, usize> {
        let mut risks = BTreeMap::new();
        let patterns: BTreeMap<&RequestPattern, &Opening> =
            self.added.iter().map(|line| (&line.opening.pattern, line.opening)).collect();
        for risk in patterns.values().flat_map(|opening| &opening.risks) {
            *risks.entry(*risk).or_default() += 1;
        }
        risks
    }
}

/// The lines of a whole policy as CSV, as [`Ticket::table`] writes those of a ticket that names no products.
///
/// # Errors
/// When a library fails.
pub fn policy_table(
    policy: &Policy,
    index: &Index<'_>,
    fields: &TicketFields,
) -> Result<Vec<u8>, TicketError> {
    csv::policy_table(policy, index, fields.source.as_deref().unwrap_or_default())
}

/// The lines of all lists, those that are alike as one, by pattern.
fn lines(lists: &BTreeMap<Intent, Vec<Opening>>) -> Vec<Line<'_>> {
    let mut lines: BTreeMap<(&RequestPattern, &[String]), Line<'_>> = BTreeMap::new();
    for (&intent, list) in lists {
        for opening in list {
            lines
                .entry((&opening.pattern, &opening.places))
                .or_insert_with(|| Line { opening, intents: Vec::new(), change: None })
                .intents
                .push(intent);
        }
    }
    lines.into_values().collect()
}

/// Lines that stand on one side alone, those that are alike as one, by pattern.
fn kept<'a>(lists: impl Iterator<Item = (Intent, &'a [Reworded<'a>])>) -> Vec<Kept<'a>> {
    let mut lines: BTreeMap<(&RequestPattern, &[String], Vec<&RequestPattern>), Kept<'a>> = BTreeMap::new();
    for (intent, list) in lists {
        for Reworded { opening, by } in list {
            let key = (&opening.pattern, &opening.places[..], by.iter().map(|own| &own.pattern).collect());
            lines
                .entry(key)
                .or_insert_with(|| Kept {
                    line: Line { opening, intents: Vec::new(), change: None },
                    by: by.clone(),
                })
                .line
                .intents
                .push(intent);
        }
    }
    lines.into_values().collect()
}

/// What findings leave out; of a change only what they did not leave out before.
fn left_out<'a>(
    new: &'a BTreeMap<Intent, Vec<LeftOut>>,
    old: Option<&BTreeMap<Intent, Vec<LeftOut>>>,
) -> Vec<NotOpened<'a>> {
    let mut lines: BTreeMap<(&RequestPattern, Code), NotOpened<'a>> = BTreeMap::new();
    for (&intent, list) in new {
        let before: BTreeSet<(&RequestPattern, Code)> = old
            .and_then(|old| old.get(&intent))
            .into_iter()
            .flatten()
            .map(|own| (&own.opening.pattern, own.code))
            .collect();
        for LeftOut { opening, code } in list {
            let key = (&opening.pattern, *code);
            if !before.contains(&key) {
                lines
                    .entry(key)
                    .or_insert_with(|| NotOpened { opening, intents: Vec::new(), code: *code })
                    .intents
                    .push(intent);
            }
        }
    }
    lines.into_values().collect()
}

/// The cells of what a change opens or leaves out.
fn touched<'a>(policy: &'a Policy, added: &[Line<'_>], left_out: &[NotOpened<'_>]) -> BTreeSet<&'a Cell> {
    let mut patterns: BTreeMap<Intent, BTreeSet<&RequestPattern>> = BTreeMap::new();
    let lines = added.iter().map(|own| (own.opening, &own.intents));
    for (opening, intents) in lines.chain(left_out.iter().map(|own| (own.opening, &own.intents))) {
        for &intent in intents {
            patterns.entry(intent).or_default().insert(&opening.pattern);
        }
    }
    let mut cells = BTreeSet::new();
    for (intent, patterns) in patterns {
        let held = policy.held(intent).iter().map(|own| &own.rule);
        let rules = policy.rules(intent).iter().chain(held);
        for rule in rules.filter(|rule| patterns.contains(&rule.pattern)) {
            cells.extend(rule.provenance.cells());
        }
    }
    cells
}

/// A request that shows how a line changes, where the rest of it does not.
fn example(line: &Line<'_>) -> Option<String> {
    let change = line.change.filter(|own| !own.is_whole())?;
    Some(change.witnesses.iter().map(|(_, request)| request.to_string()).collect::<Vec<_>>().join(", "))
}

/// Why the other side of a change does not have a line, for programs.
fn why(line: &Line<'_>) -> Option<(&'static str, Option<Code>)> {
    line.change.map(|change| match change.why {
        Why::NotStated => ("not-stated", None),
        Why::NotSelected => ("not-selected", None),
        Why::LeftOut(code) => ("left-out", Some(code)),
    })
}
