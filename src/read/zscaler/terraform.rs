//! Resources of the provider `zscaler/zia`, as bodies of the API.
//!
//! Deliberately not here: what Terraform computes, and resources of other providers.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Zscaler;
use super::category;
use super::rule::{self, RuleKind};
use super::value::{Dialect, Fields, Kind, Member, Troubles, Value};
use crate::read::TroubleKind;
use crate::read::hcl::{self, Body, Expression};
use crate::text;

/// Arguments of Terraform's own that change nothing here.
const META: &[&str] = &["depends_on", "provider", "lifecycle"];
/// Blocks beside resources that decide nothing. What refers to them is told where it does.
const SILENT: &[&str] = &["terraform", "provider", "variable", "output", "data", "locals"];
/// Characters of a text in a message.
const SHOWN: usize = 60;

/// Reads a file into what is known of a tenant.
pub(super) fn read(text: &str, zscaler: &mut Zscaler, troubles: &mut Troubles<'_>) {
    let body = match Body::parse(text) {
        Ok(body) => body,
        Err(error) => return troubles.add(TroubleKind::NotUnderstood, error.line, error.what),
    };
    for attribute in &body.attributes {
        troubles.add(TroubleKind::Refused, attribute.line, "an argument outside of a block");
    }
    let variables: BTreeSet<&str> = body
        .blocks
        .iter()
        .filter(|block| block.kind == "variable")
        .filter_map(|block| block.labels.first().map(|label| &**label))
        .collect();
    for block in &body.blocks {
        match (block.kind, &block.labels[..]) {
            ("resource", [kind, name]) => {
                let members = members(&block.body);
                let fields = Fields { line: block.line, dialect: Dialect::Terraform, members: &members };
                resource(kind, name, fields, &variables, zscaler, troubles);
            }
            (kind, _) if SILENT.contains(&kind) => {}
            (kind, _) => {
                let what = format!("a block `{}` is not understood", text::shown(kind, SHOWN));
                troubles.add(TroubleKind::NotUnderstood, block.line, what);
            }
        }
    }
}

fn resource(
    kind: &str,
    name: &str,
    fields: Fields<'_>,
    variables: &BTreeSet<&str>,
    zscaler: &mut Zscaler,
    troubles: &mut Troubles<'_>,
) {
    match kind {
        "zia_url_categories" => {
            let address = format!("{kind}.{name}");
            zscaler.categories.push(category::read(fields, Some(address), troubles));
        }
        "zia_url_filtering_rules" => {
            zscaler.rules.extend(rule::read(RuleKind::UrlFiltering, fields, troubles));
        }
        "zia_ssl_inspection_rules" => {
            zscaler.rules.extend(rule::read(RuleKind::SslInspection, fields, troubles));
        }
        "zia_auth_settings_urls" => {
            fields.check_keys(&[&["urls"]], troubles);
            let values = fields.list("urls", troubles);
            let (other, own): (Vec<_>, Vec<_>) =
                values.iter().cloned().partition(|value| matches!(value.kind, Kind::Reference(_)));
            for value in other {
                let Kind::Reference(from) = &value.kind else { continue };
                let is_declared = from.strip_prefix("var.").is_none_or(|name| variables.contains(name));
                if is_declared {
                    let what = format!("which URLs `{from}` adds is not known");
                    troubles.add(TroubleKind::Assumed, value.line, what);
                } else {
                    troubles.add(TroubleKind::Refused, value.line, format!("there is no `{from}`"));
                }
            }
            zscaler.exempt(troubles.place(fields.line), category::entries(&own, troubles));
        }
        "zia_activation_status" => {}
        _ if kind.starts_with("zia_") => {
            let what = format!("a resource `{}` is not understood", text::shown(kind, SHOWN));
            troubles.add(TroubleKind::NotUnderstood, fields.line, what);
        }
        // Another provider's.
        _ => {}
    }
}

/// The fields of a block: its arguments, and its blocks by their kind.
fn members<'t>(body: &Body<'t>) -> Vec<Member<'t>> {
    let mut members = Vec::with_capacity(body.attributes.len() + body.blocks.len());
    for attribute in body.attributes.iter().filter(|attribute| !META.contains(&attribute.name)) {
        members.push(Member {
            line: attribute.line,
            key: Cow::Borrowed(attribute.name),
            value: value(&attribute.value),
        });
    }
    for block in body.blocks.iter().filter(|block| !META.contains(&block.kind)) {
        let kind = Kind::Object(self::members(&block.body));
        let value = Value { line: block.line, kind };
        members.push(Member { line: block.line, key: Cow::Borrowed(block.kind), value });
    }
    members
}

fn value<'t>(own: &hcl::Value<'t>) -> Value<'t> {
    let kind = match &own.expression {
        Expression::Null => Kind::Null,
        Expression::Bool(flag) => Kind::Bool(*flag),
        Expression::Number(number) => Kind::Number(Cow::Borrowed(number)),
        Expression::Text(text) => Kind::Text(text.clone()),
        Expression::List(values) => Kind::List(values.iter().map(value).collect()),
        Expression::Object(fields) => Kind::Object(
            fields
                .iter()
                .map(|field| Member { line: field.line, key: field.key.clone(), value: value(&field.value) })
                .collect(),
        ),
        Expression::Reference(words) => Kind::Reference(words.join(".")),
        Expression::Call("concat", values) => Kind::List(values.iter().flat_map(concatenated).collect()),
        Expression::Call("toset" | "tolist", values) if values.len() == 1 => return value(&values[0]),
        Expression::Call(..) => Kind::Computed,
    };
    Value { line: own.line, kind }
}

/// The values that an argument of `concat` adds; what stands elsewhere, or is computed, as itself.
fn concatenated<'t>(own: &hcl::Value<'t>) -> Vec<Value<'t>> {
    let value = value(own);
    match value.kind {
        Kind::List(values) => values,
        _ => vec![value],
    }
}
