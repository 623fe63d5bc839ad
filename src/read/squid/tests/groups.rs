//! ACLs that are made of others, and what a host alone decides of them.

use proptest::prelude::*;

use super::super::host::Transaction;
use super::*;
use crate::model::{Boundary, RequestPattern};

/// Three times the one before, forty times: 3⁴⁰ answers where each is asked again.
#[test]
fn a_group_is_answered_once_however_deep_it_is() {
    let mut text = "acl a0 dstdomain -n .x.example\n".to_owned();
    for level in 1..=40 {
        let below = level - 1;
        text.push_str(&format!("acl a{level} any-of a{below} a{below} a{below}\n"));
    }
    text.push_str("http_access allow a40\nhttp_access deny all\n");
    let squid = read(&[("squid.conf", &text)]);
    assert_eq!(squid.troubles(), []);
    assert_eq!(access(&squid, "https://a.x.example/"), Access::Anonymous);
    assert_eq!(access(&squid, "https://y.example/"), Access::Denied);
    assert!(squid.lists().iter().all(|list| list.is_used && list.intents.len() == 1));
    assert_eq!(squid.likely_client(), Client::default());
}

/// A chain that is longer than any stack, with what a host does not decide at its end.
#[test]
fn a_group_may_be_as_deep_as_the_file_is_long() {
    let mut text = "acl web port 443\nacl a0 any-of web\n".to_owned();
    for level in 1..=20_000 {
        text.push_str(&format!("acl a{level} all-of a{}\n", level - 1));
    }
    text.push_str("http_access allow a20000\nhttp_access deny all\n");
    let squid = read(&[("squid.conf", &text)]);
    assert_eq!(squid.troubles(), []);
    assert_eq!(access(&squid, "https://a.example/"), Access::Anonymous);
    assert_eq!(access(&squid, "https://a.example:8443/"), Access::Denied);
}

const LEAVES: [&str; 8] = ["one", "below", "web", "low", "users", "CONNECT", "helper", "all"];
const GROUPS: [&str; 4] = ["g0", "g1", "g2", "g3"];

fn terms(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let term = (any::<bool>(), prop::sample::select(names));
    let term = term.prop_map(|(negated, name)| format!("{}{name}", if negated { "!" } else { "" }));
    prop::collection::vec(term, 1..4).prop_map(|terms| terms.join(" "))
}

prop_compose! {
    fn configuration()(
        kinds in prop::collection::vec((any::<bool>(), terms(&LEAVES)), 6),
        members in prop::collection::vec((0..4usize, 0..4usize, any::<bool>()), 3),
        lines in prop::collection::vec((any::<bool>(), terms(&["g0", "g1", "g2", "g3", "web", "one", "users"])), 1..5),
    ) -> String {
        let mut text = "acl one dstdomain -n a.example\nacl below dstdomain -n .b.example\nacl web port 443 8000-9000\n\
                        acl low port 1-100\nacl users proxy_auth REQUIRED\nacl helper external x\n".to_owned();
        for (at, (any, terms)) in kinds.iter().enumerate() {
            let group = at % GROUPS.len();
            // A group keeps its type in its second line.
            let any = if at < GROUPS.len() { *any } else { kinds[group].0 };
            text.push_str(&format!("acl {} {} {terms}\n", GROUPS[group], if any { "any-of" } else { "all-of" }));
        }
        for (group, other, negated) in members {
            if other < group {
                let kind = if kinds[group].0 { "any-of" } else { "all-of" };
                let sign = if negated { "!" } else { "" };
                text.push_str(&format!("acl {} {kind} {sign}{}\n", GROUPS[group], GROUPS[other]));
            }
        }
        for (allow, terms) in lines {
            text.push_str(&format!("http_access {} {terms}\n", if allow { "allow" } else { "deny" }));
        }
        text
    }
}

/// The same without anything that is decided before: term by term, group in group.
fn plainly(squid: &Squid, at: &AtHost<'_>, request: &Request, moment: Moment) -> Access {
    fn all(terms: &[Term], transaction: &Transaction<'_>, grants: bool) -> Answer {
        let squid = transaction.at.squid;
        for term in terms {
            let acl = &squid.acls[term.acl];
            let answer = match acl {
                Acl::Unknown if grants => continue,
                Acl::Unknown => return Answer::Mismatch,
                Acl::AnyOf(_) | Acl::AllOf(_) => {
                    let said = acl.lines().into_iter().map(|line| all(line, transaction, grants));
                    said.into_iter().find(|own| *own != Answer::Mismatch).unwrap_or(Answer::Mismatch)
                }
                _ => acl.ask(term.acl, transaction),
            };
            match (answer, term.negated) {
                (Answer::Match, false) | (Answer::Mismatch, true) => {}
                (Answer::Challenge, _) => return Answer::Challenge,
                _ => return Answer::Mismatch,
            }
        }
        Answer::Match
    }
    for (authenticated, access) in [(false, Access::Anonymous), (true, Access::AfterAuthentication)] {
        let transaction = Transaction::new(at, Client::default(), request, moment, authenticated);
        let decides =
            squid.http_access.iter().find_map(|line| match all(&line.terms, &transaction, line.allow) {
                Answer::Match => Some(Some(line.allow)),
                Answer::Challenge => Some(None),
                Answer::Mismatch => None,
            });
        match decides.unwrap_or_else(|| squid.http_access.last().map(|last| !last.allow)) {
            Some(true) => return access,
            Some(false) => return Access::Denied,
            None => {}
        }
    }
    Access::Denied
}

proptest! {
    #[test]
    fn what_a_host_decides_before_is_what_is_asked_term_by_term(text in configuration()) {
        let squid = read(&[("squid.conf", &text)]);
        let patterns = squid.patterns();
        let boundary = Boundary::new(&patterns);
        for host in ["a.example", "x.b.example", "c.example"] {
            let host = Host::Name(host.parse().unwrap());
            let at = squid.at(&host);
            let asked: BTreeSet<u16> = boundary.requests(&host, at.ports()).iter().map(|own| own.port).collect();
            for (scheme, moment) in [(Scheme::Http, Moment::Plain), (Scheme::Https, Moment::Tunnel { step: 1 })] {
                for port in [1, 50, 100, 101, 442, 443, 444, 7999, 8000, 9000, 9001, 65535] {
                    let own = |port| Request { scheme, host: host.clone(), port, path: "/".to_owned() };
                    let said = at.access(Client::default(), &own(port));
                    prop_assert_eq!(said, plainly(&squid, &at, &own(port), moment), "{} at {}", text, port);
                    // One of the class of the port is asked.
                    let same = asked.range(..=port).next_back().copied().unwrap();
                    prop_assert_eq!(said, at.access(Client::default(), &own(same)), "{} at {}", text, port);
                }
            }
        }
    }
}

#[test]
fn a_host_is_asked_at_the_ports_of_its_own_lists_alone() {
    let squid = read(&[(
        "squid.conf",
        "acl a dstdomain -n a.example\nacl b dstdomain -n b.example\nacl pa port 8001\nacl pb port 8002\n\
         acl both-a all-of a pa\nacl both-b all-of b pb\nacl both any-of both-a both-b\n\
         http_access allow both\nhttp_access deny all\n",
    )]);
    let of = |host: &str| {
        let patterns: Vec<RequestPattern> = squid.patterns();
        let host = Host::Name(host.parse().unwrap());
        let requests = Boundary::new(&patterns).requests(&host, squid.at(&host).ports());
        requests.iter().map(|own| own.port).collect::<BTreeSet<u16>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(of("a.example"), [1, 8001, 8002]);
    assert_eq!(of("b.example"), [1, 8002, 8003]);
    assert_eq!(of("c.example"), [1]);
}
