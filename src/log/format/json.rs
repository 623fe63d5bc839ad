//! Lines that are objects of JSON.

use std::fmt;
use std::io::Write as _;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::record::{Malformed, Record};
use super::fields::Meaning;
use super::names::{ChoiceError, Column, Named};
use super::table::{self, Cell};

/// Most keys of a log that are looked at for columns.
const MAX_KEYS: usize = 4096;

/// Which keys are read.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Keys(Node);

/// A key, or a part of one before a dot: `{"url": {"domain": "a.example"}}` and `{"url.domain": "a.example"}` say the same.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
struct Node {
    meaning: Option<Meaning>,
    parts: Vec<(String, Node)>,
}

impl Node {
    fn add(&mut self, key: &str, meaning: Meaning) {
        let (part, rest) = key.split_once('.').map_or((key, None), |(part, rest)| (part, Some(rest)));
        let at = self.parts.iter().position(|(own, _)| own == part).unwrap_or_else(|| {
            self.parts.push((part.to_owned(), Self::default()));
            self.parts.len() - 1
        });
        match rest {
            Some(rest) => self.parts[at].1.add(rest, meaning),
            None => self.parts[at].1.meaning = Some(meaning),
        }
    }

    fn find(&self, key: &str) -> Option<&Self> {
        if let Some((_, node)) = self.parts.iter().find(|(own, _)| own == key) {
            return Some(node);
        }
        key.split_once('.').and_then(|(part, rest)| self.find(part)?.find(rest))
    }
}

impl Keys {
    /// The keys that are read, of those that some lines have.
    ///
    /// # Errors
    /// Where a key that is asked for is in none of them, or nothing tells the host.
    pub fn of_lines<'a>(
        lines: impl Iterator<Item = &'a [u8]>,
        named: &Named,
    ) -> Result<(Self, Vec<(String, Column)>), ChoiceError> {
        let mut keys = Vec::new();
        for line in lines {
            let mut json = serde_json::Deserializer::from_slice(line);
            let _ = Collect { keys: &mut keys, path: String::new() }.deserialize(&mut json);
        }
        let names: Vec<&str> = keys.iter().map(String::as_str).collect();
        let columns = named.choose(&names)?;
        let mut root = Node::default();
        for own in &columns {
            root.add(names[own.at], own.meaning);
        }
        let columns = columns.into_iter().map(|own| (keys[own.at].clone(), own)).collect();
        Ok((Self(root), columns))
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Where it is no record.
    pub fn record<'l>(&self, line: &'l [u8], scratch: &'l mut Vec<u8>) -> Result<Record<'l>, Malformed> {
        if line.trim_ascii_start().first() != Some(&b'{') {
            return Err(Malformed::Json);
        }
        scratch.clear();
        let mut values = [Cell::Plain(b""); Meaning::ALL.len()];
        let mut json = serde_json::Deserializer::from_slice(line);
        let object = Object { node: &self.0, into: &mut Values { values: &mut values, scratch } };
        let read = object.deserialize(&mut json).and_then(|()| json.end());
        read.map_err(|_| Malformed::Json)?;
        table::fields(&values, scratch).record()
    }
}

/// Where values go.
struct Values<'v, 'l> {
    values: &'v mut [Cell<'l>; Meaning::ALL.len()],
    scratch: &'v mut Vec<u8>,
}

/// What is behind a key. A line is one, too, with no meaning.
struct Object<'v, 'w, 'l, 'n> {
    node: &'n Node,
    into: &'w mut Values<'v, 'l>,
}

impl<'l> Object<'_, '_, 'l, '_> {
    fn set<E: serde::de::Error>(self, cell: Cell<'l>) -> Result<(), E> {
        let Some(meaning) = self.node.meaning else { return Ok(()) };
        let place = &mut self.into.values[meaning as usize];
        // Programs disagree which of two counts.
        if !matches!(place, Cell::Plain([])) {
            return Err(E::custom("a key is there twice"));
        }
        *place = cell;
        Ok(())
    }

    fn write<E: serde::de::Error>(self, value: impl fmt::Display) -> Result<(), E> {
        let start = self.into.scratch.len();
        write!(self.into.scratch, "{value}").map_err(E::custom)?;
        let end = self.into.scratch.len();
        self.set(Cell::Scratch(start, end))
    }
}

impl<'l> DeserializeSeed<'l> for Object<'_, '_, 'l, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'l>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'l> Visitor<'l> for Object<'_, '_, 'l, '_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(node) = map.next_key_seed(Key(self.node))? {
            match node {
                Some(node) => map.next_value_seed(Object { node, into: &mut *self.into })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'l>>(self, mut all: A) -> Result<(), A::Error> {
        // Which of several is meant, nobody can say.
        while all.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'l str) -> Result<(), E> {
        self.set(Cell::Plain(text.as_bytes()))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.write(text)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        self.write(number)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.write(number)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        self.write(number)
    }

    fn visit_bool<E: serde::de::Error>(self, is: bool) -> Result<(), E> {
        self.set(Cell::Plain(if is { b"true" } else { b"false" }))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key, as the node that it leads to.
struct Key<'n>(&'n Node);

impl<'l, 'n> DeserializeSeed<'l> for Key<'n> {
    type Value = Option<&'n Node>;

    fn deserialize<D: Deserializer<'l>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'l, 'n> Visitor<'l> for Key<'n> {
    type Value = Option<&'n Node>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.find(key))
    }
}

/// Collects the keys of values that are no objects, each once.
struct Collect<'k> {
    keys: &'k mut Vec<String>,
    path: String,
}

impl Collect<'_> {
    fn add<E>(self) -> Result<(), E> {
        if !self.path.is_empty() && self.keys.len() < MAX_KEYS && !self.keys.contains(&self.path) {
            self.keys.push(self.path);
        }
        Ok(())
    }
}

impl<'l> DeserializeSeed<'l> for Collect<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'l>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'l> Visitor<'l> for Collect<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let path = if self.path.is_empty() { key } else { format!("{}.{key}", self.path) };
            map.next_value_seed(Collect { keys: &mut *self.keys, path })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'l>>(self, mut all: A) -> Result<(), A::Error> {
        while all.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.add()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.add()
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.add()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.add()
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.add()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.add()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::record::Verdict;
    use super::*;

    fn read<'l>(named: &str, line: &'l str, scratch: &'l mut Vec<u8>) -> Result<Record<'l>, String> {
        let named = named.parse().unwrap();
        let (keys, _) =
            Keys::of_lines([line.as_bytes()].into_iter(), &named).map_err(|own| own.to_string())?;
        keys.record(line.as_bytes(), scratch).map_err(|own| own.to_string())
    }

    #[test]
    fn objects_are_read_however_deep_and_however_written() {
        let mut scratch = Vec::new();
        let line = r#"{"@timestamp":"2026-11-30T21:15:00Z","url":{"full":"https:\/\/a.example\/x"},"source":{"ip":"10.0.0.1","port":5},
            "http":{"response":{"bytes":12,"status_code":403}},"tags":["url"],"other":null}"#;
        let own = read("", line, &mut scratch).unwrap();
        assert_eq!((own.host, own.path, own.client), (&b"a.example"[..], Some(&b"/x"[..]), &b"10.0.0.1"[..]));
        assert_eq!((own.bytes, own.verdict, own.time), (12, Verdict::Denied, Some(1_796_073_300_000)));
        let mut scratch = Vec::new();
        let flat = r#"{"url.domain":"a.example","destination.port":8443,"ts":1796073300.5,"ssl":{"decrypted":true}}"#;
        let own = read("inspected=ssl.decrypted", flat, &mut scratch).unwrap();
        assert_eq!(
            (own.host, own.port, own.time, own.inspected),
            (&b"a.example"[..], 8443, Some(1_796_073_300_500), Some(true))
        );
    }

    #[test]
    fn what_is_no_record_is_told() {
        let good = r#"{"host":"a.example","action":"allow","n":{"x":1}}"#;
        let (keys, _) = Keys::of_lines([good.as_bytes()].into_iter(), &Named::default()).unwrap();
        let deep = format!(r#"{{"host":"a.example","d":{}1{}}}"#, "[".repeat(500), "]".repeat(500));
        for (line, want) in [
            (good, None),
            (r#"{"host":"a.example","host":"b.example"}"#, Some(Malformed::Json)),
            (r#"{"host":"a.example""#, Some(Malformed::Json)),
            (r#"{"host":"a.example"} {}"#, Some(Malformed::Json)),
            (r#"{"host":"\ud800"}"#, Some(Malformed::Json)),
            (r#"{"host":null}"#, Some(Malformed::Url)),
            (r#"{"host":["a.example"]}"#, Some(Malformed::Url)),
            (r#"{"host":"a.example","action":"perhaps"}"#, Some(Malformed::Verdict)),
            ("[]", Some(Malformed::Json)),
            ("", Some(Malformed::Json)),
            // What is not asked for is not looked into, however deep.
            (&deep, None),
        ] {
            assert_eq!(keys.record(line.as_bytes(), &mut Vec::new()).err(), want, "{line}");
        }
    }
}
