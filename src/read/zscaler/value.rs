//! What JSON and Terraform have in common: values with the line of each, and the fields of a body.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::read::{Place, Trouble, TroubleKind};
use crate::text;

/// Characters of a text in a message.
const SHOWN: usize = 60;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Value<'t> {
    pub(super) line: u32,
    pub(super) kind: Kind<'t>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Kind<'t> {
    Null,
    Bool(bool),
    Number(Cow<'t, str>),
    Text(Cow<'t, str>),
    List(Vec<Value<'t>>),
    Object(Vec<Member<'t>>),
    /// What stands elsewhere: `zia_url_categories.allow.id`. Only Terraform has these.
    Reference(String),
    /// What Terraform computes.
    Computed,
}

/// A field of an object.
#[derive(Clone, Debug)]
pub(super) struct Member<'t> {
    pub(super) line: u32,
    pub(super) key: Cow<'t, str>,
    pub(super) value: Value<'t>,
}

impl Value<'_> {
    /// Whether the product takes it as if it were not there.
    pub(super) fn is_unset(&self) -> bool {
        match &self.kind {
            Kind::Null | Kind::Bool(false) => true,
            Kind::Number(number) => number == "0",
            Kind::Text(text) => text.is_empty(),
            Kind::List(values) => values.is_empty(),
            Kind::Object(members) => members.iter().all(|member| member.value.is_unset()),
            Kind::Bool(true) | Kind::Reference(_) | Kind::Computed => false,
        }
    }
}

/// How keys are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dialect {
    /// `minTLSVersion`.
    Json,
    /// `min_tls_version`.
    Terraform,
}

impl Dialect {
    /// A key of the API as it is written here.
    fn key(self, key: &'static str) -> Cow<'static, str> {
        match self {
            Self::Json => Cow::Borrowed(key),
            Self::Terraform => snake_case(key),
        }
    }
}

/// `minTLSVersion` as `min_tls_version`: an underscore before a capital letter that follows a small one or is
/// followed by one.
fn snake_case(key: &'static str) -> Cow<'static, str> {
    let bytes = key.as_bytes();
    if !bytes.iter().any(u8::is_ascii_uppercase) {
        return Cow::Borrowed(key);
    }
    let mut text = String::with_capacity(key.len() + 4);
    for (at, byte) in bytes.iter().enumerate() {
        let begins = byte.is_ascii_uppercase()
            && at > 0
            && (!bytes[at - 1].is_ascii_uppercase() || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase));
        if begins {
            text.push('_');
        }
        text.push(byte.to_ascii_lowercase().into());
    }
    Cow::Owned(text)
}

/// Where troubles go.
pub(super) struct Troubles<'r> {
    pub(super) file: Arc<str>,
    pub(super) found: &'r mut Vec<Trouble>,
}

impl Troubles<'_> {
    pub(super) fn add(&mut self, kind: TroubleKind, line: u32, what: impl AsRef<str>) {
        self.found.push(Trouble::new(self.place(line), kind, what));
    }

    pub(super) fn place(&self, line: u32) -> Place {
        Place::new(&self.file, line)
    }
}

/// The fields of one body, by the keys of the API.
#[derive(Clone, Copy)]
pub(super) struct Fields<'v> {
    pub(super) line: u32,
    pub(super) dialect: Dialect,
    pub(super) members: &'v [Member<'v>],
}

impl<'v> Fields<'v> {
    /// A field, if it is there and not null.
    pub(super) fn get(self, key: &'static str) -> Option<&'v Value<'v>> {
        let written = self.dialect.key(key);
        let member = self.members.iter().rfind(|member| member.key == written)?;
        (!matches!(member.value.kind, Kind::Null)).then_some(&member.value)
    }

    /// Whether a field is there and says something.
    pub(super) fn has(self, key: &'static str) -> bool {
        self.get(key).is_some_and(|value| !value.is_unset())
    }

    /// A text; what is something else is told.
    pub(super) fn text(self, key: &'static str, troubles: &mut Troubles<'_>) -> Option<&'v str> {
        let value = self.get(key)?;
        match &value.kind {
            Kind::Text(text) => Some(text),
            _ => {
                troubles.add(TroubleKind::NotUnderstood, value.line, format!("`{key}` is no text"));
                None
            }
        }
    }

    /// True or false; what is something else is told.
    pub(super) fn flag(self, key: &'static str, troubles: &mut Troubles<'_>) -> Option<bool> {
        let value = self.get(key)?;
        match value.kind {
            Kind::Bool(flag) => Some(flag),
            _ => {
                let what = format!("`{key}` is neither true nor false");
                troubles.add(TroubleKind::NotUnderstood, value.line, what);
                None
            }
        }
    }

    /// The values of a list; what is something else is told.
    pub(super) fn list(self, key: &'static str, troubles: &mut Troubles<'_>) -> &'v [Value<'v>] {
        let Some(value) = self.get(key) else { return &[] };
        match &value.kind {
            Kind::List(values) => values,
            _ => {
                troubles.add(TroubleKind::NotUnderstood, value.line, format!("`{key}` is no list"));
                &[]
            }
        }
    }

    /// The fields of a field; what is no object is told.
    pub(super) fn object(self, key: &'static str, troubles: &mut Troubles<'_>) -> Option<Fields<'v>> {
        let value = self.get(key)?;
        match &value.kind {
            Kind::Object(members) => Some(Fields { line: value.line, dialect: self.dialect, members }),
            _ => {
                troubles.add(TroubleKind::NotUnderstood, value.line, format!("`{key}` is no object"));
                None
            }
        }
    }

    /// Tells of every key that is none of these, and of those that are there twice.
    pub(super) fn check_keys(self, known: &[&[&'static str]], troubles: &mut Troubles<'_>) {
        let mut seen = BTreeSet::new();
        for member in self.members {
            let is_known = |key: &&'static str| self.dialect.key(key) == member.key;
            if !known.iter().copied().flatten().any(is_known) {
                let what = format!("`{}` is a key that is not known here", text::shown(&member.key, SHOWN));
                troubles.add(TroubleKind::NotUnderstood, member.line, what);
            } else if !seen.insert(&*member.key) {
                troubles.add(
                    TroubleKind::NotUnderstood,
                    member.line,
                    format!("`{}` is here twice", member.key),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_provider_are_those_of_the_api() {
        for (api, provider) in [
            ("minTLSVersion", "min_tls_version"),
            ("dbCategorizedUrls", "db_categorized_urls"),
            ("ipRanges", "ip_ranges"),
            ("showEUNATP", "show_eunatp"),
            ("minServerTLSVersion", "min_server_tls_version"),
            ("http2Enabled", "http2_enabled"),
            ("order", "order"),
        ] {
            assert_eq!(snake_case(api), provider);
        }
    }
}
