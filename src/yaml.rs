//! YAML, the only file that names the YAML crate.

use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Why a text is not the YAML that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct YamlError {
    /// Line, from 1; 0 where the library does not tell.
    pub line: u64,
    /// Column, from 1; 0 where the library does not tell.
    pub column: u64,
    /// What is wrong.
    pub message: String,
}

impl From<serde_yaml::Error> for YamlError {
    fn from(error: serde_yaml::Error) -> Self {
        let error = error.without_snippet();
        let location = error.location();
        let (line, column) = location.map_or((0, 0), |location| (location.line(), location.column()));
        let message = match error {
            serde_yaml::Error::Budget { breach, .. } => over_budget(breach),
            other => other.to_string(),
        };
        // The place is said once, by whoever shows the error.
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        Self { line, column, message }
    }
}

fn over_budget(breach: &serde_yaml::budget::BudgetBreach) -> String {
    use serde_yaml::budget::BudgetBreach;
    match breach {
        BudgetBreach::Documents { .. } => "a second document begins here".into(),
        BudgetBreach::Depth { .. } => "nested too deeply".into(),
        BudgetBreach::Anchors { .. } => "too many anchors".into(),
        BudgetBreach::Aliases { .. } => "too many aliases".into(),
        other => format!("too large: {other:?}"),
    }
}

/// Reads one document.
///
/// # Errors
/// When the text is not YAML, or not of this shape.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    Ok(serde_yaml::from_str(text)?)
}

/// Where something stands in a document, counted in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spot {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// Length; 0 where it is not known, such as that of a block over several lines.
    pub length: u32,
}

/// A document as a tree with places, for input that people write and want to see errors in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Where it begins. For an alias, where it is used.
    pub spot: Spot,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// Nothing: `~`, `null` or an empty place.
    Null,
    /// A scalar, as it is written, without quotes. Numbers and booleans are not read as such: whether
    /// `1803` or `NO` is a name is the business of whoever asks for one.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order written. Keys may repeat.
    Map(Vec<(Key, Node)>),
}

/// A key of a map.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// Where it stands.
    pub spot: Spot,
    /// The key.
    pub text: String,
}

/// Reads one document as a tree.
///
/// Depth, nodes and what aliases expand to are bounded, so a hostile text costs no more than its size.
///
/// # Errors
/// When the text is not YAML, is more than one document, or exceeds the bounds.
pub fn parse_tree(text: &str) -> Result<Node, YamlError> {
    let options = serde_yaml::options! {
        // Repeated and merged keys reach the caller, who has the places to report.
        duplicate_keys: serde_yaml::options::DuplicateKeyPolicy::PassThrough,
        merge_keys: serde_yaml::options::MergeKeyPolicy::AsOrdinary,
        non_finite_float_policy: serde_yaml::options::NonFiniteFloatPolicy::PassThrough,
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: 10_000, max_replay_stack_depth: 16 },
        budget: serde_yaml::budget! { max_depth: 32, max_documents: 1, max_anchors: 1_000, max_aliases: 1_000 },
        with_snippet: false,
    };
    let raw: serde_yaml::Spanned<Raw> = serde_yaml::from_str_with_options(text, options)?;
    Ok(node(raw, text))
}

/// What serde tells of a node. Scalars that the library reads as numbers or booleans keep their place
/// alone, and the text is taken from the document.
enum Raw {
    Null,
    Text(String),
    Literal,
    List(Vec<serde_yaml::Spanned<Raw>>),
    Map(Vec<(serde_yaml::Spanned<String>, serde_yaml::Spanned<Raw>)>),
}

fn node(raw: serde_yaml::Spanned<Raw>, text: &str) -> Node {
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Text(text) => Value::Text(text),
        Raw::Literal => Value::Text(written(&raw.defined, text)),
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(item, text)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (Key { spot: spot(&key.referenced), text: key.value }, node(value, text)))
                .collect(),
        ),
    };
    Node { spot: spot(&raw.referenced), value }
}

/// The text at a place, as it stands in the document.
fn written(location: &serde_yaml::Location, text: &str) -> String {
    let span = location.span();
    let range = span.byte_offset().zip(span.byte_len()).and_then(|(start, length)| {
        Some(usize::try_from(start).ok()?..usize::try_from(start + length).ok()?)
    });
    range.and_then(|range| text.get(range)).unwrap_or_default().trim().to_owned()
}

fn spot(location: &serde_yaml::Location) -> Spot {
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Spot {
        line: number(location.line()),
        column: number(location.column()),
        length: number(location.span().len()),
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Literal)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Literal)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Literal)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Literal)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Literal)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Literal)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in one line: `{a@1:1:"1"@1:4}`, to compare places at a glance.
    fn shape(node: &Node) -> String {
        let at = |spot: &Spot| format!("{}:{}", spot.line, spot.column);
        let value = match &node.value {
            Value::Null => "~".into(),
            Value::Text(text) => format!("{text:?}"),
            Value::List(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(" ")),
            Value::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| format!("{}@{} {}", key.text, at(&key.spot), shape(value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(" "))
            }
        };
        format!("{value}@{}", at(&node.spot))
    }

    #[test]
    fn a_tree_knows_where_everything_stands() {
        for (text, want) in [
            ("", "~@1:1"),
            ("é: [ x ]", r#"{é@1:1 ["x"@1:6]@1:4}@1:1"#),
            ("'é': 1", r#"{é@1:1 "1"@1:6}@1:1"#),
            ("# c\na:\n  - b: ~\n    c:", "{a@2:1 [{b@3:5 ~@3:8 c@4:5 ~@4:6}@3:5]@3:3}@2:1"),
            ("a: &x [1]\nb: *x", r#"{a@1:1 ["1"@1:8]@1:7 b@2:1 ["1"@2:4]@2:4}@1:1"#),
            // Nothing is lost of what repeats, and nothing is merged.
            ("a: 1\na: 2\n<<: 3", r#"{a@1:1 "1"@1:4 a@2:1 "2"@2:4 <<@3:1 "3"@3:5}@1:1"#),
        ] {
            assert_eq!(parse_tree(text).map(|node| shape(&node)).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn scalars_keep_the_text_that_was_written() {
        for text in [
            "1_000",
            "1e999",
            "0x1F",
            "007",
            "NO",
            "true",
            "2027-06-30",
            ".inf",
            "99999999999999999999999",
            "-1",
        ] {
            let node = parse_tree(&format!("é: {text} # note")).unwrap();
            let Value::Map(entries) = node.value else { panic!("a map") };
            assert_eq!(entries[0].1.value, Value::Text(text.into()));
        }
    }

    #[test]
    fn hostile_documents_are_refused_with_a_place() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for n in 1..12 {
            let row = vec![format!("*a{}", n - 1); 10].join(",");
            bomb += &format!("a{n}: &a{n} [{row}]\n");
        }
        let deep: String = (0..2000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        for (text, line, message) in [
            (bomb.as_str(), 4, "alias replay limit exceeded: total_replayed_events=10001 > 10000"),
            (&"[".repeat(100_000), 1, "recursion limit exceeded"),
            (&deep, 33, "nested too deeply"),
            ("a: 1\n---\nb: 2", 2, "a second document begins here"),
            ("a: *nope", 1, "alias references unknown anchor"),
            ("a: [1\nb: 2", 2, "illegal placement of ':' indicator"),
        ] {
            let error = parse_tree(text).unwrap_err();
            assert_eq!((error.line, error.message.as_str()), (line, message));
            assert!(error.column > 0);
        }
    }
}
