//! `main.tf`, for the provider PaloAltoNetworks/panos 2.x.

use askama::Template;

use super::ID;
use super::layout::{Layout, Rule, Rulebase};
use super::name::Kind;
use crate::emit::RenderError;

#[derive(Template)]
#[template(path = "paloalto/templates/main.tf")]
struct Main<'a> {
    header: &'a [String],
    description: &'a str,
    services: Vec<Service<'a>>,
    lists: Vec<ListView<'a>>,
    groups: Vec<Group<'a>>,
}

struct Service<'a> {
    label: String,
    name: &'a str,
    ports: String,
}

/// An external dynamic list, where it has a URL, or a custom URL category.
struct ListView<'a> {
    label: String,
    name: &'a str,
    kind: &'static str,
    url: Option<&'a str>,
    lines: &'a [String],
}

/// The rules of one policy.
struct Group<'a> {
    kind: Rulebase,
    rulebase: &'static str,
    rules: Vec<RuleView<'a>>,
}

struct RuleView<'a> {
    name: &'a str,
    from: &'a [&'a str],
    to: &'a [&'a str],
    source: &'a [&'a str],
    destination: Destination<'a>,
    service: String,
    category: Option<String>,
}

enum Destination<'a> {
    Texts(&'a [String]),
    Reference(String),
}

/// `thruway-allow-tcp-443` as an identifier: `allow_tcp_443`.
fn label(name: &str) -> String {
    name.trim_start_matches("thruway-").replace('-', "_")
}

/// The file.
///
/// # Errors
/// When the template fails, which is a bug.
pub fn main_tf(layout: &Layout<'_>) -> Result<Vec<u8>, RenderError> {
    let lists = layout.lists.iter().filter(|list| layout.external || list.kind == Kind::Url);
    let complete = layout.rulebases().filter(|_| layout.complete);
    let template = Main {
        header: &layout.header,
        description: &layout.description,
        services: layout
            .services
            .iter()
            .map(|(name, ports)| Service { label: label(name), name, ports: ports.to_string() })
            .collect(),
        lists: lists
            .map(|list| ListView {
                label: label(&list.name),
                name: &list.name,
                kind: list.kind.as_str(),
                url: list.url.as_deref(),
                lines: list.lines,
            })
            .collect(),
        groups: complete
            .map(|kind| Group {
                kind,
                rulebase: kind.as_str(),
                rules: layout.rules_of(kind).map(|rule| view(layout, rule)).collect(),
            })
            .collect(),
    };
    let text = template.render().map_err(|e| RenderError::Template { target: ID, why: e.to_string() })?;
    Ok(text.into_bytes())
}

/// References, not names, so that Terraform makes the objects before the rules.
fn view<'a>(layout: &'a Layout<'_>, rule: &'a Rule<'_>) -> RuleView<'a> {
    let resource = if layout.external { "panos_external_dynamic_list" } else { "panos_custom_url_category" };
    let reference = |name: &str| format!("{resource}.{}.name", label(name));
    let is_list = |name: &str| layout.lists.iter().any(|list| list.name == name);
    RuleView {
        name: &rule.name,
        from: &rule.from,
        to: &rule.to,
        source: &rule.source,
        destination: match &rule.destination[..] {
            [name] if is_list(name) => Destination::Reference(reference(name)),
            texts => Destination::Texts(texts),
        },
        service: format!("panos_service.{}.name", label(&rule.service)),
        category: is_list(&rule.category).then(|| reference(&rule.category)),
    }
}
