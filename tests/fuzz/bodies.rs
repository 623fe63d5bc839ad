//! What every fuzz target does with its input: nothing may panic, and what is compiled must be well formed and
//! proved. The project's own tests run the same over `corpus/`.

use std::path::Path;

use jiff::civil::date;
use thruway::compile::Run;
use thruway::diag::{self, Level};
use thruway::emit;
use thruway::ingest::catalog::Catalog;
use thruway::ingest::{self, cloud_connection};
use thruway::model::{Intent, Request};
use thruway::normalize::{self, RowAccount};
use thruway::profile::Profile;
use thruway::read::pac::Pac;
use thruway::read::pac::script::{Limits, Script};
use thruway::read::squid::{Client, Squid};
use thruway::read::{self, Reading, Texts, Trouble};
use thruway::reports;
use thruway::resolve;
use thruway::source::{Source, SourceId, SourceMap};

use super::{book, check};

/// A target and its body.
pub type Body = (&'static str, fn(&[u8]));

/// Every target. A new one is a function, a line here, and a file in `fuzz_targets` with its entry in
/// `Cargo.toml`.
pub const ALL: &[Body] = &[
    ("cell", cell),
    ("workbook", workbook),
    ("csv", csv),
    ("markdown", markdown),
    ("json", json),
    ("list", list),
    ("cloud_connection", cloud_connection),
    ("reports", reports),
    ("profile", profile),
    ("squid", squid),
    ("nft", nft),
    ("panos", panos),
    ("zscaler", zscaler),
    ("windows_firewall", windows_firewall),
    ("pac", pac),
    ("pac_script", pac_script),
    ("hcl", hcl),
    ("ticket", ticket),
    ("report", report),
    ("policy", policy),
];

/// The text of one endpoint cell, and behind a NUL that of the port column and of the category.
pub fn cell(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut texts = text.splitn(3, '\0');
    let endpoint = texts.next().unwrap_or_default();
    let port = texts.next().unwrap_or("443");
    let category = texts.next().unwrap_or_default();
    compile_list(DEFAULT, &[(endpoint, port, category)]);
}

/// The bytes of a workbook; or its sheet, shared strings, styles and list of sheets, parted by NULs.
pub fn workbook(data: &[u8]) {
    if data.starts_with(b"PK") {
        return document("book.xlsx", data);
    }
    let names = ["xl/worksheets/0.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"];
    let mut parts = book::parts();
    for (name, part) in names.iter().zip(data.split(|&byte| byte == 0)) {
        if !part.is_empty() {
            parts = book::with(parts, name, part);
        }
    }
    let entries: Vec<book::Raw> =
        parts.iter().map(|(name, content)| book::Raw::stored(name, content)).collect();
    document("book.xlsx", &book::raw_zip(&entries));
}

/// Text with separators, as it is.
pub fn csv(data: &[u8]) {
    document("list.csv", data);
}

/// A page.
pub fn markdown(data: &[u8]) {
    document("page.md", data);
}

/// A feed.
pub fn json(data: &[u8]) {
    document("feed.json", data);
}

/// A list in the project's own form.
pub fn list(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (sources, source) = sources("list.yaml");
    if let Ok(list) = Catalog::parse(text) {
        normalized(&sources, &list.document(source), &mut Vec::new());
    }
}

/// The output of a tool.
pub fn cloud_connection(data: &[u8]) {
    let (_, source) = sources("TestCloudConnection.txt");
    let _ = cloud_connection::read(source, data, &mut Vec::new());
}

/// What the vendor's tools saw, as somebody sent it in. What is told of it is safe to print and has no password.
pub fn reports(data: &[u8]) {
    let reports = match reports::read(data) {
        Ok(reports) => reports,
        Err(error) => return assert!(!error.to_string().contains('\n')),
    };
    assert!(!reports.urls.is_empty());
    let mut line = 1;
    for reported in &reports.urls {
        assert!(reported.line >= line, "{reported:?} stands before line {line}");
        line = reported.line;
        told(&reported.url);
        for (way, result) in &reported.ways {
            told(way);
            if let reports::Result::Failed { text, .. } = result {
                told(text);
            }
            let _ = reports::advice(reports.tool, result);
        }
    }
}

fn told(text: &str) {
    // A character that is escaped becomes up to ten.
    assert!(text.chars().count() <= 2_001 && !text.chars().any(char::is_control), "{text:?}");
    for authority in text.split("://").skip(1) {
        let end = authority.find(|own: char| own.is_whitespace() || own == '/').unwrap_or(authority.len());
        assert!(!authority[..end].contains('@'), "{text:?}");
    }
}

/// A profile.
pub fn profile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Profile::parse(text, Some(Path::new("thruway.yaml")), &targets()) {
        Ok(profile) => assert!(!profile.targets.is_empty()),
        Err(error) => {
            let mut shown = Vec::new();
            diag::write_profile_error(&mut shown, &error, ("thruway.yaml", text), &diag::Style::PLAIN)
                .expect("memory can be written");
            assert!(!shown.is_empty());
        }
    }
}

/// A configuration of Squid, and behind each NUL a file that it may name: `a`, `b`, `c`.
pub fn squid(data: &[u8]) {
    let squid = Squid::read("squid.conf", &texts(data, &["squid.conf", "a", "b", "c"]));
    for request in questions() {
        let at = squid.at(&request.host);
        at.access(Client::default(), &request);
        at.inspects(Client::default(), &request);
    }
    troubles(squid.troubles());
}

/// Rules of nft, and behind a NUL a configuration of dnsmasq and a file that either may include.
pub fn nft(data: &[u8]) {
    reading(&read::nft::read(&texts(data, &["a.nft", "b.conf", "c"])));
}

/// A configuration of PAN-OS, commands, Terraform's resources and a list.
pub fn panos(data: &[u8]) {
    reading(&read::panos::read(&texts(data, &["config.xml", "set-commands.txt", "main.tf", "list.txt"])));
}

/// A body of Zscaler's API, Terraform's resources, a list and a PAC.
pub fn zscaler(data: &[u8]) {
    reading(&read::zscaler::read(&texts(data, &["a.json", "main.tf", "allow.urls.txt", "b.pac.txt"])));
}

/// A script of PowerShell, commands of `netsh` and a reusable setting.
pub fn windows_firewall(data: &[u8]) {
    reading(&read::windows_firewall::read(&texts(data, &["a.ps1", "b.cmd", "c.json"])));
}

/// A PAC as this project writes it.
pub fn pac(data: &[u8]) {
    troubles(&Pac::read("proxy.pac", data).troubles);
}

/// A PAC as anybody writes it, run.
pub fn pac_script(data: &[u8]) {
    // What the engine does in one piece is waited for so long only that a fuzzer does not give up before.
    let patience = std::time::Duration::from_secs(5);
    let limits = Limits { memory: 16 << 20, loading: 20, answering: 20, patience, ..Limits::default() };
    let Ok(script) = Script::load(&"proxy.pac".into(), data, limits) else { return };
    troubles(script.troubles());
    for request in questions() {
        if let Err(error) = script.answer(&request) {
            assert!(!error.to_string().is_empty());
        }
    }
}

/// Terraform's language.
pub fn hcl(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(error) = read::hcl::Body::parse(text) {
        assert!(!error.to_string().contains('\n'));
    }
}

/// The table of a ticket.
pub fn ticket(data: &[u8]) {
    reading(&read::ticket::read("ticket.csv", data));
}

/// The page of a report; or its data alone.
pub fn report(data: &[u8]) {
    reading(&read::report::read("index.html", data));
    let page = [b"<script type=\"application/json\" id=\"data\">", data, b"</script>"].concat();
    reading(&read::report::read("index.html", &page));
}

/// Files of these names, parted by NULs.
fn texts(data: &[u8], names: &[&str]) -> Texts {
    let parts = data.splitn(names.len(), |&byte| byte == 0);
    names.iter().zip(parts).map(|(name, text)| ((*name).to_owned(), text.to_vec())).collect()
}

fn questions() -> impl Iterator<Item = Request> {
    let urls = [
        "https://a.example.com/",
        "http://b.example.com/x",
        "https://192.0.2.1:8443/",
        "https://[2001:db8::1]/",
    ];
    urls.into_iter().map(|url| url.parse().expect("a URL"))
}

/// Asks what was read, and looks at what was not understood.
fn reading(reading: &Reading) {
    for rulebase in reading.rulebases.values() {
        rulebase.granted();
        let index = rulebase.index();
        for request in questions() {
            index.at(&request.host).grants(&request);
        }
    }
    troubles(&reading.troubles);
}

/// Troubles are told one a line.
fn troubles(troubles: &[Trouble]) {
    for trouble in troubles {
        assert!(!trouble.what.is_empty() && !trouble.what.contains('\n'), "{trouble:?}");
    }
}

/// A policy made of choices: what targets write means what was asked.
pub fn policy(data: &[u8]) {
    let mut choices = Choices(data);
    let options = OPTIONS[choices.below(OPTIONS.len())];
    let mut rows = Vec::new();
    while !choices.0.is_empty() && rows.len() < 12 {
        rows.push(choices.row());
    }
    let rows: Vec<(&str, &str, &str)> =
        rows.iter().map(|(endpoint, port)| (endpoint.as_str(), port.as_str(), "c")).collect();
    compile_list(options, &rows);
}

/// Bytes as choices.
struct Choices<'d>(&'d [u8]);

impl Choices<'_> {
    fn below(&mut self, count: usize) -> usize {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(first) % count
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }

    /// An endpoint cell and its port.
    fn row(&mut self) -> (String, String) {
        let start = self.one(&["", "", "*.", "*.", ".", "*", "pre-*.", "p*x.", "a.*.", "a.*.*."]);
        let mut host = start.to_owned();
        for _ in 0..self.below(4) {
            host +=
                self.one(&["a.", "b.", "pre-x.", "cdn.", "constructor.", "__proto__.", "-.", "x--y.", "1."]);
        }
        host += self.one(&[
            "example.com",
            "example.com",
            "example.net",
            "cdn.example.com",
            "github.io",
            "blob.core.windows.net",
            "xn--bcher-kva.example",
            "10",
            "none.example",
        ]);
        if self.below(12) == 0 {
            host = self
                .one(&["192.0.2.0/24", "192.0.2.128/25", "192.0.2.7", "2001:db8::/32", "2001:db8::1"])
                .to_owned();
        }
        let scheme = self.one(&["", "", "", "http://", "https://"]);
        let path =
            if scheme == "http://" { self.one(&["", "/", "/x", "/x/*", "/x*", "/x.y+z/"]) } else { "" };
        let port = self.one(&[
            "443",
            "443",
            "80",
            "80, 443",
            "8443",
            "8000-8080",
            "1-65535",
            "443, 9000-9001",
            "1",
            "65535",
        ]);
        (format!("{scheme}{host}{path}"), port.to_owned())
    }
}

const DEFAULT: &str = "";

/// What a profile may say.
const OPTIONS: &[&str] = &[
    DEFAULT,
    "targets: { squid: { mode: intercept }, ticket: {} }\n",
    "targets: { pac: { otherwise: block } }\nintents: { direct: live-response }\n",
    "targets: { pac: { otherwise: direct } }\n",
    "targets: { nftables: { at: device }, windows-firewall: { at: device }, ticket: {} }\n",
    "tolerances: { apex: hold, depth: hold, subtree: hold, port: hold, scheme: hold, path: hold, shared-address: hold }\n",
    "tolerances: { label-glob: warn }\n",
    "lints: { covers-public-suffix: allow, identity-endpoint: hold }\n",
    "select: { exclude: [\".example.net\"], include: [{ host: \"*.example.com\", ports: [443, 80], reason: r, owner: o, expires: 2027-01-01 }] }\n",
    "corrections: { \"*cdn.example.com\": .cdn.example.com, a.example.com: \"*.a.example.com\" }\n",
];

fn targets() -> Vec<&'static str> {
    emit::ALL.iter().map(|emitter| emitter.id()).collect()
}

fn sources(name: &str) -> (SourceMap, SourceId) {
    let mut sources = SourceMap::default();
    let source = sources.add(Source { name: name.to_owned(), sha256: "0".repeat(64), date: None });
    (sources, source)
}

/// Reads a document and what its rows mean. An error says which document, in one line.
fn document(name: &str, bytes: &[u8]) {
    let (sources, source) = sources(name);
    let mut findings = Vec::new();
    match ingest::read(source, name, bytes, &mut findings) {
        Ok(document) => normalized(&sources, &document, &mut findings),
        Err(error) => {
            let error = error.to_string();
            assert!(error.starts_with(name) && !error.chars().any(char::is_control), "{error:?}");
        }
    }
}

fn normalized(sources: &SourceMap, document: &ingest::Document, findings: &mut Vec<diag::Diagnostic>) {
    let rows: u64 = document.tables.iter().map(|table| table.rows.len() as u64).sum();
    let normalized = normalize::normalize(document, sources, &|_| None, findings);
    assert_eq!(normalized.rows.total(), rows, "a row is neither an endpoint nor a finding");
}

/// Compiles a list of endpoint, port and category for every target of a profile, and checks what is written.
fn compile_list(options: &str, rows: &[(&str, &str, &str)]) {
    let text = format!("version: 1\nname: fuzz\nsources: [{{ file: list.csv }}]\n{options}");
    let profile = Profile::parse(&text, None, &targets()).expect("a profile of our own");
    let mut list = ::csv::Writer::from_writer(Vec::new());
    list.write_record(["Endpoint/URL", "Port", "Geography", "Category"]).expect("memory can be written");
    for (endpoint, port, category) in rows {
        list.write_record([*endpoint, *port, "WW", *category]).expect("memory can be written");
    }
    let (mut sources, source) = sources("list.csv");
    let mut findings = Vec::new();
    let bytes = list.into_inner().expect("memory can be written");
    let Ok(document) = ingest::read(source, "list.csv", &bytes, &mut findings) else { return };
    let normalized = normalize::normalize(&document, &sources, &|_| None, &mut findings);
    let profile_source =
        sources.add(Source { name: "thruway.yaml".to_owned(), sha256: "0".repeat(64), date: None });
    let request = resolve::Request {
        profile: &profile,
        profile_source: Some(profile_source),
        corrections: &[],
        today: date(2026, 11, 24),
    };
    let policy = resolve::resolve(&normalized.endpoints, request, &mut findings);
    // Most inputs open nothing, which the tests of cells compile too.
    let opens = Intent::ALL.iter().any(|&intent| !policy.rules(intent).is_empty());
    if !opens || findings.iter().any(|finding| finding.level == Level::Deny) {
        return;
    }
    let included = resolve::included(request, &mut Vec::new());
    let run = Run {
        sources,
        endpoints: normalized.endpoints,
        included,
        sheets: document.sheets,
        rows: RowAccount::default(),
        policy,
        findings,
    };
    let _ = check::compile(&run, &profile, "fuzz");
}
