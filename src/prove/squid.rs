//! Squid's fragment with its lists, in a configuration as people have one.

use foldhash::{HashSet, HashSetExt};

use super::compare::Meant;
use crate::emit::Artifact;
use crate::model::{Boundary, Intent, Scheme};
use crate::plan::Plan;
use crate::read::{Access, squid};

/// What stands around the fragment: clients, users who sign in, and the lines behind it.
const AROUND_SQUID: &str = "acl localnet src 10.0.0.0/8\n\
                            acl thruway_users proxy_auth REQUIRED\n\
                            include thruway.conf\n\
                            http_access deny all\n\
                            ssl_bump bump all\n";

/// Where the files do not mean what the plan says.
pub(super) fn differences(plan: &Plan<'_>, artifacts: &[Artifact]) -> Vec<String> {
    differences_at(plan, artifacts, true)
}

/// The same; where not `by_kind`, every host is asked, whatever other it is like.
pub(super) fn differences_at(plan: &Plan<'_>, artifacts: &[Artifact], by_kind: bool) -> Vec<String> {
    const MAIN: &str = "around the fragment";
    let mut texts = super::texts(artifacts);
    texts.insert(MAIN.to_owned(), AROUND_SQUID.as_bytes().to_vec());
    let squid = squid::Squid::read(MAIN, &texts);
    let troubles = super::troubles(squid.troubles());
    if !troubles.is_empty() {
        return troubles;
    }

    let meant = Meant::new(plan);
    let destinations = squid.destinations();
    let client = squid::Client::default();
    let mut differences = Vec::new();
    let boundary = Boundary::new(squid.listed().chain(&destinations).chain(meant.patterns()));
    // Of names that are on the same lists, and of which the plan says the same, one is asked.
    let mut asked = HashSet::new();
    for host in boundary.hosts() {
        let meant_at = meant.at(&host);
        if by_kind
            && let Some(lists) = squid.kind(&host)
            && !asked.insert((lists, boundary.services(&host), meant_at.services()))
        {
            continue;
        }
        let squid_at = squid.at(&host);
        for request in boundary.requests(&host, squid_at.ports()) {
            // Only what is allowed is let through without asking who it is.
            let access = match meant_at.has(Intent::Allow, &request) {
                false => Access::Denied,
                true if meant_at.has(Intent::BypassAuthentication, &request) => Access::Anonymous,
                true => Access::AfterAuthentication,
            };
            let got = squid_at.access(client, &request);
            if got != access {
                differences.push(format!("`{request}` is {}, and should be {}", said(got), said(access)));
            }
            let exempt = meant_at.has(Intent::BypassInspection, &request);
            // What is exempt and refused is refused either way.
            if request.scheme == Scheme::Https
                && (!exempt || access != Access::Denied)
                && squid_at.inspects(client, &request) != Some(!exempt)
            {
                let (is, should) = if exempt { ("", "not ") } else { ("not ", "") };
                differences.push(format!("`{request}` is {is}inspected, and should {should}be"));
            }
        }
        if differences.len() >= super::MOST {
            break;
        }
    }
    differences
}

fn said(access: Access) -> &'static str {
    match access {
        Access::Denied => "refused",
        Access::AfterAuthentication => "let through to who signs in",
        Access::Anonymous => "let through to everybody",
    }
}
