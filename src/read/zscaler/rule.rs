//! Rules, of URL filtering and of SSL inspection.
//!
//! Keys and values by zscaler-sdk-go, `urlfilteringpolicies` and `sslinspection`, and by the checks of the provider,
//! 2026-11-24.

use super::value::{Fields, Kind, Troubles, Value};
use crate::model::{Scheme, Schemes};
use crate::read::{Place, TroubleKind};
use crate::text;

/// Characters of a rule's name.
const MAX_RULE_NAME: usize = 31;
/// Characters of a text in a message.
const SHOWN: usize = 60;

/// Of both kinds of rules.
const RULE_KEYS: &[&str] =
    &["name", "description", "state", "order", "action", "urlCategories", "defaultRule", "predefined"];
/// Of a rule: for whom, when and how often it is, which no request says.
const RULE_CLIENTS: &[&str] = &[
    "locations",
    "locationGroups",
    "groups",
    "departments",
    "users",
    "devices",
    "deviceGroups",
    "deviceTrustLevels",
    "userRiskScoreLevels",
    "userAgentTypes",
    "platforms",
    "sourceIpGroups",
    "sourceCountries",
    "workloadGroups",
    "timeWindows",
    "enforceTimeValidity",
    "timeQuota",
    "sizeQuota",
    "requestMethods",
];
/// Of a rule: what else limits the destination.
const RULE_UNCLEAR: &[&str] =
    &["urlCategories2", "cloudApplications", "destIpGroups", "proxyGateways", "zpaAppSegments"];
/// Of a rule: what decides nothing.
const RULE_SILENT: &[&str] = &[
    "id",
    "rank",
    "accessControl",
    "labels",
    "lastModifiedTime",
    "lastModifiedBy",
    "endUserNotificationUrl",
    "browserEunTemplateId",
    "blockOverride",
    "overrideUsers",
    "overrideGroups",
    "validityStartTime",
    "validityEndTime",
    "validityTimeZoneId",
    "ciparule",
    "cipaRule",
    "cbiProfile",
    "cbiProfileId",
    "roadWarriorForKerberos",
];

/// The two lists of rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RuleKind {
    /// URL filtering: what is let through.
    UrlFiltering,
    /// SSL inspection: what is opened.
    SslInspection,
}

/// A rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) kind: RuleKind,
    pub(super) place: Place,
    pub(super) name: String,
    /// Its place among the rules of its kind, from 1. The default rule is the last.
    pub(super) order: Option<u32>,
    pub(super) is_enabled: bool,
    /// Whether it lets through, or leaves closed.
    pub(super) grants: bool,
    pub(super) schemes: Schemes,
    /// Whether it is for some clients alone.
    pub(super) is_limited: bool,
    /// The categories; nothing where it is for every URL.
    pub(super) categories: Option<Vec<Mention>>,
}

/// A category that a rule names.
#[derive(Debug)]
pub(super) struct Mention {
    pub(super) place: Place,
    /// Identifier, name, or address in Terraform.
    pub(super) category: String,
}

/// A rule; nothing where nothing can be said of it, which is told.
pub(super) fn read(kind: RuleKind, fields: Fields<'_>, troubles: &mut Troubles<'_>) -> Option<Rule> {
    let only: &[&str] = match kind {
        RuleKind::UrlFiltering => &["protocols"],
        RuleKind::SslInspection => &[],
    };
    fields.check_keys(&[RULE_KEYS, RULE_CLIENTS, RULE_UNCLEAR, RULE_SILENT, only], troubles);
    let line = fields.line;
    let name = fields.text("name", troubles).unwrap_or_default();
    if name.is_empty() || name.chars().count() > MAX_RULE_NAME {
        let what = format!("a rule's name has 1 to {MAX_RULE_NAME} characters");
        troubles.add(TroubleKind::Refused, line, what);
    }
    let is_default = fields.flag("defaultRule", troubles).unwrap_or_default();
    let order = if is_default { None } else { order(fields, troubles) };
    let is_enabled = match fields.text("state", troubles) {
        Some("ENABLED") => true,
        Some("DISABLED") => false,
        other => {
            let what = match other {
                None => "a rule without a state, taken for enabled".to_owned(),
                Some(other) => format!("no state of a rule: `{}`", text::shown(other, SHOWN)),
            };
            troubles.add(TroubleKind::NotUnderstood, line, what);
            true
        }
    };
    let grants = match kind {
        RuleKind::UrlFiltering => filtering_action(fields, troubles)?,
        RuleKind::SslInspection => inspection_action(fields, troubles)?,
    };
    let schemes = match kind {
        RuleKind::UrlFiltering => protocols(fields, troubles),
        RuleKind::SslInspection => Schemes::only(Scheme::Https),
    };
    // What Zscaler made itself says here nothing of what it is for.
    let unclear = RULE_UNCLEAR.iter().find(|key| fields.has(key));
    if fields.flag("predefined", troubles).unwrap_or_default() && !is_default {
        let what = "a rule of Zscaler's own: what it is for is not written here";
        troubles.add(TroubleKind::NotUnderstood, line, what);
        return None;
    } else if let Some(key) = unclear {
        let what = format!("what `{key}` limits the rule to is not known, so nothing is decided about it");
        troubles.add(TroubleKind::NotUnderstood, line, what);
        return None;
    }
    let clients: Vec<&str> = RULE_CLIENTS.iter().copied().filter(|key| limits(fields, key)).collect();
    if !clients.is_empty() {
        let taken = if grants { "taken as fulfilled" } else { "taken as not fulfilled" };
        let what = format!("the rule depends on {}, {taken}", clients.join(", "));
        troubles.add(TroubleKind::Assumed, line, what);
    }
    let categories = mentions(fields, troubles);
    Some(Rule {
        kind,
        place: troubles.place(line),
        name: name.to_owned(),
        order,
        is_enabled,
        grants,
        schemes,
        is_limited: !clients.is_empty(),
        categories: if is_default { None } else { categories },
    })
}

fn limits(fields: Fields<'_>, key: &'static str) -> bool {
    fields.get(key).is_some_and(|value| match &value.kind {
        Kind::List(values) => {
            !values.iter().all(|value| matches!(&value.kind, Kind::Text(text) if text == "ANY"))
        }
        _ => !value.is_unset(),
    })
}

fn order(fields: Fields<'_>, troubles: &mut Troubles<'_>) -> Option<u32> {
    let order = match fields.get("order").map(|value| &value.kind) {
        Some(Kind::Number(number)) => number.parse().ok().filter(|order| *order > 0),
        _ => None,
    };
    if order.is_none() {
        troubles.add(TroubleKind::Refused, fields.line, "a rule without an `order` from 1");
    }
    order
}

/// The categories that a rule is for; nothing where it is for every URL.
fn mentions(fields: Fields<'_>, troubles: &mut Troubles<'_>) -> Option<Vec<Mention>> {
    let values = fields.list("urlCategories", troubles);
    let is_any = |value: &Value<'_>| matches!(&value.kind, Kind::Text(text) if text == "ANY");
    if fields.get("urlCategories").is_none_or(Value::is_unset) || values.iter().any(is_any) {
        return None;
    }
    let mut mentions = Vec::with_capacity(values.len());
    for value in values {
        let category = match &value.kind {
            Kind::Text(text) => text.clone().into_owned(),
            Kind::Reference(text) => text.clone(),
            _ => {
                troubles.add(TroubleKind::NotUnderstood, value.line, "not the name of a category");
                continue;
            }
        };
        mentions.push(Mention { place: troubles.place(value.line), category });
    }
    Some(mentions)
}

/// Whether a URL filtering rule lets through. A page to click on, or a browser elsewhere, stops a program.
fn filtering_action(fields: Fields<'_>, troubles: &mut Troubles<'_>) -> Option<bool> {
    match fields.text("action", troubles) {
        Some("ALLOW") => Some(true),
        Some("BLOCK" | "CAUTION" | "ISOLATE") => Some(false),
        other => {
            let what =
                format!("no action that is known: `{}`", text::shown(other.unwrap_or_default(), SHOWN));
            troubles.add(TroubleKind::NotUnderstood, fields.line, what);
            None
        }
    }
}

/// Whether an SSL inspection rule leaves closed what it matches.
fn inspection_action(fields: Fields<'_>, troubles: &mut Troubles<'_>) -> Option<bool> {
    const KEYS: &[&str] = &[
        "type",
        "showEUN",
        "showEUNATP",
        "overrideDefaultCertificate",
        "sslInterceptionCert",
        "decryptSubActions",
        "doNotDecryptSubActions",
    ];
    let Some(action) = fields.object("action", troubles) else {
        troubles.add(TroubleKind::Refused, fields.line, "an SSL inspection rule without an action");
        return None;
    };
    action.check_keys(&[KEYS], troubles);
    match action.text("type", troubles) {
        Some("DO_NOT_DECRYPT") => {
            do_not_decrypt(action, troubles);
            Some(true)
        }
        Some("DECRYPT") => Some(false),
        Some("BLOCK") => {
            let what = "it also ends what it matches, whatever the URL filtering rules say";
            troubles.add(TroubleKind::Misleading, action.line, what);
            Some(false)
        }
        other => {
            let what =
                format!("no action that is known: `{}`", text::shown(other.unwrap_or_default(), SHOWN));
            troubles.add(TroubleKind::NotUnderstood, action.line, what);
            None
        }
    }
}

/// The provider's checks of what is not opened.
fn do_not_decrypt(action: Fields<'_>, troubles: &mut Troubles<'_>) {
    const KEYS: &[&str] = &[
        "bypassOtherPolicies",
        "serverCertificates",
        "ocspCheck",
        "blockSslTrafficWithNoSniEnabled",
        "minTLSVersion",
    ];
    let Some(sub) = action.object("doNotDecryptSubActions", troubles) else {
        let what = "`DO_NOT_DECRYPT` without `doNotDecryptSubActions`";
        return troubles.add(TroubleKind::Refused, action.line, what);
    };
    sub.check_keys(&[KEYS], troubles);
    let bypasses = sub.flag("bypassOtherPolicies", troubles).unwrap_or_default();
    let values: [(&'static str, &[&str]); 2] = [
        ("serverCertificates", &["ALLOW", "BLOCK", "PASS_THRU"]),
        ("minTLSVersion", &["SERVER_TLS_1_0", "SERVER_TLS_1_1", "SERVER_TLS_1_2", "SERVER_TLS_1_3"]),
    ];
    for (key, known) in values {
        match sub.text(key, troubles).filter(|text| !text.is_empty()) {
            Some(_) if bypasses => {
                let what = format!("`{key}` beside `bypassOtherPolicies`, which leaves nothing to check");
                troubles.add(TroubleKind::Refused, sub.line, what);
            }
            None if !bypasses => {
                let what = format!("no `{key}`, which is needed where the other policies still hold");
                troubles.add(TroubleKind::Refused, sub.line, what);
            }
            Some(text) if !known.contains(&text) => {
                let what = format!("no value of `{key}`: `{}`", text::shown(text, SHOWN));
                troubles.add(TroubleKind::NotUnderstood, sub.line, what);
            }
            Some(_) | None => {}
        }
    }
    if bypasses {
        let what = "what it matches skips the other policies too, such as URL filtering";
        troubles.add(TroubleKind::Misleading, sub.line, what);
    }
}

/// The schemes that a URL filtering rule is for.
fn protocols(fields: Fields<'_>, troubles: &mut Troubles<'_>) -> Schemes {
    let values = fields.list("protocols", troubles);
    if values.is_empty() {
        return Schemes::ANY;
    }
    let mut schemes = Schemes { http: false, https: false };
    for value in values {
        let text = match &value.kind {
            Kind::Text(text) => text,
            _ => "",
        };
        match text {
            "ANY_RULE" => schemes = Schemes::ANY,
            "HTTP_RULE" => schemes.http = true,
            "HTTPS_RULE" => schemes.https = true,
            // Not what is asked here.
            "FTP_RULE" | "FOHTTP_RULE" | "UDP_RULE" | "DOHTTPS_RULE" | "WEBSOCKET_RULE"
            | "WEBSOCKETSSL_RULE" => {}
            _ => {
                let what = format!("which requests `{}` is for is not known", text::shown(text, SHOWN));
                troubles.add(TroubleKind::NotUnderstood, value.line, what);
            }
        }
    }
    schemes
}
