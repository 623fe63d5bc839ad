//! What logs say as a page for a browser: the report of the policy, with what devices use of it.

use super::super::super::diff::REPORT;
use super::super::super::{Failure, shown};
use super::{Answers, against, close, day, days, many, name, said_of, size, text};
use crate::compile::{self, Beside};
use crate::emit::facts::Facts;
use crate::emit::report::{Counts, HostCount, Mend, MendLine, Named, Usage, Wildcard};
use crate::log::fix::{Fix, Line, OfTarget};
use crate::log::outside;
use crate::log::report::{By, OfGroup};
use crate::log::tally::{OfRule, Top};
use crate::model::Requirement;
use crate::plan::PolicySets;

/// Most hosts of a kind that the page has.
const MOST: usize = 50;

/// The page, or why `compile` would write none.
pub(super) fn write(answers: &Answers<'_>) -> Result<Result<Vec<u8>, String>, Failure> {
    let (run, profile) = (answers.run, answers.profile);
    let usage = usage(answers);
    let (sets, banner) = (PolicySets::new(&run.policy), run.banner(profile));
    let inputs = compile::inputs(run, profile, &sets, &banner);
    // The report tells of the targets before it.
    let targets = profile.targets.iter().copied().filter(|&id| id != REPORT).chain([REPORT]);
    let targets: Vec<&'static str> = targets.collect();
    let beside = Beside { usage: Some(&usage), ..Beside::default() };
    let compiled = match shown::compiled(run, profile, inputs, &targets, beside) {
        Ok(compiled) => compiled,
        Err(why) => return Ok(Err(why)),
    };
    let report = compiled.targets.last().and_then(|target| target.artifacts.first());
    Ok(Ok(report.expect("internal error: a report without a page").bytes.clone()))
}

fn usage(answers: &Answers<'_>) -> Usage {
    let tally = answers.tally;
    let seen = answers.seen();
    let most = seen.first().map_or(1, |own| own.of_log.requests);
    let unseen = answers.used.iter().filter(|own| own.of_log.requests == 0);
    let required = unseen.filter(|own| own.opening.requirement == Requirement::Required);
    let unused: Vec<String> = required.map(|own| text(&own.opening.pattern)).collect();
    let groups =
        [("By category", "usage-categories", By::Category), ("By service", "usage-services", By::Service)];
    let groups = groups.into_iter().map(|(title, id, by)| (title, id, of_groups(&answers.seen_by(by))));
    let closes = answers.close.iter().filter(|(_, beside)| !beside.is_empty());
    let (first, last) = tally.span.map_or(("-".into(), "-".into()), |(first, last)| (day(first), day(last)));
    Usage {
        read: format!(
            "{}, {first} to {last} (UTC). Clients are estimated, to about 7 %; all other numbers are exact, or say by how much they may be too high.",
            many(tally.lines, "line")
        ),
        facts: facts(answers, seen.len()),
        mend: answers
            .fixes
            .chunk_by(|one, other| one.intent == other.intent)
            .filter_map(|own| {
                Some((
                    heading(against(own.first()?.intent)),
                    own.iter().map(|fix| mend(fix, answers.top)).collect(),
                ))
            })
            .collect(),
        unplaced: answers.unplaced.as_ref().map(|why| heading(&text(why))),
        endpoints: seen
            .iter()
            .map(|own| {
                counts(text(&own.opening.pattern), own.opening.requirement().to_owned(), own.of_log, most)
            })
            .collect(),
        groups: groups.filter(|(.., rows)| !rows.is_empty()).collect(),
        unused,
        wildcards: wildcards(answers),
        close: closes
            .map(|(kind, beside)| (heading(close(*kind)), beside.iter().take(MOST).map(of_beside).collect()))
            .collect(),
    }
}

/// A title as a heading of the page.
fn heading(title: &str) -> String {
    let mut characters = title.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

fn facts(answers: &Answers<'_>, seen: usize) -> Vec<(String, &'static str, String)> {
    let tally = answers.tally;
    let outside = if tally.outside_time > 0 {
        format!("{} outside of the time", tally.outside_time)
    } else {
        String::new()
    };
    let malformed = if tally.malformed > 0 { format!("{} not understood", tally.malformed) } else { outside };
    vec![
        (seen.to_string(), "endpoints used", format!("of {}", answers.used.len())),
        (tally.lines.to_string(), "lines", malformed),
        (tally.others.to_string(), "requests of no endpoint", String::new()),
        (answers.fixes.len().to_string(), "rules acted against", String::new()),
        (answers.narrowing.proposals.len().to_string(), "wildcards to narrow", String::new()),
    ]
}

fn counts(name: String, more: String, of_log: &OfRule, most: u64) -> Counts {
    let share = u128::from(of_log.requests) * 1000 / u128::from(most.max(1));
    Counts {
        name,
        more,
        // Something is drawn, where there is anything.
        share: u64::try_from(share).unwrap_or(1000).max(u64::from(of_log.requests > 0) * 4),
        requests: of_log.requests,
        bytes: size(of_log.bytes),
        clients: of_log.clients(),
        denied: of_log.denied,
        authentication: of_log.authentication,
        inspected: of_log.inspected,
        span: days(of_log.span),
    }
}

fn of_groups(groups: &[&OfGroup<'_>]) -> Vec<Counts> {
    let most = groups.first().map_or(1, |own| own.of_log.requests);
    let rows = groups.iter().map(|own| {
        let more = format!("{} of {} endpoints used", own.seen, own.group.rules.len());
        counts(text(&own.group.name), more, &own.of_log, most)
    });
    rows.collect()
}

fn mend(fix: &Fix<'_>, top: usize) -> Mend {
    let (hosts, more) = hosts(&fix.seen.hosts, top);
    let lines = fix.targets.iter().flat_map(|OfTarget { target, lines, left_out }| {
        let product = Facts::of(target).title;
        let none = left_out.iter().map({
            let product = product.clone();
            move |why| MendLine {
                title: product.clone(),
                place: None,
                text: format!("no line: {}", text(why)),
            }
        });
        let more = lines.len().checked_sub(top).filter(|more| *more > 0).map({
            let product = product.clone();
            move |more| MendLine {
                title: product.clone(),
                place: None,
                text: format!("and {}", many(more as u64, "more line")),
            }
        });
        let lines = lines.iter().take(top).map(move |Line { file, number, text: line }| {
            let at = number.map_or(String::new(), |number| format!(", line {number}"));
            MendLine { title: product.clone(), place: Some(format!("{}{at}", text(file))), text: text(line) }
        });
        none.chain(lines).chain(more).collect::<Vec<_>>()
    });
    Mend {
        pattern: text(fix.pattern),
        requests: fix.seen.requests,
        clients: fix.seen.clients(),
        span: days(fix.seen.span),
        hosts,
        more,
        lines: lines.collect(),
    }
}

fn hosts(top: &Top, most: usize) -> (Vec<HostCount>, usize) {
    let all = top.sorted();
    let shown = all.iter().take(most).map(|(host, seen)| HostCount {
        host: name(host),
        requests: seen.count,
        error: seen.error,
        close: None,
    });
    (shown.collect(), all.len().saturating_sub(most))
}

fn wildcards(answers: &Answers<'_>) -> Vec<Wildcard> {
    let narrowing = &answers.narrowing;
    let wild = answers.seen().into_iter().filter_map(|own| {
        let (shown, more) = hosts(&own.of_log.hosts, answers.top);
        let host = &own.opening.pattern.host;
        let proposal = narrowing.proposals.iter().find(|own| own.exclude == *host);
        let stays = narrowing.stays.iter().find(|own| own.pattern == *host);
        let narrow = match (proposal, stays) {
            (Some(own), _) => {
                let said = said_of(own, narrowing.days);
                format!("could give way: {said}; hosts not seen yet would be lost")
            }
            (None, Some(own)) => format!("stays: {}", text(&own.why)),
            (None, None) => String::new(),
        };
        (!shown.is_empty()).then(|| Wildcard {
            pattern: text(&own.opening.pattern),
            hosts: shown,
            more,
            narrow,
        })
    });
    wild.collect()
}

fn of_beside(own: &outside::Beside) -> HostCount {
    HostCount {
        host: text(&own.host),
        requests: own.seen.count,
        error: own.seen.error,
        close: Some(Named { name: text(&own.close.to), said: own.close.how.to_owned() }),
    }
}
