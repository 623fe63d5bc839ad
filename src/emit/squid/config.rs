//! The files: one per list, `thruway.conf` to include, `squid.conf` as an example around it.

use std::collections::BTreeMap;

use askama::Template;
use sha2::{Digest, Sha256};

use super::{APEX, DESCENDANTS, DSTDOMAIN, ID, REGEX, SquidMode, SquidOptions, URL_REGEX};
use crate::diag::{Code, Diagnostic, Place};
use crate::emit::{Artifact, RenderError, Rendered, header, sort_from_right};
use crate::model::{Intent, Ports, RequestSet, Schemes};
use crate::plan::{List, Plan};

const TARGET: &str = "squid";

/// Longest name of ports that is written out. Squid's ACL names end at 62 characters, and the rest of
/// ours takes up to 49.
const MAX_PORTS_LABEL: usize = 12;

/// Regular expressions above which Squid warns: it tries each of them on every request, about
/// 0.5 ms for 10,000 (5.7, 2026-11-24).
const MANY_REGEXES: usize = 100;

#[derive(Template)]
#[template(path = "squid/list.acl")]
struct ListFile<'a> {
    header: &'a [String],
    /// What the lines are, for whoever opens the file alone.
    purpose: String,
    lines: &'a [&'a str],
}

#[derive(Template)]
#[template(path = "squid/thruway.conf")]
struct Fragment<'a> {
    header: &'a [String],
    /// Ranges of ports by ACL name, one a line: a long line would be cut.
    ports: Vec<(String, String)>,
    acls: Vec<Acl>,
    /// ACL names of one alternative each.
    allowed: Vec<String>,
    /// The same. Another intent may let through what is not allowed, so both are asked.
    anonymous: Vec<String>,
    /// ACL names of one alternative each, of the name in the hello. Empty where they need not be asked.
    allowed_names: Vec<String>,
    /// ACL names of one `ssl_bump splice` line each.
    spliced: Vec<String>,
    intercept: bool,
}

#[derive(Template)]
#[template(path = "squid/squid.conf")]
struct Example<'a> {
    header: &'a [String],
    /// Every port of every list.
    safe_ports: Vec<String>,
    intercept: bool,
}

struct Acl {
    name: String,
    kind: &'static str,
    file: String,
}

/// The lists that one set of schemes and ports is checked for together.
struct Group<'a> {
    intent: Intent,
    schemes: Schemes,
    ports: &'a Ports,
    lists: Vec<&'a List>,
}

pub(super) fn render(plan: &Plan<'_>) -> Result<Rendered, RenderError> {
    let header = header::lines(plan.banner);
    let intercept = plan.settings.options::<SquidOptions>(ID).mode == SquidMode::Intercept;
    let groups = groups(plan);

    let mut artifacts = Vec::new();
    for group in &groups {
        for list in &group.lists {
            let lines = in_order(list);
            let text =
                ListFile { header: &header, purpose: group.purpose(list.list), lines: &lines }.render();
            artifacts.push(artifact(group.file(list.list), text)?);
        }
    }
    let allowed_names = if !intercept && exempts_what_is_not_allowed(plan) {
        groups.iter().filter(|group| group.allows_https()).flat_map(Group::name_lines).collect()
    } else {
        Vec::new()
    };
    let asks_names = !allowed_names.is_empty();
    let fragment = Fragment {
        header: &header,
        ports: port_acls(&groups),
        acls: groups
            .iter()
            .flat_map(|group| group.acls(intercept, asks_names && group.allows_https()))
            .collect(),
        allowed: access_lines(&groups, Intent::Allow),
        anonymous: access_lines(&groups, Intent::BypassAuthentication),
        spliced: groups
            .iter()
            .filter(|group| group.intent == Intent::BypassInspection)
            .flat_map(|group| group.splice_lines(intercept))
            .collect(),
        allowed_names,
        intercept,
    };
    artifacts.push(artifact("thruway.conf".to_owned(), fragment.render())?);
    let all_ports = Ports::from_ranges(groups.iter().flat_map(|group| group.ports.ranges()));
    let example = Example { header: &header, safe_ports: range_texts(&all_ports), intercept };
    artifacts.push(artifact("squid.conf".to_owned(), example.render())?);
    Ok(Rendered { artifacts, findings: many_regexes(&groups) })
}

fn artifact(path: String, text: askama::Result<String>) -> Result<Artifact, RenderError> {
    let text = text.map_err(|e| RenderError::Template { target: TARGET, why: e.to_string() })?;
    Ok(Artifact { path, bytes: text.into_bytes() })
}

fn groups<'a>(plan: &'a Plan<'_>) -> Vec<Group<'a>> {
    let mut groups = BTreeMap::<_, Vec<&List>>::new();
    for (intent, of_intent) in &plan.intents {
        for list in &of_intent.lists {
            groups.entry((*intent, list.schemes, &list.ports)).or_default().push(list);
        }
    }
    groups
        .into_iter()
        .map(|((intent, schemes, ports), lists)| Group { intent, schemes, ports, lists })
        .collect()
}

/// Whether a request is exempt from inspection and not allowed. The name in the hello could then be such a one, in a
/// tunnel to a host that is both: access is decided by the CONNECT host alone.
fn exempts_what_is_not_allowed(plan: &Plan<'_>) -> bool {
    match (plan.intents.get(&Intent::Allow), plan.intents.get(&Intent::BypassInspection)) {
        (Some(allow), Some(exempt)) if allow.means != exempt.means => {
            RequestSet::new(&exempt.means).witness_outside(&RequestSet::new(&allow.means)).is_some()
        }
        _ => false,
    }
}

/// The lines of a list by name from the right, so that a parent stands before what is below it: the
/// other order is fatal up to Squid 6. Regular expressions keep the order of their text.
fn in_order(list: &List) -> Vec<&str> {
    let mut lines: Vec<&str> = list.lines.iter().map(String::as_str).collect();
    if matches!(list.list, DSTDOMAIN | DESCENDANTS | APEX) {
        sort_from_right(&mut lines);
    }
    lines
}

impl Group<'_> {
    /// `allow.https-443`: begins the names of the files.
    fn stem(&self) -> String {
        format!("{}.{}-{}", self.intent, scheme_label(self.schemes), ports_label(self.ports))
    }

    fn file(&self, list: &str) -> String {
        format!("{}.{list}", self.stem())
    }

    fn purpose(&self, list: &str) -> String {
        match list {
            DESCENDANTS => format!("Everything below these names; {} takes the names away.", self.file(APEX)),
            APEX => format!("Taken away from {}, where `.x` matches `x` as well.", self.file(DESCENDANTS)),
            REGEX => "Hosts by regular expression, for stars inside labels.".to_owned(),
            URL_REGEX => "URLs by regular expression: paths of plain HTTP.".to_owned(),
            _ => "These names; with a dot in front, everything below the name as well.".to_owned(),
        }
    }

    fn acl(&self, list: &str) -> String {
        format!("thruway_{}_{list}", self.stem().replace('.', "_"))
    }

    fn sni_acl(&self, list: &str) -> String {
        self.acl(&format!("sni_{list}"))
    }

    /// Whether it says which names may stand in a hello.
    fn allows_https(&self) -> bool {
        self.intent == Intent::Allow && self.schemes.https
    }

    /// The ACLs of every list: of the host that the proxy is asked for and, where inspection or the name itself is
    /// concerned, of the name in the client's TLS hello. Intercepted traffic has the latter alone.
    fn acls(&self, intercept: bool, asks_names: bool) -> Vec<Acl> {
        let inspection = self.intent == Intent::BypassInspection;
        let mut acls = Vec::new();
        for list in self.lists.iter().map(|list| list.list) {
            let file = self.file(list);
            if !(inspection && intercept) {
                acls.push(Acl { name: self.acl(list), kind: host_acl_type(list), file: file.clone() });
            }
            if inspection || asks_names {
                acls.push(Acl { name: self.sni_acl(list), kind: sni_acl_type(list), file });
            }
        }
        acls
    }

    /// One line of ACL names per list, all of which must match.
    fn access_lines(&self) -> Vec<String> {
        let guard = format!("thruway_{} {}", scheme_label(self.schemes), port_acl(self.ports));
        self.alternatives(|list| self.acl(list)).iter().map(|host| format!("{guard} {host}")).collect()
    }

    /// The same for the name in the hello.
    fn name_lines(&self) -> Vec<String> {
        let guard = port_acl(self.ports);
        self.alternatives(|list| self.sni_acl(list)).iter().map(|name| format!("{guard} {name}")).collect()
    }

    fn splice_lines(&self, intercept: bool) -> Vec<String> {
        let guard = port_acl(self.ports);
        let sni = self.alternatives(|list| self.sni_acl(list));
        if intercept {
            return sni.iter().map(|sni| format!("{guard} {sni}")).collect();
        }
        // Both: by the server name alone, a client could ask for any allowed host under a listed name.
        let host = self.alternatives(|list| self.acl(list));
        sni.iter().zip(&host).map(|(sni, host)| format!("{guard} {sni} {host}")).collect()
    }

    /// The ways in which a host can be listed here: by a list, or below an apex and not the apex.
    fn alternatives(&self, acl: impl Fn(&str) -> String) -> Vec<String> {
        let lists = self.lists.iter().map(|list| list.list);
        lists
            .filter(|&list| list != APEX)
            .map(|list| if list == DESCENDANTS { format!("{} !{}", acl(list), acl(APEX)) } else { acl(list) })
            .collect()
    }
}

fn access_lines(groups: &[Group<'_>], intent: Intent) -> Vec<String> {
    groups.iter().filter(|group| group.intent == intent).flat_map(Group::access_lines).collect()
}

/// The ACL type for the host of the URL or of CONNECT. Without `-n`, Squid looks up the names of an
/// address, and whoever owns its reverse zone is let through.
fn host_acl_type(list: &str) -> &'static str {
    match list {
        REGEX => "dstdom_regex -n -i",
        // Case matters in a path, and Squid writes the host in lower case.
        URL_REGEX => "url_regex",
        _ => "dstdomain -n",
    }
}

/// The ACL type for the name in the client's TLS hello. The default would look at names in the
/// server's certificate at a later step.
fn sni_acl_type(list: &str) -> &'static str {
    match list {
        REGEX => "ssl::server_name_regex -i",
        _ => "ssl::server_name --client-requested",
    }
}

fn scheme_label(schemes: Schemes) -> &'static str {
    match schemes {
        Schemes { http: true, https: true } => "any",
        Schemes { http: true, https: false } => "http",
        // `encode` gives no entry without a scheme.
        Schemes { http: false, .. } => "https",
    }
}

/// The ports as a part of a name: `443`, `443_8443`, and a digest where they are many.
fn ports_label(ports: &Ports) -> String {
    if *ports == Ports::any() {
        return "any".to_owned();
    }
    let text = ports.to_string().replace(',', "_");
    if text.len() <= MAX_PORTS_LABEL {
        return text;
    }
    let digest: String = Sha256::digest(&text).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("p{digest}")
}

fn port_acl(ports: &Ports) -> String {
    format!("thruway_port_{}", ports_label(ports))
}

fn port_acls(groups: &[Group<'_>]) -> Vec<(String, String)> {
    let mut ports: Vec<&Ports> = groups.iter().map(|group| group.ports).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
        .into_iter()
        .flat_map(|ports| range_texts(ports).into_iter().map(|range| (port_acl(ports), range)))
        .collect()
}

fn range_texts(ports: &Ports) -> Vec<String> {
    ports.ranges().map(|range| Ports::from_ranges([range]).to_string()).collect()
}

fn many_regexes(groups: &[Group<'_>]) -> Vec<Diagnostic> {
    let lists = groups.iter().flat_map(|group| group.lists.iter().map(move |list| (group, list)));
    lists
        .filter(|(_, list)| matches!(list.list, REGEX | URL_REGEX) && list.lines.len() > MANY_REGEXES)
        .map(|(group, list)| {
            Diagnostic::new(
                Code::LimitExceeded,
                format!(
                    "`{}` holds {} regular expressions, over {MANY_REGEXES}",
                    group.file(list.list),
                    list.lines.len()
                ),
                Place::Run,
                "Squid tries each of them on every request",
            )
            .help("write whole names or `*.parent` instead of stars inside labels")
            .for_intent(group.intent)
            .for_target(TARGET)
        })
        .collect()
}
