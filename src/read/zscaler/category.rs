//! Lists of URLs, and categories that have them.
//!
//! Keys and values by zscaler-sdk-go, `urlcategories`, 2026-11-24.

use ipnet::{IpNet, Ipv4Subnets};

use super::url::Url;
use super::value::{Fields, Kind, Troubles, Value};
use crate::read::{Place, TroubleKind};
use crate::text;

/// Characters of a category's description.
const MAX_DESCRIPTION: usize = 256;
/// Characters of a text in a message.
const SHOWN: usize = 60;

/// Of a category.
const CATEGORY_KEYS: &[&str] = &[
    "id",
    "configuredName",
    "customCategory",
    "superCategory",
    "type",
    "urlType",
    "description",
    "urls",
    "dbCategorizedUrls",
    "ipRanges",
    "ipRangesRetainingParentCategory",
];
/// Of a category: what nobody can say the hosts of.
const CATEGORY_UNCLEAR: &[&str] =
    &["keywords", "keywordsRetainingParentCategory", "regexPatterns", "regexPatternsRetainingParentCategory"];
/// Of a category: who may change it, and how much there is.
const CATEGORY_SILENT: &[&str] = &[
    "scopes",
    "editable",
    "val",
    "urlKeywordCounts",
    "customUrlsCount",
    "urlsRetainingParentCategoryCount",
    "customIpRangesCount",
    "ipRangesRetainingParentCategoryCount",
    "categoryGroup",
];

/// An entry of a list and its place.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) url: Url,
    pub(super) place: Place,
}

/// A category of URLs.
#[derive(Debug)]
pub(super) struct Category {
    pub(super) place: Place,
    /// `CUSTOM_01`, as the tenant gave it out.
    pub(super) id: Option<String>,
    /// The name that people gave it.
    pub(super) name: Option<String>,
    /// `zia_url_categories.allow`, in Terraform.
    pub(super) address: Option<String>,
    /// Whether it has only what is written here: people made it, not Zscaler.
    pub(super) is_custom: bool,
    pub(super) entries: Vec<Entry>,
    pub(super) networks: Vec<(IpNet, Place)>,
}

/// The entries of a list of texts.
pub(super) fn entries(values: &[Value<'_>], troubles: &mut Troubles<'_>) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(values.len());
    for value in values {
        match &value.kind {
            Kind::Text(text) => entries.extend(entry(text, value.line, troubles)),
            _ => troubles.add(TroubleKind::NotUnderstood, value.line, "not a text where a URL should be"),
        }
    }
    entries
}

/// An entry, if it is one.
pub(super) fn entry(text: &str, line: u32, troubles: &mut Troubles<'_>) -> Option<Entry> {
    match Url::read(text) {
        Ok(url) => {
            if let Some(what) = url.misleads() {
                troubles.add(TroubleKind::Misleading, line, what);
            }
            Some(Entry { url, place: troubles.place(line) })
        }
        Err((kind, what)) => {
            troubles.add(kind, line, what);
            None
        }
    }
}

/// A category.
pub(super) fn read(fields: Fields<'_>, address: Option<String>, troubles: &mut Troubles<'_>) -> Category {
    fields.check_keys(&[CATEGORY_KEYS, CATEGORY_UNCLEAR, CATEGORY_SILENT], troubles);
    let is_custom = fields.flag("customCategory", troubles).unwrap_or_default();
    let name = fields.text("configuredName", troubles);
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '(' | ')' | ' ');
    match name {
        Some(name) if !name.is_empty() && name.chars().all(is_word) => {}
        None if !is_custom => {}
        _ => troubles.add(TroubleKind::Refused, fields.line, "a category without a name that Zscaler takes"),
    }
    let description = fields.text("description", troubles).unwrap_or_default();
    if is_custom && description.chars().count() > MAX_DESCRIPTION {
        let what = format!("a description of over {MAX_DESCRIPTION} characters");
        troubles.add(TroubleKind::Refused, fields.line, what);
    }
    for (key, plain) in [("type", "URL_CATEGORY"), ("urlType", "EXACT")] {
        if let Some(other) = fields.text(key, troubles).filter(|text| *text != plain) {
            let what = format!("what a category of `{key}` {} matches", text::shown(other, SHOWN));
            troubles.add(TroubleKind::NotUnderstood, fields.line, what);
        }
    }
    for &key in CATEGORY_UNCLEAR.iter().filter(|key| fields.has(key)) {
        let line = fields.get(key).map_or(fields.line, |value| value.line);
        let what = format!("which hosts `{key}` matches is not known");
        troubles.add(TroubleKind::NotUnderstood, line, what);
    }
    let mut urls = Vec::new();
    for key in ["urls", "dbCategorizedUrls"] {
        urls.extend(entries(fields.list(key, troubles), troubles));
    }
    let mut networks = Vec::new();
    for key in ["ipRanges", "ipRangesRetainingParentCategory"] {
        for value in fields.list(key, troubles) {
            ranges(value, troubles, &mut networks);
        }
    }
    Category {
        place: troubles.place(fields.line),
        id: fields.text("id", troubles).map(str::to_owned),
        name: name.map(str::to_owned),
        address,
        is_custom,
        entries: urls,
        networks,
    }
}

/// Addresses, as a network or from one to another.
fn ranges(value: &Value<'_>, troubles: &mut Troubles<'_>, found: &mut Vec<(IpNet, Place)>) {
    let read = |text: &str| -> Option<Vec<IpNet>> {
        if let Some((first, last)) = text.split_once('-') {
            let subnets = Ipv4Subnets::new(first.parse().ok()?, last.parse().ok()?, 0);
            return Some(subnets.map(IpNet::V4).collect());
        }
        let network = text.parse().or_else(|_| text.parse().map(|address: std::net::IpAddr| address.into()));
        network.ok().map(|network: IpNet| vec![network.trunc()])
    };
    let networks = match &value.kind {
        Kind::Text(text) => read(text).filter(|networks| !networks.is_empty()),
        _ => None,
    };
    let Some(networks) = networks else {
        return troubles.add(TroubleKind::NotUnderstood, value.line, "addresses that are not understood");
    };
    let what = "names that resolve to these addresses are matched too, and which these are is not known";
    troubles.add(TroubleKind::Misleading, value.line, what);
    found.extend(networks.into_iter().map(|network| (network, troubles.place(value.line))));
}
