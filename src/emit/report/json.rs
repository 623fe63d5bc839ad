//! JSON for a `<script>` element: a row a line, so that two pages differ by lines, and nothing that ends the element.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Compact but for line ends before the rows of tables. `<`, `>` and `&`, which HTML could see, and U+2028 and
/// U+2029, which JavaScript could, are escaped; they stand in strings alone.
#[derive(Default)]
struct ForScript {
    open: Vec<Open>,
}

/// An array or object that is not closed yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Object,
    /// An array of rows, each on a line: in an object, which is in a row of at most one other table.
    Table,
    Row,
}

pub(super) fn for_script(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut bytes, ForScript::default()))
        .expect("internal error: a report is plain data");
    String::from_utf8(bytes).expect("internal error: JSON is text")
}

impl Formatter for ForScript {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let tables = self.open.iter().filter(|open| **open == Open::Table).count();
        let in_object = self.open.last() == Some(&Open::Object);
        self.open.push(if in_object && tables < 2 { Open::Table } else { Open::Row });
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open.pop();
        writer.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        let comma: &[u8] = if first { b"" } else { b"," };
        writer.write_all(comma)?;
        if self.open.last() == Some(&Open::Table) { writer.write_all(b"\n") } else { Ok(()) }
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open.push(Open::Object);
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open.pop();
        writer.write_all(b"}")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (plain, special) = rest.split_at(at);
            let Some(character) = special.chars().next() else { break };
            write!(writer, "{plain}\\u{:04x}", u32::from(character))?;
            rest = &special[character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn no_text_ends_its_element_and_json_reads_all_of_it_back() {
        let value = json!({ "rows": [["</script><!--", "a&b\u{2028}\u{2029}\"\\\n"], { "of": [1, 2] }] });
        let text = for_script(&value);
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_row_is_a_line() {
        let value = json!({ "rows": [[1, [2]], [3]] });
        assert_eq!(for_script(&value), "{\"rows\":[\n[1,[2]],\n[3]]}");
    }
}
