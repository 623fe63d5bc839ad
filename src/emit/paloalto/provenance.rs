//! `PROVENANCE.txt`: what the lists cannot say of themselves, since they hold no comments.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::escape::plain;
use super::layout::Layout;
use crate::emit::{Emitter, Encoded};
use crate::model::{Intent, Rule};
use crate::plan::{IntentPlan, Plan};
use crate::profile::Difference;

/// The file.
pub fn text(emitter: &dyn Emitter, plan: &Plan<'_>, layout: &Layout<'_>) -> Vec<u8> {
    let mut out = String::new();
    head(&mut out, plan, layout);
    for (&intent, intent_plan) in &plan.intents {
        rules(&mut out, emitter, plan, intent, intent_plan);
    }
    out.into_bytes()
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn head(out: &mut String, plan: &Plan<'_>, layout: &Layout<'_>) {
    let banner = plan.banner;
    line(out, &plain(&format!("Written by {} for profile {}.", banner.generator, banner.profile)));
    line(out, "Edits are lost: change the profile and write again.");
    line(out, "");
    line(out, "Sources");
    for (name, sha256) in &banner.sources {
        line(out, &plain(&format!("  {name}  sha256 {sha256}")));
    }
    line(out, "");
    line(out, "Files");
    line(out, "  config.xml, set-commands.txt, main.tf: the same configuration three times.");
    line(
        out,
        if layout.external {
            "  It fetches the lists below; serve them where the profile's edl_base_url says."
        } else {
            "  It holds the lists below; the files are for those who serve them as external dynamic lists."
        },
    );
    line(
        out,
        "  Load config.xml with `load config partial ... mode merge`, never whole. Merging and `set` add and",
    );
    line(out, "  never remove: delete the objects named thruway-* first, or old entries stay in force.");
    if layout.complete {
        line(
            out,
            "  New rules come last. A rule takes effect only above every rule that matches the same traffic",
        );
        line(
            out,
            "  and does otherwise: move the decryption rules above the rule that decrypts, the authentication",
        );
        line(
            out,
            "  rules above the rule that asks for a sign-in, the security rules above the rule that denies.",
        );
    } else {
        line(
            out,
            "  rules.template.txt: the rules, not complete, since the profile names no zones or sources",
        );
    }
    for list in &layout.lists {
        let entries = if list.lines.len() == 1 { "entry" } else { "entries" };
        let count = list.lines.len();
        line(out, &format!("  {}: {}, {count} {entries}, object {}", list.file, list.intent, list.name));
    }
}

fn rules(out: &mut String, emitter: &dyn Emitter, plan: &Plan<'_>, intent: Intent, intent_plan: &IntentPlan) {
    let rules = plan.rules.get(&intent).copied().unwrap_or_default();
    if rules.is_empty() {
        return;
    }
    line(out, "");
    line(out, &format!("{intent}: entry <- rule <- cells"));
    let held: BTreeMap<usize, Difference> = intent_plan.held.iter().copied().collect();
    for (at, rule) in rules.iter().enumerate() {
        let what = match (held.get(&at), emitter.encode(plan.settings, intent, rule)) {
            (Some(kind), _) => format!("(held: {})", kind.as_str()),
            (None, Err(unsupported)) => format!("(unsupported: {})", unsupported.why),
            (None, Ok(Encoded { entries, .. })) => {
                let texts: Vec<&str> = entries.iter().map(|entry| entry.text.as_str()).collect();
                texts.join(" ")
            }
        };
        line(out, &plain(&format!("  {what} <- {} <- {}", rule.pattern, cells(plan, rule))));
    }
}

/// Every cell that asks for a rule, the sheet once: `mde-urls.xlsx Worldwide!B7, B9`.
fn cells(plan: &Plan<'_>, rule: &Rule) -> String {
    let mut text = String::new();
    let mut sheet = None;
    for cell in rule.provenance.cells() {
        if !text.is_empty() {
            text.push_str(", ");
        }
        if sheet.replace((cell.source, &cell.sheet)) != Some((cell.source, &cell.sheet)) {
            if let Some((name, _)) = plan.banner.sources.get(cell.source.index()) {
                let _ = write!(text, "{name} ");
            }
            if !cell.sheet.is_empty() {
                let _ = write!(text, "{}!", cell.sheet);
            }
        }
        let _ = write!(text, "{}", cell.at);
    }
    if text.is_empty() { "the profile".to_owned() } else { text }
}
