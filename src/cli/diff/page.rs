//! The change as a page for a browser: the report of the new side, with what changed.

use super::human::{is_blank, is_plain, line, listed, looked_at, said_of, set, title, unread};
use super::{named_beside, named_target};
use crate::diag::visible;
use crate::diff::{Diff, Direction, Joint, Side, Why};
use crate::emit::facts::Facts;
use crate::emit::report::{Changes, LeftOut, Line, ListCount, Restated, TargetChange};

/// What the page shows of a change.
pub(super) fn changes(diff: &Diff<'_>) -> Changes {
    let joint = diff.joint();
    let lines = |direction| {
        let own = joint.iter().filter(|own| own.direction == direction);
        own.map(|own| of_joint(diff, own)).collect::<Vec<_>>()
    };
    Changes {
        old: visible(&diff.old.name),
        new: visible(&diff.new.name),
        lists: diff
            .intents
            .iter()
            .filter(|(_, list)| !is_blank(list))
            .map(|(&intent, list)| ListCount {
                title: title(intent),
                opened: list.opened.len(),
                closed: list.closed.len(),
                same: list.same + list.reworded.len(),
            })
            .collect(),
        opened: lines(Direction::Opened),
        closed: lines(Direction::Closed),
        left_out: diff
            .newly_left_out
            .iter()
            .map(|(own, intents)| LeftOut {
                destination: visible(&line(&own.opening.pattern)),
                lists: listed(intents),
                finding: own.code.as_str(),
                from: visible(&diff.new.places(&own.opening)),
            })
            .collect(),
        unread: diff.newly_unread.iter().map(|own| (visible(&own.code), visible(&unread(own)))).collect(),
        restated: restated(diff),
        looked_at: looked_at(diff).iter().map(|own| visible(own)).collect(),
        settings: diff
            .settings
            .iter()
            .map(|own| {
                let (old, new) = set(own);
                (visible(&own.key), old, new)
            })
            .collect(),
        is_same: diff.is_same(),
        targets: targets(diff),
    }
}

fn of_joint(diff: &Diff<'_>, joint: &Joint<'_>) -> Line {
    let Joint { direction, change, intents } = joint;
    let (own, other): (&Side, &Side) = match direction {
        Direction::Opened => (diff.new, diff.old),
        Direction::Closed => (diff.old, diff.new),
    };
    let opening = change.opening;
    let purpose = [opening.services.join(", "), opening.categories.join(", ")];
    let (beside, more) = named_beside(change);
    Line {
        destination: visible(&line(&opening.pattern)),
        lists: listed(intents),
        examples: match is_plain(change) {
            true => Vec::new(),
            false => change.witnesses.iter().map(|(_, request)| visible(&request.to_string())).collect(),
        },
        purpose: visible(
            &purpose.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join(": "),
        ),
        risks: match direction {
            Direction::Opened => opening.risks.iter().map(|own| own.as_str()).collect(),
            Direction::Closed => Vec::new(),
        },
        from: visible(&own.places(opening)),
        beside: beside
            .iter()
            .map(|own| (visible(&line(&own.pattern)), visible(&other.places(own))))
            .collect(),
        more,
        why: match change.why {
            Why::NotStated => None,
            Why::NotSelected => Some("not selected".to_owned()),
            Why::LeftOut(code) => Some(format!("left out: {code}")),
        },
    }
}

fn restated(diff: &Diff<'_>) -> Vec<Restated> {
    let mut rows = Vec::new();
    for restated in &diff.restated {
        rows.extend(restated.facts.iter().map(|&fact| Restated {
            destination: visible(&line(&restated.new.pattern)),
            what: fact.as_str(),
            old: (visible(&said_of(restated.old, fact)), visible(&diff.old.places(restated.old))),
            new: (visible(&said_of(restated.new, fact)), visible(&diff.new.places(restated.new))),
        }));
    }
    rows
}

fn targets(diff: &Diff<'_>) -> Vec<TargetChange> {
    let mut rows = Vec::new();
    for target in &diff.targets {
        for (intent, list) in &target.intents {
            if list.is_same() {
                continue;
            }
            rows.push(TargetChange {
                title: named_target(target, &Facts::of(target.target).title),
                list: intent.as_str(),
                opened: list.opened.len(),
                closed: list.closed.len(),
                beyond: list.beyond.iter().map(|(_, request)| visible(&request.host.to_string())).collect(),
                lost: list.lost.iter().map(|(pattern, _)| visible(&line(pattern))).collect(),
            });
        }
    }
    rows
}
