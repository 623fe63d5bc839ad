//! Escapers of what the Palo Alto target alone writes: the `set` command line, plain text. XML is escaped
//! by its writer.

use crate::diag::is_hidden;

/// Text that is read by people: one line stays one line.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) {
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
