//! The change as Markdown, for a pull request or a ticket.

use std::fmt::Write as _;

use super::human::{line, listed, looked_at, said_of, set, title, unread};
use super::{named_beside, named_target};
use crate::diff::{Diff, Direction, Joint, Side, TargetDiff, Why};
use crate::emit::escape::{code, escaped};

/// Most hosts that a cell names.
const MOST_IN_A_CELL: usize = 5;

pub(super) fn report(diff: &Diff<'_>) -> String {
    let mut out = String::new();
    write(diff, &mut out).expect("internal error: a string takes any text");
    out
}

fn write(diff: &Diff<'_>, out: &mut String) -> std::fmt::Result {
    writeln!(out, "# {} → {}\n", code(&diff.old.name), code(&diff.new.name))?;
    for by in looked_at(diff) {
        writeln!(out, "{}.\n", escaped(&by))?;
    }
    if diff.is_same() {
        writeln!(out, "Both let the same through.")?;
    } else if diff.asks_the_same() {
        writeln!(out, "Both ask for the same, and the products do something else.")?;
    } else {
        writeln!(out, "| List | New | Gone | The same |\n|---|--:|--:|--:|")?;
        for (&intent, list) in &diff.intents {
            let same = list.same + list.reworded.len();
            if !list.is_same() || same > 0 {
                let (title, new, gone) = (title(intent), list.opened.len(), list.closed.len());
                writeln!(out, "| {title} | {new} | {gone} | {same} |")?;
            }
        }
    }
    let joint = diff.joint();
    for direction in [Direction::Opened, Direction::Closed] {
        let own: Vec<&Joint<'_>> = joint.iter().filter(|own| own.direction == direction).collect();
        if own.is_empty() {
            continue;
        }
        let (heading, from, other) = match direction {
            Direction::Opened => ("New", "From", "Before"),
            Direction::Closed => ("Gone", "Was from", "Now"),
        };
        writeln!(out, "\n## {heading}\n")?;
        writeln!(
            out,
            "| Destination | Lists | For example | Why | {from} | {other} |\n|---|---|---|---|---|---|"
        )?;
        for change in own {
            writeln!(out, "{}", row(diff, change))?;
        }
    }
    if !diff.newly_left_out.is_empty() {
        writeln!(out, "\n## Left out now\n\n| Destination | Lists | Finding | From |\n|---|---|---|---|")?;
        for (own, intents) in &diff.newly_left_out {
            let (pattern, finding) = (code(&line(&own.opening.pattern)), code(own.code.as_str()));
            let places = escaped(&diff.new.places(&own.opening));
            writeln!(out, "| {pattern} | {} | {finding} | {places} |", listed(intents))?;
        }
    }
    if !diff.newly_unread.is_empty() {
        writeln!(out, "\n## Not read now\n\n| Finding | What |\n|---|---|")?;
        for own in &diff.newly_unread {
            writeln!(out, "| {} | {} |", code(&own.code), escaped(&unread(own)))?;
        }
    }
    if !diff.restated.is_empty() {
        writeln!(out, "\n## The same, and said otherwise\n")?;
        writeln!(
            out,
            "| Destination | What | Before | Now | Before from | Now from |\n|---|---|---|---|---|---|"
        )?;
        for restated in &diff.restated {
            for &fact in &restated.facts {
                writeln!(
                    out,
                    "| {} | {} | {} | {} | {} | {} |",
                    code(&line(&restated.new.pattern)),
                    fact.as_str(),
                    escaped(&said_of(restated.old, fact)),
                    escaped(&said_of(restated.new, fact)),
                    escaped(&diff.old.places(restated.old)),
                    escaped(&diff.new.places(restated.new)),
                )?;
            }
        }
    }
    products(diff, out)
}

fn products(diff: &Diff<'_>, out: &mut String) -> std::fmt::Result {
    if !diff.settings.is_empty() {
        writeln!(
            out,
            "\n## What products do beside their lists\n\n| Setting | Before | Now |\n|---|---|---|"
        )?;
        for change in &diff.settings {
            let (old, new) = set(change);
            writeln!(out, "| {} | {} | {} |", code(&change.key), escaped(&old), escaped(&new))?;
        }
    }
    if diff.targets.iter().all(TargetDiff::is_same) {
        return Ok(());
    }
    writeln!(
        out,
        "\n## In the products\n\nBy patterns as each can say them.\n\n\
         | Target | List | New | Gone | Hosts that nobody asks for | Still asked for, and lost |\n|---|---|--:|--:|---|---|"
    )?;
    for target in &diff.targets {
        let name = named_target(target, target.target);
        for (intent, list) in target.intents.iter().filter(|(_, list)| !list.is_same()) {
            let beyond = some(list.beyond.iter().map(|(_, request)| code(&request.host.to_string())));
            let lost = some(list.lost.iter().map(|(pattern, _)| code(&line(pattern))));
            let (opened, closed) = (list.opened.len(), list.closed.len());
            writeln!(out, "| {name} | {intent} | {opened} | {closed} | {beyond} | {lost} |")?;
        }
    }
    Ok(())
}

/// The first few, and how many more there are.
fn some(mut all: impl ExactSizeIterator<Item = String>) -> String {
    let mut shown: Vec<String> = all.by_ref().take(MOST_IN_A_CELL).collect();
    if all.len() > 0 {
        shown.push(format!("{} more", all.len()));
    }
    shown.join(", ")
}

fn row(diff: &Diff<'_>, joint: &Joint<'_>) -> String {
    let Joint { direction, change, intents } = joint;
    let (own, other): (&Side, &Side) = match direction {
        Direction::Opened => (diff.new, diff.old),
        Direction::Closed => (diff.old, diff.new),
    };
    let (lines, more) = named_beside(change);
    let mut beside: Vec<String> = lines
        .iter()
        .map(|line_of| format!("{}, {}", code(&line(&line_of.pattern)), escaped(&other.places(line_of))))
        .collect();
    if more > 0 {
        beside.push(format!("{more} more"));
    }
    match change.why {
        Why::NotStated => {}
        Why::NotSelected => beside.push("not selected".to_owned()),
        Why::LeftOut(finding) => beside.push(format!("left out: {}", code(finding.as_str()))),
    }
    let why = [change.opening.services.join(", "), change.opening.categories.join(", ")];
    let risks = change.opening.risks.iter().map(|own| format!("risk {}", code(own.as_str())));
    let risks: Vec<String> = risks.filter(|_| *direction == Direction::Opened).collect();
    let why: Vec<String> = why.iter().filter(|text| !text.is_empty()).map(|text| escaped(text)).collect();
    let witnesses: Vec<String> =
        change.witnesses.iter().map(|(_, request)| code(&request.to_string())).collect();
    format!(
        "| {} | {} | {} | {} | {} | {} |",
        code(&line(&change.opening.pattern)),
        listed(intents),
        witnesses.join(", "),
        [vec![why.join(": ")], risks].concat().join("; "),
        escaped(&own.places(change.opening)),
        beside.join("; "),
    )
}
