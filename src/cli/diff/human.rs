//! The change for people: what is new, what is gone, on which lists, and what shows it.

use super::super::Failure;
use super::super::output::{self, BOLD, GREEN, Output, RED, YELLOW};
use super::{named_beside, named_target};
use crate::diag::visible;
use crate::diff::{
    Change, Diff, Direction, Fact, Joint, ListDiff, LookedAt, Restated, SettingChange, Side, TargetDiff,
    Unread, Why,
};
use crate::model::{Dimension, HostPattern, Intent, Request, RequestPattern};
use crate::opening::Opening;
use crate::text::count;

/// Most hosts and lines that are shown of a product.
const MOST_BEYOND: usize = 3;

pub(super) fn print(diff: &Diff<'_>, output: &mut Output) -> Result<(), Failure> {
    output.line(&format!("{BOLD}{} → {}{BOLD:#}", visible(&diff.old.name), visible(&diff.new.name)))?;
    for by in looked_at(diff) {
        output.hanging("", &visible(&by))?;
    }
    output.line("")?;
    let mut table = output::table(
        &["", "new", "gone", "the same", "from other rows", "by other lines"],
        &[1, 2, 3, 4, 5],
    );
    for (&intent, list) in &diff.intents {
        if !is_blank(list) {
            let counts = [list.opened.len(), list.closed.len(), list.same, list.moved, list.reworded.len()];
            let counts = counts.map(|count| if count == 0 { "-".to_owned() } else { count.to_string() });
            table.add_row([title(intent).to_owned()].into_iter().chain(counts));
        }
    }
    output.table(&table)?;
    let joint = diff.joint();
    for direction in [Direction::Opened, Direction::Closed] {
        let own: Vec<&Joint<'_>> = joint.iter().filter(|own| own.direction == direction).collect();
        if own.is_empty() {
            continue;
        }
        let heading = match direction {
            Direction::Opened => "new",
            Direction::Closed => "gone",
        };
        output.line("")?;
        output.line(&format!("{BOLD}{heading}{BOLD:#}"))?;
        for change in own {
            print_change(diff, change, output)?;
        }
    }
    if !diff.newly_left_out.is_empty() {
        output.line("")?;
        output.line(&format!("{BOLD}left out now{BOLD:#}"))?;
        for (own, intents) in &diff.newly_left_out {
            let pattern = visible(&line(&own.opening.pattern));
            output.line(&format!("{YELLOW}!{YELLOW:#} {pattern} ({}): {}", listed(intents), own.code))?;
            output.hanging("    from ", &visible(&diff.new.places(&own.opening)))?;
        }
    }
    if !diff.newly_unread.is_empty() {
        output.line("")?;
        output.line(&format!("{BOLD}not read now{BOLD:#}"))?;
        for own in &diff.newly_unread {
            output.hanging(
                &format!("{YELLOW}!{YELLOW:#} "),
                &visible(&format!("{}: {}", own.code, unread(own))),
            )?;
        }
    }
    if !diff.restated.is_empty() {
        output.line("")?;
        output.line(&format!("{BOLD}the same, and said otherwise{BOLD:#}"))?;
        for restated in &diff.restated {
            print_restated(diff, restated, output)?;
        }
    }
    if !diff.settings.is_empty() {
        output.line("")?;
        output.line(&format!("{BOLD}what products do beside their lists{BOLD:#}"))?;
        for change in &diff.settings {
            let (old, new) = set(change);
            output.line(&format!("{YELLOW}~{YELLOW:#} {}: {old} → {new}", visible(&change.key)))?;
        }
    }
    print_targets(diff, output)
}

/// What a finding says that holds something back of which there is no line.
pub(super) fn unread(own: &Unread) -> String {
    match own.label.is_empty() {
        true => own.message.clone(),
        false => format!("{}: {}", own.message, own.label),
    }
}

/// What is said for a key, before and now.
pub(super) fn set(change: &SettingChange) -> (String, String) {
    let text = |own: &Option<String>| own.as_deref().map_or("not set".to_owned(), visible);
    (text(&change.old), text(&change.new))
}

/// By which profile lists are looked at, and what of it is on both sides.
pub(super) fn looked_at(diff: &Diff<'_>) -> Vec<String> {
    let said = |name: &str, by: &LookedAt| {
        let profile = by.profile.as_deref().unwrap_or("the built-in profile");
        let additions =
            by.additions().map(|own| format!("; what it adds, drops and accepts ({own}) is on both sides"));
        format!("{name} looked at by {profile}: {}{}", by.selection, additions.unwrap_or_default())
    };
    match [&diff.old, &diff.new].map(|side| side.by.as_ref().map(|by| (&side.name, by))) {
        [Some((_, old)), Some((_, new))] if old == new => vec![said("both are", old)],
        sides => {
            let sides = sides.into_iter().flatten();
            sides.map(|(name, by)| said(&format!("{name} is"), by)).collect()
        }
    }
}

/// Whether neither side has the list.
pub(super) fn is_blank(list: &ListDiff<'_>) -> bool {
    list.is_same() && list.same + list.reworded.len() == 0
}

fn print_change(diff: &Diff<'_>, joint: &Joint<'_>, output: &mut Output) -> Result<(), Failure> {
    let Joint { direction, change, intents } = joint;
    let (own, other): (&Side, &Side) = match direction {
        Direction::Opened => (diff.new, diff.old),
        Direction::Closed => (diff.old, diff.new),
    };
    let (style, sign) = match (direction, change.is_whole()) {
        (Direction::Opened, true) => (GREEN, '+'),
        (Direction::Closed, true) => (RED, '-'),
        (_, false) => (YELLOW, '~'),
    };
    let pattern = &change.opening.pattern;
    // Every list that either side has goes without saying.
    let lists: Vec<Intent> =
        diff.intents.iter().filter(|(_, list)| !is_blank(list)).map(|(&intent, _)| intent).collect();
    let applies = |intent: &Intent| *intent != Intent::BypassInspection || pattern.schemes.https;
    let only = match lists.iter().filter(|intent| applies(intent)).eq(intents) {
        true => String::new(),
        false => format!(" ({})", listed(intents)),
    };
    output.line(&format!("{style}{sign} {}{style:#}{only}", visible(&line(pattern))))?;
    if !is_plain(change) {
        let witnesses = change.witnesses.iter().map(|(dimension, request)| match dimension {
            Dimension::Host => visible(&request.to_string()),
            other => format!("another {}: {}", word(*other), visible(&request.to_string())),
        });
        output.hanging("    for example ", &witnesses.collect::<Vec<_>>().join(", "))?;
    }
    output.hanging("    from ", &visible(&own.places(change.opening)))?;
    if *direction == Direction::Opened && !change.opening.risks.is_empty() {
        let risks: Vec<&str> = change.opening.risks.iter().map(|own| own.as_str()).collect();
        output.line(&format!("    {YELLOW}risk{YELLOW:#} {}", risks.join(", ")))?;
    }
    let was = match direction {
        Direction::Opened => "before",
        Direction::Closed => "now",
    };
    let (beside, more) = named_beside(change);
    for beside in beside {
        let (pattern, places) = (visible(&line(&beside.pattern)), visible(&other.places(beside)));
        output.hanging(&format!("    {was} "), &format!("{pattern}, from {places}"))?;
    }
    if more > 0 {
        output.line(&format!("    {was} {}", count(more, "more line")))?;
    }
    match change.why {
        Why::NotStated => Ok(()),
        Why::NotSelected => output.line(&format!("    {was} not selected")),
        Why::LeftOut(code) => output.line(&format!("    {was} left out: {code}")),
    }
}

/// Whether the request that shows a change is the line itself, which names one host.
pub(super) fn is_plain(change: &Change<'_>) -> bool {
    change.is_whole() && matches!(change.opening.pattern.host, HostPattern::Exact(_))
}

pub(super) fn listed(intents: &[Intent]) -> String {
    intents.iter().map(|own| own.as_str()).collect::<Vec<_>>().join(", ")
}

pub(super) const fn word(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Host => "host",
        Dimension::Scheme => "scheme",
        Dimension::Port => "port",
        Dimension::Path => "path",
    }
}

pub(super) const fn title(intent: Intent) -> &'static str {
    match intent {
        Intent::Allow => "let through",
        Intent::BypassInspection => "exempt from TLS inspection",
        Intent::BypassAuthentication => "exempt from authentication",
        Intent::Direct => "not through the proxy",
    }
}

/// A line, with the ports that its text leaves out.
pub(super) fn line(pattern: &RequestPattern) -> String {
    let text = pattern.to_string();
    match pattern.ports.single() {
        Some(443) if !text.contains("://") => format!("{text} 443"),
        Some(80) if text.starts_with("http://") => format!("{text} 80"),
        _ => text,
    }
}

fn print_restated(diff: &Diff<'_>, restated: &Restated<'_>, output: &mut Output) -> Result<(), Failure> {
    let facts = restated.facts.iter().map(|&fact| {
        format!("{} {} → {}", fact.as_str(), said_of(restated.old, fact), said_of(restated.new, fact))
    });
    output.line(&format!(
        "{YELLOW}~{YELLOW:#} {}: {}",
        visible(&line(&restated.new.pattern)),
        facts.collect::<Vec<_>>().join("; ")
    ))?;
    output.hanging("    before from ", &visible(&diff.old.places(restated.old)))?;
    output.hanging("    now from ", &visible(&diff.new.places(restated.new)))
}

/// What a side says of a line.
pub(super) fn said_of(opening: &Opening, fact: Fact) -> String {
    const NOT_STATED: &str = "not stated";
    match fact {
        Fact::Requirement => opening.requirement().to_owned(),
        Fact::Geography => opening.geographies().unwrap_or_else(|| NOT_STATED.to_owned()),
        Fact::Platforms => opening.platforms().unwrap_or_else(|| NOT_STATED.to_owned()),
    }
}

fn print_targets(diff: &Diff<'_>, output: &mut Output) -> Result<(), Failure> {
    if diff.targets.iter().all(TargetDiff::is_same) {
        return Ok(());
    }
    output.line("")?;
    output.line(&format!("{BOLD}in the products{BOLD:#}, by patterns as each can say them"))?;
    let mut table = output::table(&["target", "list", "new", "gone", "hosts that nobody asks for"], &[2, 3]);
    for target in &diff.targets {
        let name = named_target(target, target.target);
        for (intent, list) in target.intents.iter().filter(|(_, list)| !list.is_same()) {
            table.add_row([
                name.clone(),
                intent.to_string(),
                list.opened.len().to_string(),
                list.closed.len().to_string(),
                beyond(&list.beyond),
            ]);
        }
    }
    output.table(&table)?;
    for target in &diff.targets {
        for (intent, list) in &target.intents {
            for (pattern, request) in list.lost.iter().take(MOST_BEYOND) {
                let (pattern, request) = (visible(&line(pattern)), visible(&request.to_string()));
                output.line(&format!(
                    "{RED}!{RED:#} {} {intent} no longer says {pattern}, which is still asked for: {request}",
                    target.target
                ))?;
            }
            if let Some(more) = list.lost.len().checked_sub(MOST_BEYOND).filter(|&more| more > 0) {
                output.line(&format!(
                    "{RED}!{RED:#} {} {intent} no longer says {}",
                    target.target,
                    count(more, "more line")
                ))?;
            }
        }
    }
    Ok(())
}

/// What a product opens that nobody asks for.
fn beyond(beyond: &[(RequestPattern, Request)]) -> String {
    if beyond.is_empty() {
        return "-".to_owned();
    }
    let mut shown: Vec<String> =
        beyond.iter().take(MOST_BEYOND).map(|(_, request)| visible(&request.host.to_string())).collect();
    if beyond.len() > MOST_BEYOND {
        shown.push(format!("{} more", beyond.len() - MOST_BEYOND));
    }
    shown.join(", ")
}

/// The result in one line.
pub(super) fn said(diff: &Diff<'_>) -> String {
    if diff.is_same() {
        return "both let the same through".to_owned();
    }
    if diff.asks_the_same() {
        return "both ask for the same, and the products do something else".to_owned();
    }
    let lists: Vec<String> = diff
        .intents
        .iter()
        .filter(|(_, list)| !list.is_same())
        .map(|(&intent, list)| {
            format!("{}: {} new, {} gone", title(intent), list.opened.len(), list.closed.len())
        })
        .collect();
    lists.join("; ")
}
