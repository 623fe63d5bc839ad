use super::*;
use crate::verify::facts::{self, Method};
use crate::verify::seen::Shown;

fn probe(url: &str, is_exempt: bool) -> Probe {
    let request: Request = url.parse().unwrap();
    let question = facts::question(request.scheme, &request.host);
    Probe {
        method: Method::Get,
        statuses: question.statuses,
        class: question.class,
        is_required: true,
        is_exempt,
        is_checked: true,
        rule: crate::model::RequestPattern::any_service("a.example".parse().unwrap()),
        source: String::new(),
        request,
    }
}

fn tls(leads_to: Chain) -> Option<Tls> {
    let shown = Shown {
        subject: "a.example".to_owned(),
        issuer: "Contoso Inspection".to_owned(),
        sha256: String::new(),
    };
    Some(Tls { version: "TLSv1.3".to_owned(), chain: vec![shown], leads_to })
}

fn answer(leads_to: Chain, status: u16) -> Seen {
    Seen { tls: tls(leads_to), status: Some(status), ..Seen::default() }
}

#[test]
fn who_issued_the_certificate_decides() {
    let exempt = probe("https://a.example/", true);
    let other = probe("https://a.example/", false);
    for (chain, want, want_other) in [
        (Chain::Public, Kind::Passes, Kind::Passes),
        (Chain::Expected, Kind::Passes, Kind::Passes),
        (Chain::Given, Kind::Inspected, Kind::PassesInspected),
        (Chain::System, Kind::Inspected, Kind::PassesInspected),
        (Chain::Vendor, Kind::Unproven, Kind::Unproven),
        (Chain::Unknown, Kind::Untrusted, Kind::Untrusted),
        (Chain::Broken("expired".to_owned()), Kind::Untrusted, Kind::Untrusted),
    ] {
        let seen = answer(chain, 200);
        let (verdict, on_other) = (judge(&exempt, &seen), judge(&other, &seen));
        assert_eq!((verdict.kind, on_other.kind), (want, want_other), "{seen:?}");
        assert!(verdict.kind == Kind::Passes || verdict.why.contains("Contoso Inspection"), "{verdict:?}");
    }
}

#[test]
fn a_page_of_the_proxys_own_is_a_refusal_and_not_an_inspection() {
    let exempt = probe("https://a.example/", true);
    let page = |status| Seen {
        says_proxy: Some("x-squid-error: ERR_X 0".to_owned()),
        ..answer(Chain::Given, status)
    };
    // 403 is a status that the host itself may answer with; with the proxy's header it is not.
    assert_eq!(
        judge(&probe("http://a.example/", true), &Seen { tls: None, ..page(403) }).kind,
        Kind::Refused
    );
    assert_eq!(judge(&exempt, &page(403)).kind, Kind::Refused);
    assert_eq!(judge(&exempt, &page(503)).kind, Kind::Unreachable);
    assert_eq!(judge(&exempt, &answer(Chain::Given, 403)).kind, Kind::Inspected);
}

#[test]
fn a_status_means_success_or_not() {
    let https = probe("https://a.example/", true);
    let http = probe("http://a.example/", true);
    for (status, want, want_http) in [
        (200, Kind::Passes, Kind::Passes),
        (400, Kind::Passes, Kind::Passes),
        (403, Kind::Passes, Kind::WrongAnswer),
        (404, Kind::Passes, Kind::Passes),
        (407, Kind::WrongAnswer, Kind::WrongAnswer),
        (500, Kind::WrongAnswer, Kind::WrongAnswer),
    ] {
        assert_eq!(judge(&https, &answer(Chain::Public, status)).kind, want, "{status}");
        let plain = Seen { status: Some(status), ..Seen::default() };
        assert_eq!(judge(&http, &plain).kind, want_http, "{status}");
    }
}

#[test]
fn plain_http_proves_less() {
    let http = probe("http://a.example/", true);
    let away = Seen { status: Some(302), leads_away: Some("block.example".to_owned()), ..Seen::default() };
    assert_eq!(judge(&http, &away).kind, Kind::Unproven);
    // Not even where nobody has checked the path: a proxy that refuses looks the same.
    let unchecked = Probe { is_checked: false, ..http };
    let refused = Seen { status: Some(403), ..Seen::default() };
    assert_eq!(judge(&unchecked, &refused).kind, Kind::WrongAnswer);
    let secure = Probe { is_checked: false, ..probe("https://a.example/", true) };
    assert_eq!(judge(&secure, &answer(Chain::Public, 500)).kind, Kind::Unsure);
}

#[test]
fn what_ended_the_way_is_told() {
    let exempt = probe("https://a.example/", true);
    let named = Probe { is_checked: false, ..exempt.clone() };
    let wide = crate::model::RequestPattern::any_service("*.example".parse().unwrap());
    let unchecked = Probe { rule: wide, ..named.clone() };
    for (trouble, want, want_unchecked) in [
        (Trouble::NoSuchName, Kind::Unreachable, Kind::Unsure),
        (Trouble::Connect("no".to_owned()), Kind::Unreachable, Kind::Unreachable),
        (Trouble::Credentials, Kind::Credentials, Kind::Credentials),
        (Trouble::WrongCredentials, Kind::Credentials, Kind::Credentials),
        (Trouble::Refused(403), Kind::Refused, Kind::Refused),
        (Trouble::ProxyCannotReach(503), Kind::Unreachable, Kind::Unsure),
        (Trouble::Timeout(Step::Tls), Kind::Unreachable, Kind::Unreachable),
        (Trouble::Route("no PAC".to_owned()), Kind::NoRoute, Kind::NoRoute),
        (Trouble::NotFinished, Kind::NotFinished, Kind::NotFinished),
    ] {
        let seen = Seen { trouble: Some(trouble), ..Seen::default() };
        assert_eq!(judge(&exempt, &seen).kind, want, "{seen:?}");
        assert_eq!(judge(&unchecked, &seen).kind, want_unchecked, "{seen:?}");
        // A host that the policy itself names is there, whoever has checked its path.
        assert_eq!(judge(&named, &seen).kind, want, "{seen:?}");
        assert!(!(want.is_good() || want.is_open()));
    }
    // Who inspects and then hangs up has inspected.
    let hung =
        Seen { trouble: Some(Trouble::Http("closed".to_owned())), tls: tls(Chain::Given), ..Seen::default() };
    assert_eq!(judge(&exempt, &hung).kind, Kind::Inspected);
}

#[test]
fn what_an_inspector_answers_is_not_taken_for_the_hosts() {
    let other = probe("https://a.example/", false);
    assert_eq!(judge(&other, &answer(Chain::Given, 403)).kind, Kind::WrongAnswer);
    assert_eq!(judge(&other, &answer(Chain::Public, 403)).kind, Kind::Passes);
    // Whoever vouches for nothing but its own name has not proved that it is the vendor.
    let vendor = judge(&other, &answer(Chain::Vendor, 200)).kind;
    assert!(vendor == Kind::Unproven && !vendor.is_good() && !vendor.is_open());
    // That it is inspected is no matter of whether the URL is there.
    let wide = crate::model::RequestPattern::any_service("*.example".parse().unwrap());
    let unchecked = Probe { is_checked: false, rule: wide, ..probe("https://a.example/", true) };
    let blocked = Seen { says_proxy: Some("X-Squid-Error".to_owned()), ..answer(Chain::Given, 503) };
    assert_eq!(judge(&unchecked, &blocked).kind, Kind::Unreachable);
}

#[test]
fn a_page_in_the_place_of_a_file_is_a_filters() {
    let page = |media_type: &str| Seen {
        status: Some(200),
        media_type: Some(media_type.to_owned()),
        ..Seen::default()
    };
    let crl = probe("http://a.example/pki/root.crl?x=y.z", false);
    for (media_type, want) in [
        ("text/html", Kind::WrongAnswer),
        ("Text/HTML ; charset=utf-8", Kind::WrongAnswer),
        ("application/xhtml+xml", Kind::WrongAnswer),
        ("application/pkix-crl", Kind::Passes),
        ("text/plain", Kind::Passes),
        ("", Kind::Passes),
    ] {
        assert_eq!(judge(&crl, &page(media_type)).kind, want, "{media_type}");
    }
    for url in ["http://a.example/", "http://a.example/pki.crl/", "http://a.example/crl"] {
        assert_eq!(judge(&probe(url, false), &page("text/html")).kind, Kind::Passes, "{url}");
    }
}
