//! The words and texts of a script, without its comments. Not a parser: what it does not know passes by.

/// A piece of a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token<'t> {
    /// A name or a keyword.
    Word(&'t str),
    /// A text between quotes, as written.
    Text(&'t str),
    /// Anything else, octet by octet.
    Mark(char),
}

/// All of them with their lines, from 1.
pub(super) fn tokens(text: &str) -> Vec<(u32, Token<'_>)> {
    let mut scanner = Scanner { rest: text, line: 1, found: Vec::new() };
    while scanner.next() {}
    scanner.found
}

struct Scanner<'t> {
    rest: &'t str,
    line: u32,
    found: Vec<(u32, Token<'t>)>,
}

impl<'t> Scanner<'t> {
    fn next(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        match first {
            _ if self.rest.starts_with("//") => {
                let end = self.rest.find(['\n', '\r', '\u{2028}', '\u{2029}']);
                self.skip(end.unwrap_or(self.rest.len()));
            }
            _ if self.rest.starts_with("/*") => {
                self.skip(self.rest[2..].find("*/").map_or(self.rest.len(), |end| end + 4));
            }
            '"' | '\'' => {
                let text = &self.rest[1..];
                let length = end_of(text, first);
                self.found.push((self.line, Token::Text(&text[..length])));
                self.skip((length + 2).min(self.rest.len()));
            }
            '`' => self.skip((end_of(&self.rest[1..], '`') + 2).min(self.rest.len())),
            '/' if self.is_operand_next() => {
                self.skip((end_of(&self.rest[1..], '/') + 2).min(self.rest.len()));
                self.found.push((self.line, Token::Text("")));
            }
            _ if is_of_word(first) => {
                let length = self.rest.find(|own| !is_of_word(own)).unwrap_or(self.rest.len());
                self.found.push((self.line, Token::Word(&self.rest[..length])));
                self.skip(length);
            }
            _ => {
                if !first.is_whitespace() {
                    self.found.push((self.line, Token::Mark(first)));
                }
                self.skip(first.len_utf8());
            }
        }
        true
    }

    fn skip(&mut self, octets: usize) {
        let (skipped, rest) = self.rest.split_at(octets);
        self.line += skipped.bytes().filter(|&byte| byte == b'\n').count() as u32;
        self.rest = rest;
    }

    /// Whether a slash begins a regular expression: where a value has to follow.
    fn is_operand_next(&self) -> bool {
        match self.found.last() {
            None | Some((_, Token::Word("return"))) => true,
            Some((_, Token::Mark(mark))) => !matches!(mark, ')' | ']' | '}'),
            Some(_) => false,
        }
    }
}

/// Where a text ends that begins with `quote`: at the next one that no backslash stands before, or with its line.
fn end_of(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, own) in text.char_indices() {
        if own == '\n' && quote != '`' || own == quote && !escaped {
            return at;
        }
        escaped = own == '\\' && !escaped;
    }
    text.len()
}

fn is_of_word(own: char) -> bool {
    own.is_alphanumeric() || own == '_' || own == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_texts_and_regular_expressions_are_told_apart() {
        let text = "a // b\n/* \"c\n */ d('e\\'f', \"g\") = /[/]h/.test(i) ? j / k : /l\"/ `m\nn` o";
        let words: Vec<(u32, &str)> = tokens(text)
            .into_iter()
            .filter_map(|(line, token)| match token {
                Token::Word(word) => Some((line, word)),
                Token::Text("") | Token::Mark(_) => None,
                Token::Text(text) => Some((line, text)),
            })
            .collect();
        assert_eq!(
            words,
            [
                (1, "a"),
                (3, "d"),
                (3, "e\\'f"),
                (3, "g"),
                (3, "h"),
                (3, "test"),
                (3, "i"),
                (3, "j"),
                (3, "k"),
                (4, "o")
            ]
        );
    }

    #[test]
    fn a_text_without_an_end_ends_with_its_line() {
        for text in ["\"a", "'a\nb", "`a", "/*", "/", "//", "\"\\", "a\u{e9}\u{2028}\"\u{e9}"] {
            tokens(text);
        }
        assert_eq!(tokens("'a\nb"), [(1, Token::Text("a")), (2, Token::Word("b"))]);
    }
}
