//! The values of a profile: words from the tables of the parser, and texts by what they look like.
//!
//! A YAML reader makes numbers and booleans of some texts, as of `owner: 2026`; the parser takes the text, so these
//! types take both. Patterns are those that ECMAScript, Python and Rust read alike.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::diag::Code;
use crate::model;
use crate::profile::{BUILTIN_LISTS, VERSION, select};
use crate::regions;

/// Declares types by what an editor is told of their values.
macro_rules! values {
    ($($(#[doc = $doc:literal])+ $name:ident = $schema:expr;)+) => {$(
        $(#[doc = $doc])+
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema: Schema = $schema;
                schema.insert("description".to_owned(), concat!($($doc),+).trim().into());
                schema
            }
        }
    )+};
}

values! {
    /// The version of the grammar.
    Version = one_of(numbers([VERSION]));
    /// Letters, digits, `-` and `_`.
    Name = scalar(r"^\s*[A-Za-z0-9_-]{1,63}\s*$");
    /// One line of text.
    Text = scalar(r"\S");
    /// The key of a Jira project.
    JiraProject = text(r"^\s*[A-Z][A-Z0-9_]{0,254}\s*$");
    /// A word without blanks.
    JiraLabel = scalar(r"^\s*\S{1,255}\s*$");
    /// A list that is part of the program.
    Builtin = one_of(BUILTIN_LISTS.map(Value::from));
    /// Every data location.
    Everything = one_of(["all".into()]);
    /// The code of a data location, or a word for it.
    Geography = geography();
    /// An operating system.
    Platform = one_of(select::PLATFORMS.map(|(word, _)| word.into()));
    /// Required or optional.
    Requirement = one_of(select::REQUIREMENTS.map(|(word, _)| word.into()));
    /// A range of Windows releases.
    WindowsReleases = text(r"^\s*(>=|<=|<)\s*[0-9A-Za-z]+\s*$");
    /// `a.example.com`, `*.example.com` (all below), `.example.com` (the name and all below), `203.0.113.0/24`.
    HostPattern = text(r"^\s*(?!.*://)\S+\s*$");
    /// A TCP port.
    Port = json_schema!({
        "type": ["integer", "string"], "minimum": 1, "maximum": 65535, "pattern": r"^\s*0*[1-9][0-9]{0,4}\s*$",
    });
    /// A day, such as 2027-06-30.
    Day = text(r"^\s*[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\s*$");
    /// `none`, or `live-response`: what is marked as in need of a direct connection.
    Direct = one_of(super::super::parse::DIRECT.map(|(word, _)| word.into()));
    /// The code of a finding.
    Lint = one_of(Code::ALL.iter().map(|code| code.as_str().into()));
    /// One of the four lists.
    Intent = one_of(model::Intent::ALL.map(|intent| intent.as_str().into()));
    /// The ID of a workspace, a GUID.
    Workspace = text(r"^\s*[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\s*$");
    /// `host:port`, without a scheme; an IPv6 address in brackets.
    Proxy = text(PROXY);
    /// `host:port`, or `none`.
    EdrProxy = or_none(PROXY);
    /// `host:port`, or `none`.
    ProxyOrNone = or_none(PROXY);
    /// `http://host:port` or `https://host:port`.
    ProxyUrl = text(PROXY_URL);
    /// `http://host:port` or `https://host:port`, or `none`.
    ProxyUrlOrNone = or_none(PROXY_URL);
    /// Where a PAC file is served, by http or https.
    PacUrl = text(r"^\s*[Hh][Tt][Tt][Pp][Ss]?:[^@]+$");
    /// A host, address or URL.
    BypassEntry = scalar(r"^\s*[A-Za-z0-9._*:/\[\]-]{1,255}\s*$");
    /// A host, address or URL, or `<local>`.
    WinHttpEntry = scalar(r"^\s*(<local>|[A-Za-z0-9._*:/\[\]-]{1,255})\s*$");
    /// 3 all, 2 no revocation, 1 no pinning, 0 neither.
    SslOption = one_of(numbers(["3", "2", "1", "0"]));
    /// Yes or no.
    Switch = one_of([true.into(), false.into(), "true".into(), "false".into()]);
    /// An address with a mask.
    Network = text(r"^\s*[0-9A-Fa-f.:]+(/[0-9]{1,3})?\s*$");
    /// An address.
    Address = text(r"^\s*[0-9A-Fa-f.:]+\s*$");
    /// A path of one part, such as `/emea`.
    SitePath = text(r"^\s*/[A-Za-z0-9_-]{1,63}\s*$");
    /// A name or an address.
    Host = text(r"^\s*(?!.*://)\S+\s*$");
    /// A whole number, at least one.
    Number = json_schema!({ "type": ["integer", "string"], "minimum": 1, "maximum": 1000000, "pattern": r"^\s*[0-9]{1,7}\s*$" });
    /// `none`, or `required`: a new version waits until somebody approves it.
    Approval = one_of(super::super::update::APPROVALS.map(|(word, _)| word.into()));
    /// An http or https URL without credentials.
    ListUrl = text(r"^\s*[Hh][Tt][Tt][Pp][Ss]?:[^@]+$");
    /// `http://host:port`, or `direct`.
    UpdateProxy = json_schema!({ "anyOf": [{ "enum": ["direct"] }, { "type": "string", "pattern": PROXY_URL }] });
    /// At most 31 letters, digits, blanks, `-`, `_` and `.`, a letter or digit first.
    Zone = scalar(r"^\s*[A-Za-z0-9][A-Za-z0-9 ._-]{0,30}\s*$");
    /// An address object or group, or a network.
    Client = scalar(r"^\s*([A-Za-z0-9][A-Za-z0-9 ._-]{0,62}|[0-9A-Fa-f.:]+(/[0-9]{1,3})?)\s*$");
    /// An http or https URL without credentials, query and fragment.
    BaseUrl = text(r"^\s*[Hh][Tt][Tt][Pp][Ss]?:[^@?#']+$");
    /// At most 64 letters, digits, `-` and `_`, a letter first.
    Table = text(r"^\s*[A-Za-z][A-Za-z0-9_-]{0,63}\s*$");
    /// At most 15 letters, digits, `-`, `_` and `.`, a letter or digit first.
    Interface = scalar(r"^\s*[A-Za-z0-9][A-Za-z0-9._-]{0,14}\s*$");
    /// A place from 1 to 10000.
    Order = json_schema!({
        "type": ["integer", "string"], "minimum": 1, "maximum": 10000, "pattern": r"^\s*\+?[0-9]+\s*$",
    });
}

const PROXY: &str = r"^\s*[^\s/@]+:[0-9]+\s*$";
const PROXY_URL: &str = r"^\s*[Hh][Tt][Tt][Pp][Ss]?://[^\s/@?#]+:[0-9]+/?\s*$";

/// One of these words.
pub(super) fn one_of(words: impl IntoIterator<Item = Value>) -> Schema {
    json_schema!({ "enum": words.into_iter().collect::<Vec<_>>() })
}

/// Texts of digits, which a YAML reader takes for numbers unless they are quoted: the numbers come first.
fn numbers<const N: usize>(words: [&str; N]) -> Vec<Value> {
    let number = |word: &str| Value::from(word.parse::<u64>().expect("internal error: a word of digits"));
    words.map(number).into_iter().chain(words.map(Value::from)).collect()
}

/// A text that YAML leaves one.
fn text(pattern: &str) -> Schema {
    json_schema!({ "type": "string", "pattern": pattern })
}

/// A text that YAML may read as a number or a boolean.
fn scalar(pattern: &str) -> Schema {
    json_schema!({ "type": ["string", "number", "boolean"], "pattern": pattern })
}

fn or_none(pattern: &str) -> Schema {
    json_schema!({ "anyOf": [{ "enum": ["none"] }, { "type": "string", "pattern": pattern }] })
}

/// The codes, to be completed, and every word that stands for one.
fn geography() -> Schema {
    let codes = regions::all().map(|(region, _)| region.code());
    let codes: Vec<Value> = ["WW"].into_iter().chain(codes).map(Value::from).collect();
    let names: Vec<Value> = ["the whole world"]
        .into_iter()
        .chain(regions::all().map(|(_, name)| name))
        .map(Value::from)
        .collect();
    let words: Vec<String> = regions::words().map(any_case).collect();
    // `all` is no member of a list.
    let pattern = format!(r"^(?!all$)\s*({})\s*$", words.join("|"));
    json_schema!({ "anyOf": [
        // What the YAML language server and VS Code show beside each word.
        { "enum": codes, "enumDescriptions": names },
        { "type": "string", "pattern": pattern },
    ] })
}

/// A word in any case, as a pattern for engines that have no flag for it, with any white space for each blank.
fn any_case(word: &str) -> String {
    word.chars()
        .map(|c| match c {
            ' ' => r"\s+".to_owned(),
            c if c.is_ascii_alphabetic() => format!("[{}{c}]", c.to_ascii_uppercase()),
            c if c.is_ascii() => format!(r"\{c}"),
            c => c.to_string(),
        })
        .collect()
}

/// A schema with a description of its own.
pub(super) fn described(schema: Schema, description: &str) -> Value {
    json!({ "allOf": [schema], "description": description })
}
