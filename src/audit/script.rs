//! A PAC as the subject of an audit: asked, since nothing less says what a program does. Hosts that stand in its
//! text are asked about as well as those that the policy tells apart.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use super::{Decision, List, Subject, SubjectAt};
use crate::model::{DomainName, Host, HostPattern, Intent, LabelGlob, Request, RequestPattern, Scheme};
use crate::read::pac::Direction;
use crate::read::pac::script::{Script, ScriptError, Use};
use crate::read::{Place, Trouble, TroubleKind};

/// Most names of a text that are asked about.
const MOST_NAMES: usize = 500;
/// After so many requests without an end no more are asked.
const MOST_ENDLESS: usize = 3;

/// A script, with what it was seen to do.
#[derive(Debug)]
pub struct Asked {
    script: Script,
    file: Arc<str>,
    /// The names and globs in its text.
    names: Vec<HostPattern>,
    /// The line of each name.
    ends: HashMap<String, u32>,
    /// The line of each glob.
    globs: Vec<(LabelGlob, u32)>,
    /// The profile's proxies as `host:port`; empty where it names none.
    proxies: Vec<String>,
    /// What a host gets that nobody knows.
    other: OnceCell<Option<Vec<Direction>>>,
    seen: RefCell<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The first request that a proxy or else a direct connection serves.
    falls_back: Option<Request>,
    /// Errors, each with the first request that it was the answer to.
    errors: BTreeMap<String, (Request, Place)>,
    uses: BTreeMap<Use, Request>,
    endless: usize,
    /// Hosts that it gave an answer for.
    hosts: HashSet<Host>,
    blocks: bool,
    /// Proxies that are none of the profile's, each with the first request that is sent there.
    strangers: BTreeMap<String, Request>,
}

struct AskedAt<'s> {
    asked: &'s Asked,
    /// Where a name stands that the host is, or is below.
    place: Place,
    /// The last request with its answer: every intent asks the same.
    last: RefCell<Option<(Request, Option<Vec<Direction>>)>>,
}

impl Asked {
    /// A script that was loaded from this text, and the proxies that it should name, as `host:port`: any where there
    /// are none.
    pub fn new(script: Script, file: &Arc<str>, text: &str, proxies: Vec<String>) -> Self {
        let names = names(text);
        let mut asked = Self {
            script,
            file: Arc::clone(file),
            names: names.keys().cloned().collect(),
            ends: HashMap::new(),
            globs: Vec::new(),
            proxies,
            other: OnceCell::new(),
            seen: RefCell::default(),
        };
        for (pattern, line) in names {
            match pattern {
                HostPattern::LabelGlob(glob) => asked.globs.push((glob, line)),
                other => drop(asked.ends.insert(other.to_string(), line)),
            }
        }
        asked
    }

    /// Whether a host gets what a host gets that nobody knows: then it is of no entry.
    fn is_as_any_other(&self, host: &Host) -> bool {
        let https = |host: Host| Request { scheme: Scheme::Https, host, port: 443, path: "/".to_owned() };
        let other = self.other.get_or_init(|| {
            let unknown = "thruway.unknown.invalid".parse().map(Host::Name);
            unknown.ok().and_then(|host| self.answer(&https(host)))
        });
        self.answer(&https(host.clone())) == *other
    }

    /// Where the longest text stands that a name is, or ends in.
    fn line_of(&self, name: &DomainName) -> u32 {
        let text = name.as_str();
        let ends = (0..text.len()).filter_map(|at| self.ends.get(text.get(at..)?));
        let globs = self.globs.iter().filter(|(glob, _)| glob.matches(name)).map(|(_, line)| line);
        globs.chain(ends).next().copied().unwrap_or(0)
    }

    fn answer(&self, request: &Request) -> Option<Vec<Direction>> {
        if self.seen.borrow().endless >= MOST_ENDLESS {
            return None;
        }
        let answer = self.script.answer(request);
        let mut seen = self.seen.borrow_mut();
        match answer {
            Ok(answer) => {
                seen.hosts.insert(request.host.clone());
                for &own in &answer.uses {
                    seen.uses.entry(own).or_insert_with(|| request.clone());
                }
                Some(answer.tried())
            }
            Err(error) => {
                if matches!(
                    error,
                    ScriptError::TooManySteps
                        | ScriptError::TooMuchMemory
                        | ScriptError::TooLong { .. }
                        | ScriptError::TooSlow
                        | ScriptError::Exhausted(_)
                ) {
                    seen.endless += 1;
                }
                let place = error.trouble(&self.file).place;
                seen.errors.entry(error.to_string()).or_insert_with(|| (request.clone(), place));
                None
            }
        }
    }
}

impl Subject for Asked {
    fn intents(&self) -> Vec<Intent> {
        vec![Intent::Allow, Intent::Direct]
    }

    fn withholds(&self, intent: Intent) -> bool {
        match intent {
            Intent::Allow => self.seen.borrow().blocks,
            Intent::Direct => true,
            Intent::BypassInspection | Intent::BypassAuthentication => false,
        }
    }

    fn patterns(&self) -> Vec<RequestPattern> {
        let of_name = |pattern: &HostPattern| match pattern {
            // The name, what is below it, and what goes on before it without a dot.
            HostPattern::Exact(name) => {
                let longer = format!("*{name}").parse::<HostPattern>().ok();
                [Some(HostPattern::Subtree(name.clone())), longer]
            }
            other => [Some(other.clone()), None],
        };
        // A script may hold more names than there is time to ask about.
        let step = self.names.len().div_ceil(MOST_NAMES).max(1);
        let hosts = self.names.iter().step_by(step).flat_map(of_name).flatten();
        hosts.map(RequestPattern::any_service).collect()
    }

    fn at<'s>(&'s self, host: &Host) -> Box<dyn SubjectAt + 's> {
        let line = match host {
            Host::Name(name) if !self.is_as_any_other(host) => self.line_of(name),
            _ => 0,
        };
        Box::new(AskedAt { asked: self, place: Place::new(&self.file, line), last: RefCell::default() })
    }

    fn lists(&self) -> Vec<List<'_>> {
        Vec::new()
    }

    fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = self.script.troubles().to_vec();
        let seen = self.seen.borrow();
        let whole = Place::new(&self.file, 0);
        for (why, (request, place)) in &seen.errors {
            let what = format!("{why}, asked for `{request}`");
            troubles.push(Trouble::new(place.clone(), TroubleKind::Refused, what));
        }
        if seen.endless >= MOST_ENDLESS {
            let what = "no more is asked of a script that takes too much".to_owned();
            troubles.push(Trouble::new(whole.clone(), TroubleKind::NotUnderstood, what));
        }
        if let Some(request) = &seen.falls_back {
            let what = format!(
                "a direct connection where the proxy does not answer, such as for `{request}`: it goes past the proxy \
                 where there is a route, and hides that the proxy is down"
            );
            troubles.push(Trouble::new(whole.clone(), TroubleKind::Misleading, what));
        }
        for (proxy, request) in &seen.strangers {
            let what = format!("`{proxy}` is no proxy of the profile, such as for `{request}`");
            troubles.push(Trouble::new(whole.clone(), TroubleKind::Misleading, what));
        }
        for (own, request) in &seen.uses {
            let what = match own {
                Use::Dns => "looks names up, and none is known here",
                Use::OwnAddress => "asks for the address of the client, which is 127.0.0.1 here",
                Use::Clock => "asks for the time, which is in no range here",
                Use::Random => "leaves something to chance",
                Use::Microsoft => "uses functions that Firefox does not have",
            };
            let what = format!("{what}: asked for `{request}`");
            troubles.push(Trouble::new(whole.clone(), TroubleKind::Assumed, what));
        }
        troubles
    }

    fn sampled(&self) -> Option<usize> {
        Some(self.seen.borrow().hosts.len())
    }
}

impl SubjectAt for AskedAt<'_> {
    fn ask(&self, intent: Intent, request: &Request) -> Option<Decision> {
        // A name of one label is the network's own.
        let is_plain = matches!(&request.host, Host::Name(name) if !name.as_str().contains('.'));
        if is_plain || !matches!(intent, Intent::Allow | Intent::Direct) {
            return None;
        }
        let mut last = self.last.borrow_mut();
        let ways = match &*last {
            Some((same, ways)) if same == request => ways.clone(),
            _ => {
                let ways = self.asked.answer(request);
                *last = Some((request.clone(), ways.clone()));
                ways
            }
        };
        // An error is told as itself.
        let ways = ways?;
        let first = ways.first();
        let granted = match intent {
            Intent::Allow => first.is_some_and(|way| !is_block(way)),
            _ => first == Some(&Direction::Direct),
        };
        let mut seen = self.asked.seen.borrow_mut();
        seen.blocks |= first.is_some_and(is_block);
        for way in ways.iter().filter(|way| !is_block(way)) {
            if let Direction::Proxy(proxy) = way
                && !self.asked.proxies.is_empty()
                && !self.asked.proxies.iter().any(|own| own.eq_ignore_ascii_case(proxy))
            {
                seen.strangers.entry(proxy.clone()).or_insert_with(|| request.clone());
            }
        }
        let mut rest = ways.iter().skip(1);
        if first != Some(&Direction::Direct) && rest.any(|way| *way == Direction::Direct) {
            seen.falls_back.get_or_insert_with(|| request.clone());
        }
        Some(Decision { granted, places: vec![self.place.clone()] })
    }
}

/// A proxy by which people refuse: one that nobody is, or a port of the client itself that is no proxy's.
fn is_block(way: &Direction) -> bool {
    let Direction::Proxy(place) = way else { return false };
    let Some((host, port)) = place.rsplit_once(':') else { return false };
    let port: u16 = port.parse().unwrap_or_default();
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address.is_unspecified() || (address.is_loopback() && port < 1_024),
        Err(_) => host.eq_ignore_ascii_case("localhost") && port < 1_024,
    }
}

/// The names and globs that stand in a text, without the stars and dots before them, each with its first line.
fn names(text: &str) -> BTreeMap<HostPattern, u32> {
    const MOST: usize = 100_000;
    let mut names = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (line, number) in text.lines().zip(1..) {
        for part in line.split(['"', '\'', '`', ' ', '/', '|', ',', ';']) {
            let part = part.trim_start_matches(['*', '.']);
            if part.len() > 253 || !taken.insert(part.to_owned()) {
                continue;
            }
            // Names have letters in their last label, numbers of versions have none.
            let Some((_, top)) = part.rsplit_once('.') else { continue };
            let is_name = !top.is_empty() && top.chars().all(char::is_alphabetic);
            if is_name && let Ok(pattern) = part.to_ascii_lowercase().parse::<HostPattern>() {
                names.entry(pattern).or_insert(number);
            }
            if names.len() >= MOST {
                return names;
            }
        }
    }
    names
}
