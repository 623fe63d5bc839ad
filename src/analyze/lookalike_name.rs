//! `lookalike-name`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Context, Lint};
use crate::diag::{Code, Diagnostic, Place};
use crate::lists;
use crate::model::{DomainName, Endpoint, HostPattern};
use crate::profile::BUILTIN_LISTS;
use crate::resemblance::Registered;
use crate::suffix::registered_domain;
use crate::text::count;

/// Names of the user's that look like one of the vendor's and are not.
pub(super) struct LookalikeName;

/// The domains of the built-in lists.
static KNOWN: LazyLock<Registered> = LazyLock::new(|| {
    let endpoints = BUILTIN_LISTS.iter().flat_map(|name| lists::endpoints(name));
    Registered::new(
        endpoints.filter_map(|endpoint| registered_domain(&endpoint.pattern.value.host.anchor()?)),
        1,
    )
});

/// How a domain resembles one of the vendor's.
fn resembled(domain: &DomainName) -> Option<(&'static DomainName, &'static str)> {
    KNOWN.resembled(domain)
}

/// A domain of the vendor's that stands in front of somebody else's: `login.microsoftonline.com.example.net`.
fn borrowed(name: &DomainName, domain: &DomainName) -> Option<&'static DomainName> {
    KNOWN.borrowed(name, domain)
}

/// What is asked of a domain once, however many names are in it.
#[derive(Clone, Copy)]
struct OfDomain {
    /// Whether it is one of the vendor's.
    is_known: bool,
    /// Which of the vendor's it resembles, and how.
    resembled: Option<(&'static DomainName, &'static str)>,
}

impl OfDomain {
    fn of(domain: &DomainName) -> Self {
        Self { is_known: KNOWN.has(domain), resembled: resembled(domain) }
    }
}

/// What is found about one domain: where first, how, and in how many places.
struct Found {
    place: Place,
    host: HostPattern,
    vendor: &'static DomainName,
    how: &'static str,
    times: usize,
}

impl Lint for LookalikeName {
    fn code(&self) -> Code {
        Code::LookalikeName
    }

    fn check(&self, endpoints: &[Endpoint], cx: &Context<'_>, report: &mut dyn FnMut(Diagnostic)) {
        let mut known: BTreeMap<DomainName, OfDomain> = BTreeMap::new();
        let mut found: BTreeMap<DomainName, Found> = BTreeMap::new();
        let mut look = |host: &HostPattern, place: &dyn Fn() -> Place| {
            let Some(anchor) = host.anchor() else { return };
            let Some(domain) = registered_domain(&anchor) else { return };
            let of_domain = match known.get(&domain) {
                Some(&of_domain) => of_domain,
                None => *known.entry(domain.clone()).or_insert(OfDomain::of(&domain)),
            };
            let of_name = || {
                let vendor = borrowed(&anchor, &domain).filter(|_| !of_domain.is_known)?;
                Some((vendor, "that name stands in front of somebody else's"))
            };
            let Some((vendor, how)) = of_domain.resembled.or_else(of_name) else { return };
            let first = || Found { place: place(), host: host.clone(), vendor, how, times: 0 };
            found.entry(domain).or_insert_with(first).times += 1;
        };
        for endpoint in endpoints.iter().filter(|endpoint| cx.is_own(endpoint)) {
            let cell = endpoint.pattern.from.first();
            let place = || cell.map_or(Place::Run, |cell| cell.clone().into());
            look(&endpoint.pattern.value.host, &place);
        }
        for include in &cx.profile.select.include {
            let host = &include.value.host;
            look(host, &|| include.place(host.to_string()));
        }
        for correction in &cx.profile.corrections {
            let host = &correction.value.to;
            look(host, &|| correction.place(correction.value.from.to_string()));
        }
        for (domain, Found { place, host, vendor, how, times }) in found {
            let (shown, _) = idna::domain_to_unicode(domain.as_str());
            let mut name = format!("`{host}`");
            if shown != domain.as_str() {
                name.push_str(&format!(" (`{}`)", crate::text::shown(&shown, 80)));
            }
            let message = format!("{name} resembles `{vendor}` of the vendor's lists: {how}");
            let label = match times {
                1 => "the vendor's lists have no such name".to_owned(),
                many => format!("the first of {}", count(many, "name")),
            };
            let finding = Diagnostic::new(self.code(), message, place, label);
            report(finding.help(format!(
                "if `{vendor}` is meant, correct it; if not, find out who registered `{domain}`"
            )));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_mistakes_for_a_vendors_name_resembles_it() {
        for (name, want) in [
            ("microsoft.com", None),
            ("micros0ft.com", Some("microsoft.com")),
            ("micosoft.com", Some("microsoft.com")),
            ("mcirosoft.com", Some("microsoft.com")),
            ("rnicrosoft.com", Some("microsoft.com")),
            ("micro-soft.com", Some("microsoft.com")),
            ("windows-update.com", Some("windowsupdate.com")),
            // Cyrillic о.
            ("xn--micrsoft-qbh.com", Some("microsoft.com")),
            ("microsoft.co", Some("microsoft.com")),
            // Short words have many neighbours, and other words are other words.
            ("five.com", None),
            ("example.com", None),
            ("contoso.com", None),
            ("microsoft-support.com", None),
        ] {
            let name: DomainName = name.parse().unwrap();
            let found = resembled(&name).map(|(vendor, _)| vendor.as_str());
            assert_eq!(found, want, "{name}");
        }
    }

    #[test]
    fn a_vendors_name_in_front_of_somebody_elses_is_borrowed() {
        for (name, want) in [
            ("login.microsoftonline.com.example.net", Some("microsoftonline.com")),
            ("microsoft.com.example.net", Some("microsoft.com")),
            ("notmicrosoft.com.example.net", None),
            ("a.microsoft.com", None),
        ] {
            let name: DomainName = name.parse().unwrap();
            let domain = registered_domain(&name).unwrap();
            let found = borrowed(&name, &domain).map(|vendor| vendor.as_str());
            assert_eq!(found, want, "{name}");
        }
    }
}
