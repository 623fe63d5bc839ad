//! The change for programs.

use serde_json::{Map, Value, json};

use super::human::{said_of, word};
use crate::diff::{Change, Diff, ListDiff, Presence, Restated, Reworded, Side, TargetDiff, Why};
use crate::model::{Request, RequestPattern};
use crate::opening::Opening;

pub(super) fn report(diff: &Diff<'_>) -> Value {
    let intents: Map<String, Value> =
        diff.intents.iter().map(|(intent, own)| (intent.to_string(), list(own))).collect();
    json!({
        "old": side(diff.old),
        "new": side(diff.new),
        "same": diff.is_same(),
        "asks_the_same": diff.asks_the_same(),
        "intents": intents,
        "newly_left_out": diff.newly_left_out.iter().map(|(own, intents)| {
            let mut value = opening(&own.opening);
            value.insert("finding".to_owned(), json!(own.code.as_str()));
            value.insert("intents".to_owned(), intents.iter().map(|own| own.as_str()).collect());
            Value::from(value)
        }).collect::<Vec<_>>(),
        "newly_unread": diff
            .newly_unread
            .iter()
            .map(|own| json!({ "finding": own.code, "message": own.message, "label": own.label }))
            .collect::<Vec<_>>(),
        "restated": diff.restated.iter().map(restated).collect::<Vec<_>>(),
        "settings": diff.settings.iter().map(|own| json!({ "key": own.key, "old": own.old, "new": own.new })).collect::<Vec<_>>(),
        "targets": diff.targets.iter().map(target).collect::<Vec<_>>(),
    })
}

fn side(side: &Side) -> Value {
    let sources = side.sources.iter().map(|(name, sha256)| json!({ "name": name, "sha256": sha256 }));
    let by = side.by.as_ref().map(|own| {
        json!({
            "profile": own.profile,
            "inclusions": own.inclusions,
            "exclusions": own.exclusions,
            "waivers": own.waivers,
        })
    });
    json!({ "name": side.name, "sources": sources.collect::<Vec<_>>(), "looked_at_by": by, "denied": side.denied.iter().map(|own| own.as_str()).collect::<Vec<_>>() })
}

fn list(list: &ListDiff<'_>) -> Value {
    json!({
        "opened": list.opened.iter().map(change).collect::<Vec<_>>(),
        "closed": list.closed.iter().map(change).collect::<Vec<_>>(),
        "same": list.same,
        "moved": list.moved,
        "reworded": list.reworded.iter().map(reworded).collect::<Vec<_>>(),
        "covered": list.covered.iter().map(reworded).collect::<Vec<_>>(),
    })
}

fn reworded(line: &Reworded<'_>) -> Value {
    let by: Vec<String> = line.by.iter().map(|own| own.pattern.to_string()).collect();
    json!({ "pattern": line.opening.pattern.to_string(), "sources": line.opening.places, "by": by })
}

fn change(change: &Change<'_>) -> Value {
    let witnesses = change
        .witnesses
        .iter()
        .map(|(dimension, request)| json!({ "by": word(*dimension), "request": request.to_string() }));
    let (why, finding) = match change.why {
        Why::NotStated => ("not-stated", None),
        Why::NotSelected => ("not-selected", None),
        Why::LeftOut(code) => ("left-out", Some(code.as_str())),
    };
    let mut value = opening(change.opening);
    value.insert("witnesses".to_owned(), witnesses.collect());
    value.insert("beside".to_owned(), change.beside.iter().map(|own| Value::from(opening(own))).collect());
    value.insert("why".to_owned(), json!(why));
    value.insert("finding".to_owned(), json!(finding));
    value.into()
}

fn opening(opening: &Opening) -> Map<String, Value> {
    let risks: Vec<&str> = opening.risks.iter().map(|own| own.as_str()).collect();
    let value = json!({
        "pattern": opening.pattern.to_string(),
        "sources": opening.places,
        "requirement": opening.requirement(),
        "geographies": opening.geographies(),
        "platforms": opening.platforms(),
        "services": opening.services.iter().map(|own| &**own).collect::<Vec<_>>(),
        "categories": opening.categories.iter().map(|own| &**own).collect::<Vec<_>>(),
        "risks": risks,
    });
    match value {
        Value::Object(object) => object,
        _ => unreachable!("internal error: an object"),
    }
}

fn restated(restated: &Restated<'_>) -> Value {
    let facts: Map<String, Value> = restated
        .facts
        .iter()
        .map(|&fact| {
            let both = json!({ "old": said_of(restated.old, fact), "new": said_of(restated.new, fact) });
            (fact.as_str().to_owned(), both)
        })
        .collect();
    json!({
        "pattern": restated.new.pattern.to_string(),
        "facts": facts,
        "old_sources": restated.old.places,
        "new_sources": restated.new.places,
    })
}

fn target(target: &TargetDiff) -> Value {
    let shown = |of: &[(RequestPattern, Request)]| -> Vec<Value> {
        of.iter()
            .map(|(pattern, request)| json!({ "pattern": pattern.to_string(), "request": request.to_string() }))
            .collect()
    };
    let lists: Map<String, Value> = target
        .intents
        .iter()
        .map(|(intent, list)| {
            let value = json!({
                "opened": shown(&list.opened),
                "closed": shown(&list.closed),
                "beyond": shown(&list.beyond),
                "lost": shown(&list.lost),
            });
            (intent.to_string(), value)
        })
        .collect();
    let presence = match target.presence {
        Presence::Both => "both",
        Presence::New => "new",
        Presence::Old => "old",
    };
    json!({ "id": target.target, "in": presence, "intents": lists })
}
