//! Escapers of the languages that the Palo Alto target writes: HCL, the `set` command line, plain text.
//! XML is escaped by its writer.

use std::fmt::{self, Write};

/// Inside a quoted HCL string: no quote, no control character and no template sequence survives.
#[derive(Clone, Copy, Debug)]
pub struct Hcl;

impl askama::filters::Escaper for Hcl {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let mut rest = string.chars().peekable();
        let mut before = None;
        while let Some(character) = rest.next() {
            match character {
                // Three in a row before a brace would leave the reader to guess which two belong together.
                '$' | '%' if rest.peek() == Some(&'{') && before == Some(character) => {
                    write!(dest, "\\u{:04x}", u32::from(character))?;
                }
                '"' => dest.write_str("\\\"")?,
                '\\' => dest.write_str("\\\\")?,
                '\n' => dest.write_str("\\n")?,
                '\r' => dest.write_str("\\r")?,
                '\t' => dest.write_str("\\t")?,
                // `${` and `%{` begin a template; doubled they are text.
                '$' | '%' if rest.peek() == Some(&'{') => write!(dest, "{character}{character}")?,
                c if is_invisible(c) => write!(dest, "\\U{:08x}", u32::from(c))?,
                c => dest.write_char(c)?,
            }
            before = Some(character);
        }
        Ok(())
    }
}

/// Characters that are not seen or that reorder what is seen: controls, line and paragraph separators,
/// bidirectional marks.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Text that is read by people: one line stays one line.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_invisible(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// One word of a `set` command, quoted where it has to be.
///
/// # Errors
/// When the command line has no way to say it: a control character, a character beyond ASCII, a `?`
/// (which asks for help), both kinds of quotes, or nothing at all.
pub fn set_word(word: &str) -> Result<String, &'static str> {
    if word.is_empty() {
        return Err("it is empty");
    }
    if word.chars().any(|c| !c.is_ascii() || c.is_ascii_control()) {
        return Err("the command line takes printable ASCII alone");
    }
    if word.contains('?') {
        return Err("the command line reads `?` as a request for help");
    }
    if word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:*^,+=&%@~!$".contains(&b)) {
        return Ok(word.to_owned());
    }
    match (word.contains('"'), word.contains('\'')) {
        (false, _) => Ok(format!("\"{word}\"")),
        (true, false) => Ok(format!("'{word}'")),
        (true, true) => Err("the command line cannot quote both kinds of quotes"),
    }
}
