//! Bodies of the API: one, several in a list as GET returns them, or lists of these.

use super::Zscaler;
use super::rule::{self, RuleKind};
use super::value::{Dialect, Fields, Kind, Troubles, Value};
use super::{category, json};
use crate::read::TroubleKind;

/// Of categories alone.
const OF_CATEGORIES: &[&str] =
    &["configuredName", "superCategory", "dbCategorizedUrls", "customCategory", "urlType"];

/// Reads a text into what is known of a tenant.
pub(super) fn read(text: &str, zscaler: &mut Zscaler, troubles: &mut Troubles<'_>) {
    match json::parse(text) {
        Ok(value) => bodies(&value, zscaler, troubles),
        Err(error) => troubles.add(TroubleKind::NotUnderstood, error.line, error.why),
    }
}

/// A body, or a list of them. How deep lists lie in each other is limited where they are parsed.
fn bodies(value: &Value<'_>, zscaler: &mut Zscaler, troubles: &mut Troubles<'_>) {
    match &value.kind {
        Kind::List(values) => values.iter().for_each(|value| bodies(value, zscaler, troubles)),
        Kind::Object(members) => {
            let fields = Fields { line: value.line, dialect: Dialect::Json, members };
            body(fields, zscaler, troubles);
        }
        _ => troubles.add(TroubleKind::NotUnderstood, value.line, "no body of the API"),
    }
}

/// A body, by the keys that it alone has.
fn body(fields: Fields<'_>, zscaler: &mut Zscaler, troubles: &mut Troubles<'_>) {
    let action = fields.get("action").map(|value| &value.kind);
    if OF_CATEGORIES.iter().any(|key| fields.get(key).is_some()) {
        zscaler.categories.push(category::read(fields, None, troubles));
    } else if matches!(action, Some(Kind::Object(_))) {
        zscaler.rules.extend(rule::read(RuleKind::SslInspection, fields, troubles));
    } else if action.is_some() {
        zscaler.rules.extend(rule::read(RuleKind::UrlFiltering, fields, troubles));
    } else if fields.get("urls").is_some() {
        fields.check_keys(&[&["urls"]], troubles);
        let urls = category::entries(fields.list("urls", troubles), troubles);
        zscaler.exempt(troubles.place(fields.line), urls);
    } else {
        troubles.add(TroubleKind::NotUnderstood, fields.line, "a body that is not known here");
    }
}
