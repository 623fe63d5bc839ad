//! `identity-endpoint`.

use std::fmt;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use super::{GateLint, Subject, Trouble};
use crate::diag::{Code, Level};
use crate::embedded;
use crate::model::{DomainName, Host, HostPattern, Intent};
use crate::suffix::checked;

/// A pattern that matches a host of `data/identity-endpoints.yaml`.
pub(super) struct IdentityEndpoint;

impl GateLint for IdentityEndpoint {
    fn code(&self) -> Code {
        Code::IdentityEndpoint
    }

    fn level(&self, intent: Intent) -> Level {
        match intent {
            Intent::Allow => Level::Allow,
            Intent::BypassInspection | Intent::BypassAuthentication | Intent::Direct => Level::Warn,
        }
    }

    fn check(&self, subject: &Subject<'_>, intent: Intent) -> Option<Trouble> {
        let host = &subject.pattern.host;
        let hit: Vec<&SignIn> = SIGN_INS.iter().filter(|sign_in| host.matches(&sign_in.host)).collect();
        let names: Vec<String> = hit.iter().map(|sign_in| format!("`{}`", sign_in.host)).collect();
        let message = match (host, &names[..]) {
            (_, []) => return None,
            (HostPattern::Exact(_), _) => format!("`{host}` is a sign-in host"),
            (_, [name]) => format!("`{host}` matches the sign-in host {name}"),
            _ => format!("`{host}` matches the sign-in hosts {}", names.join(", ")),
        };
        let mut notes: Vec<String> = hit.iter().map(ToString::to_string).collect();
        notes.push(consequence(intent).to_owned());
        let help = vec![format!(
            "to keep sign-in hosts off this list alone: `lints: {{ {}: {{ {}: hold }} }}`",
            self.code(),
            intent
        )];
        Some(Trouble {
            message,
            label: "tenant restrictions are enforced at sign-in".to_owned(),
            notes,
            help,
        })
    }
}

/// What the intent does to a sign-in host.
fn consequence(intent: Intent) -> &'static str {
    match intent {
        Intent::Allow => "allowed without a tenant restriction, it signs in to any tenant",
        Intent::BypassInspection => "without inspection the proxy cannot restrict tenants here",
        Intent::BypassAuthentication => "sign-in is then reached without a user's name in the proxy's log",
        Intent::Direct => "what goes around the proxy is neither restricted nor logged",
    }
}

/// One row of `data/identity-endpoints.yaml`.
struct SignIn {
    host: Host,
    reason: String,
    source: String,
    checked: Option<Date>,
}

/// As a note: why, by which document.
impl fmt::Display for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {} ({}, {})", self.host, self.reason, self.source, checked(self.checked))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    hosts: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    reason: String,
    source: String,
    checked: Option<Date>,
}

static SIGN_INS: LazyLock<Vec<SignIn>> = LazyLock::new(|| {
    let file: File = embedded::table("data/identity-endpoints.yaml");
    file.hosts
        .into_iter()
        .map(|row| {
            let name: DomainName = row.name.parse().unwrap_or_else(|error| {
                panic!("internal error: data/identity-endpoints.yaml: `{}`: {error}", row.name)
            });
            SignIn { host: Host::Name(name), reason: row.reason, source: row.source, checked: row.checked }
        })
        .collect()
});
