//! The configuration as a tree, written as XML and as `set` commands, so that both say the same.

use std::borrow::Cow;
use std::io::{self, Write};
use std::slice;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::escape::set_word;
use super::layout::{ANY, Layout, NamedList, Rule, Rulebase, unsafe_value};
use super::name::Kind;
use crate::emit::RenderError;
use crate::model::Ports;

/// An element.
struct Node<'a> {
    tag: &'static str,
    /// The `name` attribute, which `entry` has.
    name: Option<&'a str>,
    content: Content<'a>,
}

/// What an element holds.
enum Content<'a> {
    Empty,
    Text(Cow<'a, str>),
    Members(Vec<&'a str>),
    Children(Vec<Node<'a>>),
}

impl<'a> Node<'a> {
    fn empty(tag: &'static str) -> Self {
        Self { tag, name: None, content: Content::Empty }
    }

    fn text(tag: &'static str, text: impl Into<Cow<'a, str>>) -> Self {
        Self { tag, name: None, content: Content::Text(text.into()) }
    }

    fn members(tag: &'static str, members: &'a [impl AsRef<str>]) -> Self {
        let members = members.iter().map(AsRef::as_ref).collect();
        Self { tag, name: None, content: Content::Members(members) }
    }

    fn with(tag: &'static str, children: Vec<Node<'a>>) -> Self {
        Self { tag, name: None, content: Content::Children(children) }
    }

    fn entry(name: &'a str, children: Vec<Node<'a>>) -> Self {
        Self { tag: "entry", name: Some(name), content: Content::Children(children) }
    }
}

/// What is below the virtual system. Objects come before the rules that use them.
fn vsys<'a>(layout: &'a Layout<'_>) -> Vec<Node<'a>> {
    let mut nodes = Vec::new();
    let mut add = |tag, entries: Vec<Node<'a>>| {
        if !entries.is_empty() {
            nodes.push(Node::with(tag, entries));
        }
    };
    add("service", layout.services.iter().map(|(name, ports)| service(layout, name, ports)).collect());
    if layout.external {
        add("external-list", layout.lists.iter().filter_map(|list| external_list(layout, list)).collect());
    } else {
        let urls = layout.lists.iter().filter(|list| list.kind == Kind::Url);
        let categories: Vec<Node<'_>> = urls.map(|list| category(layout, list)).collect();
        if !categories.is_empty() {
            add("profiles", vec![Node::with("custom-url-category", categories)]);
        }
    }
    if layout.complete {
        let rulebases: Vec<Node<'_>> = layout
            .rulebases()
            .map(|rulebase| {
                let rules = layout.rules_of(rulebase).map(|rule| rule_node(layout, rule)).collect();
                Node::with(rulebase.as_str(), vec![Node::with("rules", rules)])
            })
            .collect();
        add("rulebase", rulebases);
    }
    nodes
}

fn service<'a>(layout: &'a Layout<'_>, name: &'a str, ports: &Ports) -> Node<'a> {
    let port = Node::text("port", ports.to_string());
    Node::entry(
        name,
        vec![
            Node::with("protocol", vec![Node::with("tcp", vec![port])]),
            Node::text("description", &*layout.description),
        ],
    )
}

fn category<'a>(layout: &'a Layout<'_>, list: &'a NamedList<'_>) -> Node<'a> {
    Node::entry(
        &list.name,
        vec![
            Node::members("list", list.lines),
            Node::text("description", &*layout.description),
            Node::text("type", "URL List"),
        ],
    )
}

fn external_list<'a>(layout: &'a Layout<'_>, list: &'a NamedList<'_>) -> Option<Node<'a>> {
    let url = list.url.as_ref()?;
    // `recurring` sits below the type since PAN-OS 8.0.
    let kind = Node::with(
        list.kind.as_str(),
        vec![
            Node::text("description", &*layout.description),
            Node::text("url", &**url),
            Node::with("recurring", vec![Node::empty("hourly")]),
        ],
    );
    Some(Node::entry(&list.name, vec![Node::with("type", vec![kind])]))
}

fn rule_node<'a>(layout: &'a Layout<'_>, rule: &'a Rule<'_>) -> Node<'a> {
    let mut children = vec![Node::text("description", &*layout.description)];
    children.extend(rule_fields(rule));
    Node::entry(&rule.name, children)
}

/// What a rule matches and does.
fn rule_fields<'a>(rule: &'a Rule<'_>) -> Vec<Node<'a>> {
    let mut fields = vec![
        Node::members("from", &rule.from),
        Node::members("to", &rule.to),
        Node::members("source", &rule.source),
        Node::members("source-user", &[ANY]),
        Node::members("destination", &rule.destination),
        Node::members("service", slice::from_ref(&rule.service)),
        Node::members("category", slice::from_ref(&rule.category)),
    ];
    match rule.rulebase {
        Rulebase::Security => {
            // App-ID names this traffic `ms-update`, `windows-defender-atp` and more, which a rule for
            // `ssl` alone would drop.
            fields.push(Node::members("application", &[ANY]));
            fields.push(Node::text("action", "allow"));
        }
        Rulebase::Decryption => {
            fields.push(Node::text("action", "no-decrypt"));
            fields.push(Node::with("type", vec![Node::empty("ssl-forward-proxy")]));
        }
        Rulebase::Authentication => {
            fields.push(Node::text("authentication-enforcement", "default-no-captive-portal"));
        }
    }
    fields
}

/// `config.xml`.
///
/// # Errors
/// Never for memory; the writer's own errors otherwise.
pub fn xml(layout: &Layout<'_>) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut comment = String::from("\n");
    let warning = "Load it with `load config partial ... mode merge`: loaded whole it would replace the device's \
                   configuration.";
    for line in layout.header.iter().map(String::as_str).chain([warning]) {
        // Two hyphens would end the comment; of three, two are left after one pass.
        let line = line.replace("--", "- -").replace("--", "- -");
        comment.push_str(&format!("  {line}\n"));
    }
    writer.write_event(Event::Comment(BytesText::from_escaped(comment)))?;
    writer
        .create_element("config")
        .with_attributes([("version", "10.2.0"), ("urldb", "paloaltonetworks")])
        .write_inner_content(|writer| {
        writer.create_element("devices").write_inner_content(|writer| {
            let device = writer.create_element("entry").with_attribute(("name", "localhost.localdomain"));
            device.write_inner_content(|writer| {
                writer.create_element("vsys").write_inner_content(|writer| {
                    let entry = writer.create_element("entry").with_attribute(("name", "vsys1"));
                    entry.write_inner_content(|writer| write_all(writer, &vsys(layout)))?;
                    Ok(())
                })?;
                Ok(())
            })?;
            Ok(())
        })?;
        Ok(())
    })?;
    let mut bytes = writer.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn write_all<W: Write>(writer: &mut Writer<W>, nodes: &[Node<'_>]) -> io::Result<()> {
    for node in nodes {
        let mut element = writer.create_element(node.tag);
        if let Some(name) = &node.name {
            element = element.with_attribute(("name", *name));
        }
        match &node.content {
            Content::Empty => element.write_empty()?,
            Content::Text(text) => element.write_text_content(BytesText::new(text))?,
            Content::Members(members) => element.write_inner_content(|writer| {
                for member in members {
                    writer.create_element("member").write_text_content(BytesText::new(member))?;
                }
                Ok(())
            })?,
            Content::Children(children) => {
                element.write_inner_content(|writer| write_all(writer, children))?
            }
        };
    }
    Ok(())
}

/// `set-commands.txt`: one command a line, for the configuration mode. No comments: the command line
/// has none.
///
/// # Errors
/// When a value cannot be said on the command line.
pub fn set_commands(layout: &Layout<'_>) -> Result<Vec<u8>, RenderError> {
    let mut out = String::new();
    set_all(&mut out, "set", &vsys(layout))?;
    Ok(out.into_bytes())
}

fn set_all(out: &mut String, path: &str, nodes: &[Node<'_>]) -> Result<(), RenderError> {
    for node in nodes {
        let path = match &node.name {
            Some(name) => format!("{path} {}", word(name)?),
            None => format!("{path} {}", node.tag),
        };
        match &node.content {
            Content::Empty => push_line(out, &path),
            Content::Text(text) => push_line(out, &format!("{path} {}", word(text)?)),
            // A member a line: `set` adds to a list, and a change shows as one line.
            Content::Members(members) => {
                for member in members {
                    push_line(out, &format!("{path} {}", word(member)?));
                }
            }
            Content::Children(children) => set_all(out, &path, children)?,
        }
    }
    Ok(())
}

/// The rules as one command each, for people to complete: a command with a placeholder is refused as a
/// whole, where one of several would leave half a rule behind.
///
/// # Errors
/// When a value cannot be said on the command line.
pub fn rule_templates(layout: &Layout<'_>) -> Result<Vec<u8>, RenderError> {
    let mut out = String::from(
        "# NOT COMPLETE. Zones and sources are not in the profile, so these rules are not in config.xml,\n\
         # set-commands.txt or main.tf. Put them in the profile (targets: paloalto: from_zones, to_zones,\n\
         # sources), or replace the words in angle brackets, which PAN-OS refuses.\n",
    );
    for rule in &layout.rules {
        let mut line = format!("set rulebase {} rules {}", rule.rulebase.as_str(), word(&rule.name)?);
        for field in rule_fields(rule) {
            line.push_str(&one_line(&field)?);
        }
        push_line(&mut out, &line);
    }
    Ok(out.into_bytes())
}

fn one_line(node: &Node<'_>) -> Result<String, RenderError> {
    Ok(match &node.content {
        Content::Empty => format!(" {}", node.tag),
        Content::Text(text) => format!(" {} {}", node.tag, word(text)?),
        Content::Members(members) => {
            let words: Vec<String> = members.iter().map(|member| word(member)).collect::<Result<_, _>>()?;
            match &words[..] {
                [one] => format!(" {} {one}", node.tag),
                several => format!(" {} [ {} ]", node.tag, several.join(" ")),
            }
        }
        Content::Children(children) => {
            let parts: Vec<String> = children.iter().map(one_line).collect::<Result<_, _>>()?;
            format!(" {}{}", node.tag, parts.concat())
        }
    })
}

fn word(text: &str) -> Result<String, RenderError> {
    set_word(text).map_err(|why| unsafe_value(format!("`{}`", super::escape::plain(text)), why))
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}
