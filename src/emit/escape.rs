//! An escaper per output language, bound to the extension of a template in `askama.toml`.
//!
//! Hosts, ports and paths are checked types that need no escaping. Names of sources and profiles are
//! not: a file may be called anything, and what it is called must not become configuration.

use std::fmt::{self, Write};

use askama::filters::Escaper;

use crate::diag::{is_hidden, visible};

/// JavaScript, in a string literal of either quote and in a `//` comment: pure ASCII comes out, and
/// quotes, backslashes, line ends (U+2028 too) and `<`, `>` as `\uXXXX`.
#[derive(Clone, Copy, Debug)]
pub struct JavaScript;

/// `squid.conf`: `#` comments, words and quoted file names. Line ends, quotes, backslashes (which would
/// continue the line) and everything outside ASCII come out as `{U+XXXX}`.
#[derive(Clone, Copy, Debug)]
pub struct SquidConf;

/// A file of lines with `#` comments, whose lines are complete already: only line ends, other control
/// characters and everything outside ASCII are replaced, by `{U+XXXX}`.
#[derive(Clone, Copy, Debug)]
pub struct LineList;

/// Inside a quoted HCL string: no quote, no control character and no template sequence survives.
#[derive(Clone, Copy, Debug)]
pub struct Hcl;

/// PowerShell, in a string of single quotes and in a `#` comment. Quotes of every script come out doubled or as
/// code points, since PowerShell takes U+2018 to U+201B for quotes too; everything outside ASCII and line ends
/// as `{U+XXXX}`, since Windows PowerShell reads a file without a byte-order mark as ANSI.
#[derive(Clone, Copy, Debug)]
pub struct PowerShell;

/// `cmd.exe`, in a `rem` line and between double quotes: what expands, redirects, joins commands or quotes
/// comes out as `{U+XXXX}`, and so does everything outside ASCII.
#[derive(Clone, Copy, Debug)]
pub struct Cmd;

/// A file that regedit imports, in a `;` comment and between double quotes: backslashes and quotes behind a backslash,
/// the two that are escaped there; line ends and everything outside ASCII come out as `{U+XXXX}`.
#[derive(Clone, Copy, Debug)]
pub struct Registry;

/// A shell of POSIX, in a `#` comment, between single and between double quotes: what any of them obeys comes out as
/// `{U+XXXX}`, and so does everything outside ASCII.
#[derive(Clone, Copy, Debug)]
pub struct Shell;

/// Markdown (GitHub's), inside a line or a cell of a table: what would be markup, a column or HTML comes
/// out behind a backslash; control characters and what has no width as pictures.
#[derive(Clone, Copy, Debug)]
pub struct Markdown;

impl Escaper for JavaScript {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        write_escaped(
            &mut dest,
            string,
            |c| matches!(c, ' '..='~') && !matches!(c, '"' | '\'' | '\\' | '<' | '>'),
            |dest, c| {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().try_for_each(|unit| write!(dest, "\\u{unit:04x}"))
            },
        )
    }
}

impl Escaper for SquidConf {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        write_escaped(
            &mut dest,
            string,
            |c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\'),
            write_code_point,
        )
    }
}

impl Escaper for LineList {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        write_escaped(&mut dest, string, |c| matches!(c, ' '..='~'), write_code_point)
    }
}

impl Escaper for Hcl {
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
                c if is_hidden(c) => write!(dest, "\\U{:08x}", u32::from(c))?,
                c => dest.write_char(c)?,
            }
            before = Some(character);
        }
        Ok(())
    }
}

impl Escaper for PowerShell {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let plain = |c| matches!(c, ' '..='~') && c != '\'';
        write_escaped(&mut dest, string, plain, |dest, c| match c {
            '\'' => dest.write_str("''"),
            other => write_code_point(dest, other),
        })
    }
}

impl Escaper for Cmd {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let plain = |c| matches!(c, ' '..='~') && !"%!^&|<>\"".contains(c);
        write_escaped(&mut dest, string, plain, write_code_point)
    }
}

impl Escaper for Registry {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let plain = |c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        write_escaped(&mut dest, string, plain, |dest, c| match c {
            '"' | '\\' => write!(dest, "\\{c}"),
            other => write_code_point(dest, other),
        })
    }
}

impl Escaper for Shell {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let plain = |c| matches!(c, ' '..='~') && !"'\"\\$`!".contains(c);
        write_escaped(&mut dest, string, plain, write_code_point)
    }
}

impl Escaper for Markdown {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        write_escaped(&mut dest, &visible(string), |c| !MARKUP.contains(c), |dest, c| write!(dest, "\\{c}"))
    }
}

/// What means something in Markdown, wherever it stands in a line.
const MARKUP: &str = "\\`*_{}[]<>#|~&!$@";

fn write_code_point<W: Write>(dest: &mut W, c: char) -> fmt::Result {
    write!(dest, "{{U+{:04X}}}", u32::from(c))
}

/// Writes runs of plain characters as they are, and every other one by `escape`.
fn write_escaped<W: Write>(
    dest: &mut W,
    string: &str,
    plain: impl Fn(char) -> bool,
    escape: impl Fn(&mut W, char) -> fmt::Result,
) -> fmt::Result {
    let mut written = 0;
    for (at, c) in string.char_indices().filter(|&(_, c)| !plain(c)) {
        dest.write_str(&string[written..at])?;
        escape(dest, c)?;
        written = at + c.len_utf8();
    }
    dest.write_str(&string[written..])
}

/// A text as code, in Markdown; escaped text where it holds what no code span can.
pub fn code(text: &str) -> String {
    let is_plain =
        !text.is_empty() && !text.contains(['`', '|']) && visible(text) == text && text.trim() == text;
    if is_plain { format!("`{text}`") } else { escaped(text) }
}

/// A text in Markdown, inside a line or a cell of a table.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    Markdown.write_escaped_str(&mut out, text).expect("internal error: a string takes any text");
    out
}

/// A message in Markdown: what stands between backticks becomes code. Either part is safe, so it does not
/// matter whose backticks they are.
pub fn with_code(message: &str) -> String {
    let parts = message.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { code(part) } else { escaped(part) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(escaper: impl Escaper, text: &str) -> String {
        let mut out = String::new();
        escaper.write_escaped_str(&mut out, text).unwrap();
        out
    }

    #[test]
    fn plain_text_is_unchanged() {
        let text = "mde urls.xlsx (v2) $&%#*/";
        assert_eq!(escaped(JavaScript, text), text);
        assert_eq!(escaped(SquidConf, text), text);
        assert_eq!(escaped(LineList, r"^a\.b$"), r"^a\.b$");
    }

    #[test]
    fn nothing_is_run_by_a_shell_of_windows() {
        assert_eq!(escaped(PowerShell, "it's \u{2019}$(x)\n#> `"), "it''s {U+2019}$(x){U+000A}#> `");
        assert_eq!(
            escaped(Cmd, "%PATH% & a|b>c \"^!\r\n"),
            "{U+0025}PATH{U+0025} {U+0026} a{U+007C}b{U+003E}c {U+0022}{U+005E}{U+0021}{U+000D}{U+000A}"
        );
    }

    #[test]
    fn nothing_leaves_a_file_for_regedit_or_a_script_of_a_shell() {
        assert_eq!(escaped(Registry, "a\"b\\c]\r\n[-HKEY é"), "a\\\"b\\\\c]{U+000D}{U+000A}[-HKEY {U+00E9}");
        assert_eq!(
            escaped(Shell, "it's \"$(x)\" `y` \\!\n[fd00::1]:8080"),
            "it{U+0027}s {U+0022}{U+0024}(x){U+0022} {U+0060}y{U+0060} {U+005C}{U+0021}{U+000A}[fd00::1]:8080"
        );
    }

    #[test]
    fn a_cell_of_a_markdown_table_stays_one_cell() {
        assert_eq!(escaped(Markdown, "urls (v2).xlsx › E42: 10.0.0.0/8"), "urls (v2).xlsx › E42: 10.0.0.0/8");
        assert_eq!(
            escaped(Markdown, "a|b\n\u{202e}<!-- `*_[x](y) --> é"),
            "a\\|b\u{240a}\u{fffd}\\<\\!-- \\`\\*\\_\\[x\\](y) --\\> é"
        );
    }

    #[test]
    fn nothing_leaves_its_string_or_its_line() {
        assert_eq!(
            escaped(JavaScript, "a\"'\\\n\u{2028}</é😀"),
            r"a\u0022\u0027\u005c\u000a\u2028\u003c/\u00e9\ud83d\ude00"
        );
        assert_eq!(
            escaped(SquidConf, "a\nhttp_access allow all\\"),
            "a{U+000A}http_access allow all{U+005C}"
        );
        assert_eq!(escaped(SquidConf, "\"é\r"), "{U+0022}{U+00E9}{U+000D}");
        assert_eq!(escaped(LineList, "a\n.com\u{85}"), "a{U+000A}.com{U+0085}");
    }
}
