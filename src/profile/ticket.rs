//! `ticket`: what a change ticket says that no source does, and the fields of the systems that take one.

use super::problem::shown;
use super::tree::{Fields, Reader};
use crate::yaml::Node;

/// What is put into a change ticket beside the policy.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TicketFields {
    /// Where the connections come from, in the firewall team's words: networks, zones, groups of devices.
    pub source: Option<String>,
    /// Fields of ServiceNow's `change_request`, in the order of [`SERVICENOW_KEYS`].
    pub servicenow: Vec<(&'static str, String)>,
    /// The fields of a Jira issue.
    pub jira: JiraFields,
}

/// Fields of a Jira issue.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JiraFields {
    /// The key of the project: `NET`. An issue cannot be made without one.
    pub project: Option<String>,
    /// The name of the issue type; Jira's own `Task` where nothing is said.
    pub issue_type: Option<String>,
    /// The name of the priority.
    pub priority: Option<String>,
    /// Labels, without white space.
    pub labels: Vec<String>,
}

const KEYS: [&str; 3] = ["source", "servicenow", "jira"];

/// The fields that a profile may set; the ticket writes the others.
const SERVICENOW_KEYS: [&str; 10] = [
    "assignment_group",
    "assigned_to",
    "requested_by",
    "business_service",
    "cmdb_ci",
    "category",
    "type",
    "risk",
    "impact",
    "priority",
];

const JIRA_KEYS: [&str; 4] = ["project", "issue_type", "priority", "labels"];

/// Longest value in characters: that of ServiceNow's choices and display names, and of a Jira label.
const MAX_VALUE: usize = 255;

/// Reads the section.
pub(super) fn read(reader: &mut Reader, node: &Node) -> TicketFields {
    let Some(fields) = reader.fields(node, "ticket", &KEYS) else { return TicketFields::default() };
    TicketFields {
        source: value(reader, &fields, "source"),
        servicenow: fields.get("servicenow").map(|node| servicenow(reader, node)).unwrap_or_default(),
        jira: fields.get("jira").map(|node| jira(reader, node)).unwrap_or_default(),
    }
}

fn servicenow(reader: &mut Reader, node: &Node) -> Vec<(&'static str, String)> {
    let Some(fields) = reader.fields(node, "servicenow", &SERVICENOW_KEYS) else { return Vec::new() };
    SERVICENOW_KEYS.iter().filter_map(|&key| Some((key, value(reader, &fields, key)?))).collect()
}

fn jira(reader: &mut Reader, node: &Node) -> JiraFields {
    let Some(fields) = reader.fields(node, "jira", &JIRA_KEYS) else { return JiraFields::default() };
    let labels = match fields.get("labels") {
        Some(node) => labels(reader, node),
        None => Vec::new(),
    };
    JiraFields {
        project: fields.get("project").and_then(|node| project(reader, node)),
        issue_type: value(reader, &fields, "issue_type"),
        priority: value(reader, &fields, "priority"),
        labels,
    }
}

/// The key of a project: letters, digits and `_`, a letter first (Atlassian, "Changing the project key format", checked
/// 2026-11-24).
fn project(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node, "project")?;
    let is_key = text.len() <= MAX_VALUE
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_key {
        reader
            .report(node.spot, format!("`project` is {}, no key of a Jira project", shown(text)))
            .help("write the key that its issues begin with, in capitals: `NET`");
        return None;
    }
    Some(text.to_owned())
}

fn labels(reader: &mut Reader, node: &Node) -> Vec<String> {
    let mut labels = Vec::new();
    for node in reader.list_of_some(node, "labels").unwrap_or_default() {
        let Some(text) = reader.text(node, "labels") else { continue };
        if text.chars().count() > MAX_VALUE || text.contains(char::is_whitespace) {
            reader
                .report(node.spot, format!("`labels` has {}, which no Jira label can be", shown(text)))
                .help(format!("write words without blanks, of at most {MAX_VALUE} characters"));
            continue;
        }
        labels.push(text.to_owned());
    }
    labels
}

fn value(reader: &mut Reader, fields: &Fields<'_>, key: &str) -> Option<String> {
    let node = fields.get(key)?;
    let text = reader.text(node, key)?;
    if text.chars().count() > MAX_VALUE {
        reader.report(node.spot, format!("`{key}` has more than {MAX_VALUE} characters"));
        return None;
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::Profile;

    fn parsed(section: &str) -> Result<super::TicketFields, String> {
        let text = format!("version: 1\nsources: [{{ builtin: mde-commercial }}]\nticket: {section}\n");
        let profile = Profile::parse(&text, None, &[]);
        profile.map(|profile| profile.settings.ticket).map_err(|error| error.to_string())
    }

    #[test]
    fn the_section_maps_fields_of_two_systems() {
        let fields = parsed(
            "{ source: \"clients, 10.0.0.0/8\", servicenow: { type: standard, assignment_group: Network }, \
             jira: { project: NET, labels: [mde, change] } }",
        )
        .unwrap();
        assert_eq!(fields.source.as_deref(), Some("clients, 10.0.0.0/8"));
        let own: Vec<(&str, &str)> =
            fields.servicenow.iter().map(|(key, value)| (*key, value.as_str())).collect();
        assert_eq!(own, [("assignment_group", "Network"), ("type", "standard")]);
        assert_eq!((fields.jira.project.as_deref(), fields.jira.labels.len()), (Some("NET"), 2));
        assert_eq!(parsed("{}").unwrap(), super::TicketFields::default());
    }

    #[test]
    fn what_no_system_takes_is_told_with_its_place() {
        for (section, want) in [
            ("{ servicenow: { asignment_group: x } }", "did you mean `assignment_group`?"),
            ("{ jria: {} }", "did you mean `jira`?"),
            ("{ jira: { project: net } }", "line 3, column 28: `project` is `net`, no key of a Jira project"),
            ("{ jira: { labels: [two words] } }", "which no Jira label can be"),
            ("[x]", "`ticket` is a list, not a map of keys and values"),
            ("{ source: [x] }", "`source` is a list, not a text"),
        ] {
            let error = parsed(section).unwrap_err();
            assert!(error.contains(want), "{section}: {error}");
        }
    }
}
