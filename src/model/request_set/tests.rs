use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::model::path::PathPattern;
use crate::model::request::{Ports, Scheme, Schemes};
use crate::model::samples::{hosts, request_pattern};

/// `.x.example`, `http://a.x.example/a*`, `any://a.x.example:80,443`: as patterns are displayed.
fn pattern(text: &str) -> RequestPattern {
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let (host, path) = rest.find('/').filter(|_| scheme == "http").map_or((rest, ""), |at| rest.split_at(at));
    let (host, port) = match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') => (name, Some(port)),
        _ => (host, None),
    };
    let schemes = match scheme {
        "http" => Schemes::only(Scheme::Http),
        "https" => Schemes::only(Scheme::Https),
        _ => Schemes::ANY,
    };
    let ports = port.map_or(vec![if scheme == "http" { 80 } else { 443 }], |ports| {
        ports.split(',').map(|port| port.parse().unwrap()).collect()
    });
    RequestPattern {
        host: host.parse().unwrap(),
        schemes,
        ports: Ports::from_ranges(ports.into_iter().map(|port: u16| port..=port)),
        path: PathPattern::parse(path).unwrap(),
    }
}

fn patterns(texts: &[&str]) -> Vec<RequestPattern> {
    texts.iter().map(|text| pattern(text)).collect()
}

fn set(texts: &[&str]) -> RequestSet {
    RequestSet::new(&patterns(texts))
}

/// The witness of `of` without `other`.
fn outside(of: &[&str], other: &[&str]) -> Option<String> {
    set(of).witness_outside(&set(other)).map(|request| request.to_string())
}

#[test]
fn different_patterns_may_be_the_same_set() {
    let every_octet: Vec<String> =
        "abcdefghijklmnopqrstuvwxyz0123456789-_".chars().map(|octet| format!("*{octet}.x.example")).collect();
    let every_octet: Vec<&str> = every_octet.iter().map(String::as_str).collect();
    let long = "a.".repeat(122) + "examplez";
    for (left, right) in [
        (&["x.example", "*.x.example"][..], &[".x.example"][..]),
        (&["pre-*.x.example", "*.x.example"], &["*.x.example"]),
        (&["*cdn.x.example", "*n.x.example"], &["*n.x.example"]),
        (&["a.*.x.example", "a.b.x.example"], &["a.*.x.example"]),
        // Each name ends in one of the 38 octets.
        (&every_octet, &["*.x.example"]),
        (&["x.example:443", "x.example:8443"], &["x.example:443,8443"]),
        (&["any://x.example:80", "x.example:443"], &["http://x.example", "x.example:80,443"]),
        (&["http://x.example/a", "http://x.example/a/b", "http://x.example/a*"], &["http://x.example/a*"]),
        (&["0.0.0.0/1", "128.0.0.0/1"], &["0.0.0.0/0"]),
        (&["10.0.0.0/8", "10.1.0.0/16", "10.255.255.255"], &["10.0.0.0/8"]),
        (&["::/1", "8000::/1"], &["::/0"]),
        (&["10.0.0.0/32", "10.0.0.1/32", "10.0.0.2/31"], &["10.0.0.0/30"]),
        // Nothing fits below a name of 252 octets.
        (&[&format!(".{long}")], &[&long]),
        (&[&format!("*.{long}")], &[]),
        (&[&format!("*a.{long}")], &[]),
    ] {
        assert_eq!(set(left), set(right), "{left:?} {right:?}");
        assert_eq!(set(right), set(left), "{left:?} {right:?}");
    }
}

#[test]
fn a_difference_shows_a_shortest_request() {
    for (of, other, want) in [
        (&[".x.example"][..], &["*.x.example"][..], "https://x.example/"),
        (&[".x.example"], &["x.example"], "https://a.x.example/"),
        (&["*.x.example"], &["a.x.example", "b.x.example"], "https://c.x.example/"),
        (&["*.x.example"], &["pre-*.x.example"], "https://a.x.example/"),
        // The whole-label star is one label; below it everything is missing.
        (&["*.x.example"], &["a.*.x.example"], "https://a.x.example/"),
        (&["a.*.x.example"], &["*.a.x.example"], "https://a.b.x.example/"),
        (&["a*.x.example"], &["*b.x.example"], "https://aa.x.example/"),
        (&["*b.x.example"], &["a*.x.example"], "https://b.x.example/"),
        (&["*a.x.example"], &[".a.x.example"], "https://aa.x.example/"),
        (&["*a.x.example"], &[".a.x.example", "a*.x.example", "b*.x.example"], "https://ca.x.example/"),
        (&["x.example:443,8443"], &["x.example"], "https://x.example:8443/"),
        (&["any://x.example:80,443"], &["x.example:443"], "https://x.example:80/"),
        (&["http://x.example/a*"], &["http://x.example/a"], "http://x.example/aa"),
        (&["http://x.example"], &["http://x.example/a"], "http://x.example/"),
        (&["0.0.0.0/0"], &["0.0.0.0/1"], "https://128.0.0.0/"),
        (&["0.0.0.0/0", "::/0"], &["0.0.0.0/0", "::/128"], "https://[::1]/"),
        (
            &["::/0"],
            &["::/1", "8000::/2", "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fc00::/7"],
            "https://[fe00::]/",
        ),
        // Names are shown before addresses.
        (&["10.0.0.0/8", "long.name.example"], &[], "https://long.name.example/"),
    ] {
        assert_eq!(outside(of, other).as_deref(), Some(want), "{of:?} {other:?}");
    }
}

#[test]
fn one_star_is_exhausted_by_38_literals_only_where_no_longer_label_fits() {
    let mut texts: Vec<String> =
        "abcdefghijklmnopqrstuvwxyz0123456789-_".chars().map(|octet| format!("{octet}.x.example")).collect();
    let mut literals: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(outside(&["*.x.example"], &literals).as_deref(), Some("https://aa.x.example/"));
    literals.remove(3);
    assert_eq!(outside(&["*.x.example"], &literals).as_deref(), Some("https://d.x.example/"));
    // 62 octets beside the star: one is left for it.
    let beside = "q".repeat(62);
    for text in &mut texts {
        text.insert_str(0, &beside);
    }
    let literals: Vec<&str> = texts.iter().map(String::as_str).collect();
    let glob = format!("{beside}*.x.example");
    assert_eq!(outside(&[&glob], &literals), None);
    assert_eq!(set(&[&glob]), set(&literals));
    assert_eq!(outside(&[&glob], &literals[1..]), Some(format!("https://{}/", texts[0])));
}

#[test]
fn a_name_that_lies_below_a_literal_of_the_other_set_may_be_the_shortest() {
    // All one-octet labels are literal in the other set, which holds none of the names below.
    let texts: Vec<String> = "abcdefghijklmnopqrstuvwxyz0123456789-_"
        .chars()
        .flat_map(|one| [format!("{one}.example"), format!("a.{one}.example")])
        .collect();
    let mut others: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(outside(&["*.example"], &others).as_deref(), Some("https://aa.example/"));
    // Only a path is allowed there, so the literal itself shows the difference.
    others.retain(|text| *text != "k.example");
    others.push("http://k.example/a");
    assert_eq!(outside(&["*.example"], &others).as_deref(), Some("https://k.example/"));
}

#[test]
fn labels_of_internationalized_names_are_told_apart() {
    assert_eq!(outside(&["*.example"], &["*cher-kva.example"]).as_deref(), Some("https://a.example/"));
    assert_eq!(
        outside(&["*xn--bcher-kva.example"], &["*axn--bcher-kva.example"]).as_deref(),
        Some("https://xn--bcher-kva.example/")
    );
    // Not a name: its punycode is refused.
    assert_eq!(outside(&["*xn--a.example"], &[]).as_deref(), Some("https://axn--a.example/"));
    // Beside a label that is written from right to left no label begins with a digit.
    let hebrew = "xn--4dbrk0ce";
    let text = format!("*0a.{hebrew}");
    assert_eq!(outside(&[&text], &[]), Some(format!("https://a0a.{hebrew}/")));
    let texts: Vec<String> = ('a'..='z').map(|letter| format!("{letter}.{hebrew}")).collect();
    let letters: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(outside(&[&format!("*.{hebrew}")], &letters), Some(format!("https://aa.{hebrew}/")));
}

#[test]
fn deviations_are_told_by_dimension() {
    let told = |of: &[&str], from: &[&str], unless: &[&str]| {
        deviations(&patterns(of), &patterns(from), &set(unless))
            .into_iter()
            .map(|(dimension, request)| format!("{dimension:?} {request}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&[".x.example"], &["*.x.example"], &[]), ["Host https://x.example/"]);
    assert!(told(&[".x.example"], &["*.x.example"], &["x.example"]).is_empty());
    assert!(told(&["*.x.example"], &[".x.example"], &[]).is_empty());
    assert_eq!(
        told(&["any://.x.example:80,443,8443"], &["*.x.example", "http://*.x.example/a"], &[]),
        ["Host https://x.example/", "Port https://a.x.example:80/", "Path http://a.x.example/",]
    );
    assert_eq!(told(&["any://x.example:443"], &["x.example"], &[]), ["Scheme http://x.example:443/"]);
    // A witness that the policy holds gives way to the next.
    assert_eq!(
        told(&["*.x.example"], &["pre-*.x.example"], &["*.x.example:80", "a.x.example", "*b.x.example"]),
        ["Host https://c.x.example/"]
    );
    assert_eq!(
        told(&["*.x.example"], &["pre-*.x.example"], &["*a.x.example", "b.x.example", "c.x.example"]),
        ["Host https://d.x.example/"]
    );
    assert_eq!(told(&["10.0.0.0/8"], &["10.0.0.0/9"], &["10.128.0.0/10"]), ["Host https://10.192.0.0/"]);
}

#[test]
fn a_set_holds_what_either_of_its_parts_holds() {
    let (left, right) = (["a*.x.example", "10.0.0.0/8"], ["*.x.example:8443", "http://10.1.0.0/16/a"]);
    let all = [&left[..], &right[..]].concat();
    assert_eq!(set(&left).union(&set(&right)), set(&all));
    assert_ne!(set(&left), set(&all));
    assert!(set(&[]).is_empty());
    assert!(!set(&left).is_empty());
}

// Against enumeration. The names are all names of up to three labels below `t`, the services a few of
// every kind. A difference that these show must be found; what is found must be a difference, and no
// longer than the shortest that these show.

fn services() -> Vec<(Scheme, u16, &'static str)> {
    let mut all = Vec::new();
    for scheme in Scheme::ALL {
        for port in [80, 443, 8443] {
            for path in ["/", "/a", "/a/", "/a/b", "/ab", "/b", "/aba"] {
                all.push((scheme, port, path));
            }
        }
    }
    all
}

/// Two sets differ more often where the hosts differ alone.
fn few_patterns() -> impl Strategy<Value = Vec<RequestPattern>> {
    prop_oneof![
        proptest::collection::vec(request_pattern(true), 0..6),
        proptest::collection::vec(request_pattern(false), 0..6),
    ]
}

/// Which of the hosts and services each set of patterns matches.
struct Enumeration {
    hosts: Vec<Host>,
    services: Vec<(Scheme, u16, &'static str)>,
}

impl Enumeration {
    fn new() -> Self {
        Self { hosts: hosts(), services: services() }
    }

    /// By host and service, by the definition of meaning.
    fn of(&self, patterns: &[RequestPattern]) -> Vec<Vec<bool>> {
        let mut all = vec![vec![false; self.services.len()]; self.hosts.len()];
        for pattern in patterns {
            let services: Vec<bool> = self
                .services
                .iter()
                .map(|&(scheme, port, path)| {
                    pattern.schemes.contains(scheme)
                        && pattern.ports.contains(port)
                        && pattern.path.matches(path)
                })
                .collect();
            for (row, host) in all.iter_mut().zip(&self.hosts) {
                if pattern.host.matches(host) {
                    row.iter_mut().zip(&services).for_each(|(cell, &service)| *cell |= service);
                }
            }
        }
        all
    }

    fn request(&self, host: usize, service: usize) -> Request {
        let (scheme, port, path) = self.services[service];
        Request { scheme, host: self.hosts[host].clone(), port, path: path.to_owned() }
    }
}

fn any_matches(patterns: &[RequestPattern], request: &Request) -> bool {
    patterns.iter().any(|pattern| pattern.matches(request))
}

/// The dimension in which a request leaves patterns, by the definition of meaning.
fn dimension(from: &[RequestPattern], request: &Request) -> Dimension {
    let host: Vec<_> = from.iter().filter(|pattern| pattern.host.matches(&request.host)).collect();
    let scheme: Vec<_> = host.iter().filter(|pattern| pattern.schemes.contains(request.scheme)).collect();
    let port: Vec<_> = scheme.iter().filter(|pattern| pattern.ports.contains(request.port)).collect();
    match (host.len(), scheme.len(), port.len()) {
        (0, _, _) => Dimension::Host,
        (_, 0, _) => Dimension::Scheme,
        (_, _, 0) => Dimension::Port,
        _ => Dimension::Path,
    }
}

/// Octets of a name; addresses are shown only where no name is.
fn octets(host: &Host) -> usize {
    match host {
        Host::Name(name) => name.as_str().len(),
        Host::Address(_) => usize::MAX,
    }
}

/// Each dimension's shortest witness in the enumeration is not shorter than what is found.
fn check(
    world: &Enumeration,
    [of, from, unless]: [&[RequestPattern]; 3],
    found: &[(Dimension, Request)],
) -> Result<(), TestCaseError> {
    for (told, request) in found {
        prop_assert!(any_matches(of, request), "{request} not in {of:?}");
        prop_assert!(!any_matches(from, request), "{request} in {from:?}");
        prop_assert!(!any_matches(unless, request), "{request} in {unless:?}");
        prop_assert_eq!(*told, dimension(from, request));
    }
    let [of_cells, from_cells, unless_cells] = [of, from, unless].map(|patterns| world.of(patterns));
    let mut shortest: [Option<(usize, Request)>; 4] = Default::default();
    for host in 0..world.hosts.len() {
        for service in 0..world.services.len() {
            if of_cells[host][service] && !from_cells[host][service] && !unless_cells[host][service] {
                let request = world.request(host, service);
                let octets = octets(&request.host);
                let shortest = &mut shortest[dimension(from, &request) as usize];
                if shortest.as_ref().is_none_or(|&(least, _)| octets < least) {
                    *shortest = Some((octets, request));
                }
            }
        }
    }
    for (dimension, shortest) in Dimension::ALL.into_iter().zip(shortest) {
        let told = found.iter().find(|&&(told, _)| told == dimension);
        if let Some((least, request)) = shortest {
            let Some((_, told)) = told else {
                return Err(TestCaseError::fail(format!("{dimension:?}: {request} was not found")));
            };
            prop_assert!(octets(&told.host) <= least, "{request} is shorter than {told}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_set_holds_what_its_patterns_match(patterns in few_patterns()) {
        let (world, set) = (Enumeration::new(), RequestSet::new(&patterns));
        let cells = world.of(&patterns);
        for (host, row) in cells.iter().enumerate() {
            for (service, &matched) in row.iter().enumerate() {
                let request = world.request(host, service);
                prop_assert_eq!(set.contains(&request), matched, "{}", request);
            }
        }
    }

    #[test]
    fn inclusion_and_equality_are_those_of_the_requests(one in few_patterns(), other in few_patterns()) {
        let world = Enumeration::new();
        let (left, right) = (RequestSet::new(&one), RequestSet::new(&other));
        let outside = |of: &RequestSet, from: &RequestSet| {
            from.includes(of).err().map(|request| (Dimension::Host, request)).into_iter().collect::<Vec<_>>()
        };
        check(&world, [&one, &[], &other], &outside(&left, &right))?;
        check(&world, [&other, &[], &one], &outside(&right, &left))?;
        prop_assert_eq!(left == right, outside(&left, &right).is_empty() && outside(&right, &left).is_empty());
        let both = left.union(&right);
        prop_assert_eq!(&both, &RequestSet::new(one.iter().chain(&other)));
        prop_assert_eq!(both == left, outside(&right, &left).is_empty());
    }

    #[test]
    fn deviations_are_those_of_the_requests(
        of in few_patterns(), from in few_patterns(), unless in few_patterns(), shared in any::<Index>()
    ) {
        let mut from = from;
        if !of.is_empty() {
            // Something in common makes the other dimensions likely.
            from.push(RequestPattern { ports: Ports::one(443), ..shared.get(&of).clone() });
        }
        let found = deviations(&of, &from, &RequestSet::new(&unless));
        check(&Enumeration::new(), [&of, &from, &unless], &found)?;
    }

    #[test]
    fn patterns_of_one_name_deviate_as_a_walk_finds(
        of in few_patterns(), from in few_patterns(), unless in few_patterns(), forms in any::<[Index; 12]>()
    ) {
        let Some(name) = of.first().and_then(|pattern| pattern.host.anchor()) else { return Ok(()) };
        let own = [HostPattern::Exact(name.clone()), HostPattern::Subtree(name.clone()), HostPattern::Descendants(name)];
        let mut forms = forms.iter().cycle();
        let mut of_name = |patterns: Vec<RequestPattern>| -> Vec<RequestPattern> {
            let form = |pattern: RequestPattern| Some(pattern.with_host(forms.next()?.get(&own).clone()));
            patterns.into_iter().filter_map(form).collect()
        };
        let (of, from) = (of_name(of), of_name(from));
        let walked = by_dimension(walk::leaving(
            &RequestSet::new(&of), &RequestSet::new(&from), &RequestSet::new(&unless),
        ));
        if let Some(found) = of_one_name(&of, &from, &RequestSet::new(&unless)) {
            // Of names that are equally short, `unless` may make the walk come to another one first.
            let but_name = |found: Vec<(Dimension, Request)>| -> Vec<_> {
                let own = |(dimension, own): (_, Request)| (dimension, octets(&own.host), own.scheme, own.port, own.path);
                found.into_iter().map(own).collect()
            };
            for (_, request) in &found {
                let is_in = |all: &[RequestPattern]| all.iter().any(|pattern| pattern.matches(request));
                prop_assert!(is_in(&of) && !is_in(&from), "{}", request);
                prop_assert!(!unless.iter().any(|pattern| pattern.matches(request)), "{}", request);
            }
            prop_assert_eq!(but_name(found), but_name(walked));
        }
    }

    #[test]
    fn a_shortest_request_is_the_witness_of_the_set(of in few_patterns(), forms in any::<[bool; 4]>()) {
        let first = of.first().map(|pattern| pattern.host.clone());
        // Several of one name are what most rules are.
        let alike = |(pattern, alike): (RequestPattern, &bool)| match &first {
            Some(host) if *alike => pattern.with_host(host.clone()),
            _ => pattern,
        };
        let of: Vec<RequestPattern> = of.into_iter().zip(forms.iter().cycle()).map(alike).collect();
        prop_assert_eq!(shortest(&of), RequestSet::new(&of).witness());
    }

    #[test]
    fn a_set_less_the_labels_of_a_witness_has_another(patterns in few_patterns(), others in few_patterns()) {
        let of = RequestSet::new(&patterns);
        let mut others = others;
        let mut last = 0;
        for _ in 0..45 {
            let Err(request) = RequestSet::new(&others).includes(&of) else { break };
            // Witnesses do not get shorter when more is taken away.
            prop_assert!(octets(&request.host) >= last);
            last = octets(&request.host);
            let host = match &request.host {
                Host::Name(name) => HostPattern::Exact(name.clone()),
                Host::Address(address) => HostPattern::Address((*address).into()),
            };
            others.push(RequestPattern {
                host, schemes: Schemes::ANY, ports: Ports::any(), path: PathPattern::Any,
            });
        }
    }
}
