//! The ticket for programs. Its keys are explained in `targets/ticket/NOTES.md`; they are the same in every language.

use serde_json::{Value, json};

use super::commands::Commands;
use super::{Accepted, Finding, Kept, Language, Line, NotOpened, Product, Ticket, example, reasons, why};
use crate::diff::{Fact, Restated};
use crate::model::Intent;
use crate::opening::Opening;
use crate::text::plain_json;

pub(super) fn write(ticket: &Ticket<'_>) -> Vec<u8> {
    bytes(&value(ticket))
}

/// A value as text that moves no cursor.
pub(super) fn bytes(value: &Value) -> Vec<u8> {
    let text = serde_json::to_string_pretty(value).expect("internal error: a value is plain data");
    (plain_json(&text) + "\n").into_bytes()
}

fn value(ticket: &Ticket<'_>) -> Value {
    let commands = Commands::of(ticket);
    let sources = |of: &[(String, String)]| -> Vec<Value> {
        of.iter().map(|(name, sha256)| json!({ "name": name, "sha256": sha256 })).collect()
    };
    let before =
        ticket.change.map(|diff| json!({ "name": diff.old.name, "sources": sources(&diff.old.sources) }));
    json!({
        "profile": ticket.name,
        "generator": ticket.banner.generator,
        "before": before,
        "sources": sources(&ticket.banner.sources),
        "from": ticket.fields.source,
        "proxies": ticket.proxies,
        "reasons": reasons::categories(ticket.added.iter().map(|own| own.opening))
            .iter()
            .map(|(text, count)| reason(text, *count))
            .collect::<Vec<_>>(),
        "add": ticket.added.iter().map(|own| line(ticket, own)).collect::<Vec<_>>(),
        "instead": ticket.instead.iter().map(|own| kept(ticket, own)).collect::<Vec<_>>(),
        "covered": ticket.covered.iter().map(|own| kept(ticket, own)).collect::<Vec<_>>(),
        "settings": ticket
            .settings
            .iter()
            .map(|own| json!({ "key": own.key, "before": own.old, "after": own.new }))
            .collect::<Vec<_>>(),
        "held_back": ticket.unread,
        "remove": ticket.removed.iter().map(|own| line(ticket, own)).collect::<Vec<_>>(),
        "restate": ticket.restated.iter().map(restated).collect::<Vec<_>>(),
        "left_out": ticket.left_out.iter().map(not_opened).collect::<Vec<_>>(),
        "findings": ticket.findings.iter().map(finding).collect::<Vec<_>>(),
        "findings_elsewhere": ticket.other_findings,
        "waivers": ticket
            .waivers
            .iter()
            .map(|Accepted { waiver: own, is_expired }| json!({
                "expired": is_expired,
                "finding": own.lint.as_str(),
                "destination": own.pattern.to_string(),
                "intent": own.intent.as_str(),
                "reason": own.reason,
                "owner": own.owner,
                "expires": own.expires.to_string(),
            }))
            .collect::<Vec<_>>(),
        "targets": ticket.products.iter().map(product).collect::<Vec<_>>(),
        "implementation": { "compile": commands.compile, "prove": commands.prove },
        "tests": { "new": commands.verify_new, "all": commands.verify },
        "rollback": rollback(ticket),
    })
}

fn reason(of: &str, count: usize) -> Value {
    let reason = reasons::reason(of);
    let texts: serde_json::Map<String, Value> = Language::ALL
        .iter()
        .map(|&language| (language.as_str().to_owned(), json!(reason.map(|own| own.text(language)))))
        .collect();
    json!({ "category": of, "lines": count, "reason": texts })
}

fn kept(ticket: &Ticket<'_>, kept: &Kept<'_>) -> Value {
    let mut value = line(ticket, &kept.line);
    value["by"] = kept.by.iter().map(|own| Value::from(own.pattern.to_string())).collect();
    value
}

fn line(ticket: &Ticket<'_>, line: &Line<'_>) -> Value {
    let mut value = opening(line.opening);
    let devices: Vec<&str> = ticket.devices(&line.intents).map(|own| own.id).collect();
    value["intents"] = intents(&line.intents);
    value["targets"] = json!(devices);
    if let Some((why, code)) = why(line) {
        value["why"] = json!(why);
        value["finding"] = json!(code.map(|own| own.as_str()));
        value["example"] = json!(example(line));
    }
    value
}

fn intents(intents: &[Intent]) -> Value {
    intents.iter().map(|own| Value::from(own.as_str())).collect()
}

/// Pattern, and everything that is said of it.
fn opening(opening: &Opening) -> Value {
    json!({
        "pattern": opening.pattern.to_string(),
        "direction": "outbound",
        "protocol": "TCP",
        "schemes": opening.schemes(),
        "destination": opening.destination(),
        "ports": opening.pattern.ports.to_string(),
        "path": opening.path(),
        "platforms": opening.platforms(),
        "geographies": opening.geographies(),
        "requirement": opening.requirement(),
        "services": opening.services.iter().map(|own| &**own).collect::<Vec<_>>(),
        "categories": opening.categories.iter().map(|own| &**own).collect::<Vec<_>>(),
        "cells": opening.places,
        "risks": opening.risks.iter().map(|own| own.as_str()).collect::<Vec<_>>(),
    })
}

fn restated(restated: &Restated<'_>) -> Value {
    let facts: serde_json::Map<String, Value> = restated
        .facts
        .iter()
        .map(|fact| {
            let said = |own: &Opening| match fact {
                Fact::Requirement => Some(own.requirement().to_owned()),
                Fact::Geography => own.geographies(),
                Fact::Platforms => own.platforms(),
            };
            (fact.as_str().to_owned(), json!({ "before": said(restated.old), "after": said(restated.new) }))
        })
        .collect();
    json!({
        "pattern": restated.new.pattern.to_string(),
        "facts": facts,
        "cells_before": restated.old.places,
        "cells": restated.new.places,
    })
}

fn not_opened(line: &NotOpened<'_>) -> Value {
    let mut value = opening(line.opening);
    value["intents"] = intents(&line.intents);
    value["finding"] = json!(line.code.as_str());
    value
}

fn finding(finding: &Finding<'_>) -> Value {
    json!({
        "level": finding.level().as_str(),
        "code": finding.code().as_str(),
        "intents": intents(&finding.intents),
        "target": finding.diagnostic.target,
        "message": finding.diagnostic.message,
        "label": finding.diagnostic.label,
        "notes": finding.diagnostic.notes,
        "help": finding.diagnostic.help,
        "place": finding.place,
    })
}

fn product(product: &Product) -> Value {
    let own = product.fidelity;
    json!({
        "id": product.id,
        "title": product.title,
        "intents": product.intents.iter().map(|own| own.as_str()).collect::<Vec<_>>(),
        "fidelity": {
            "exact": own.exact,
            "wider": own.wider,
            "narrower": own.narrower,
            "held": own.held,
            "unsupported": own.unsupported,
        },
        "change": product.change.map(|own| json!({
            "opened": own.opened,
            "closed": own.closed,
            "beyond": own.beyond,
        })),
        "apply": product.apply,
        "files": product
            .files
            .iter()
            .map(|own| json!({ "path": own.path, "bytes": own.bytes, "sha256": own.sha256 }))
            .collect::<Vec<_>>(),
    })
}

/// The other way round: what was added is removed, and what was removed is added.
fn rollback(ticket: &Ticket<'_>) -> Value {
    let short = |own: &Line<'_>| json!({ "pattern": own.opening.pattern.to_string(), "intents": intents(&own.intents) });
    let targets = ticket.products.iter().map(|own| {
        json!({
            "id": own.id,
            "change": own.change.map(|own| json!({ "opened": own.closed, "closed": own.opened })),
            "steps": own.rollback,
        })
    });
    json!({
        "remove": ticket.added.iter().map(short).collect::<Vec<_>>(),
        "add": ticket.removed.iter().map(short).collect::<Vec<_>>(),
        "instead": ticket.covered.iter().map(|own| short(&own.line)).collect::<Vec<_>>(),
        "covered": ticket.instead.iter().map(|own| short(&own.line)).collect::<Vec<_>>(),
        "targets": targets.collect::<Vec<_>>(),
    })
}
