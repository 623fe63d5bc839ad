//! The text of a file in words and marks.

/// A word or a mark, with its line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind<'t>,
    pub(super) line: u32,
}

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenKind<'t> {
    /// `add`, `443`, `10.0.0.0/8`, `$LAN`, `@set`.
    Word(&'t str),
    /// What stands in quotes.
    Quoted(&'t str),
    /// `{`, `}`, `,`, `=`, `!=`, `:` and the like.
    Mark(&'static str),
    /// The end of a line, or `;`.
    End,
}

/// Marks, the longer first.
const MARKS: &[&str] =
    &["==", "!=", "<=", ">=", "{", "}", "(", ")", ",", "=", "<", ">", "&", "|", "^", "!", ":"];

/// The tokens of a file, or what nft refuses of it, with the line.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, (u32, String)> {
    let mut tokens = Vec::with_capacity(text.len() / 6);
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let mut push = |kind| tokens.push(Token { kind, line });
        match first {
            '\n' => {
                push(TokenKind::End);
                line += 1;
                rest = &rest[1..];
            }
            ';' => {
                push(TokenKind::End);
                rest = &rest[1..];
            }
            ' ' | '\t' => rest = &rest[1..],
            '#' => rest = &rest[rest.find('\n').unwrap_or(rest.len())..],
            '\\' if rest[1..].starts_with('\n') => {
                line += 1;
                rest = &rest[2..];
            }
            '"' => {
                let inside = &rest[1..];
                let end = inside.find(['"', '\n']).filter(|&end| inside[end..].starts_with('"'));
                let Some(end) = end else { return Err((line, "a quote that is not closed".to_owned())) };
                push(TokenKind::Quoted(&inside[..end]));
                rest = &inside[end + 1..];
            }
            first if is_of_word(first) && first != ':' || rest.starts_with("::") => {
                let (word, after) = rest.split_at(rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()));
                // `80:accept` are three, an address of IPv6 is one.
                let (word, after) = match word.split_once(':') {
                    Some((before, _)) if !before.is_empty() && !is_address(word) => {
                        rest.split_at(before.len())
                    }
                    _ => (word, after),
                };
                push(TokenKind::Word(word));
                rest = after;
            }
            _ => {
                let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) else {
                    return Err((line, format!("{first:?}, which nft does not take")));
                };
                push(TokenKind::Mark(mark));
                rest = &rest[mark.len()..];
            }
        }
    }
    Ok(tokens)
}

fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '/' | ':' | '*' | '-' | '$' | '@')
}

/// Addresses of IPv6, a network of them, or a range.
fn is_address(word: &str) -> bool {
    word.matches(':').count() >= 2
        && word.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'/' | b'-'))
}

/// Tokens, read from the left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a, 't> {
    tokens: &'a [Token<'t>],
    /// The line of the last token that was read.
    line: u32,
}

impl<'a, 't> Cursor<'a, 't> {
    pub(super) fn new(tokens: &'a [Token<'t>], line: u32) -> Self {
        let line = tokens.first().map_or(line, |token| token.line);
        Self { tokens, line }
    }

    /// Where the last token that was read stands; at the beginning, the first.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    pub(super) fn rest(&self) -> &'a [Token<'t>] {
        self.tokens
    }

    pub(super) fn peek(&self) -> Option<TokenKind<'t>> {
        self.tokens.first().map(|token| token.kind)
    }

    pub(super) fn next(&mut self) -> Option<TokenKind<'t>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        self.line = first.line;
        Some(first.kind)
    }

    /// The next token, if it is a word.
    pub(super) fn word(&mut self) -> Option<&'t str> {
        match self.peek() {
            Some(TokenKind::Word(word)) => {
                self.next();
                Some(word)
            }
            _ => None,
        }
    }

    /// The next token, if it is a word or stands in quotes.
    pub(super) fn text(&mut self) -> Option<&'t str> {
        match self.peek() {
            Some(TokenKind::Word(text) | TokenKind::Quoted(text)) => {
                self.next();
                Some(text)
            }
            _ => None,
        }
    }

    /// Takes this token, if it is the next.
    pub(super) fn takes(&mut self, kind: TokenKind<'_>) -> bool {
        let is_next = self.peek() == Some(kind);
        if is_next {
            self.next();
        }
        is_next
    }

    /// Takes this word, if it is the next.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        self.takes(TokenKind::Word(word))
    }

    /// Takes this mark, if it is the next.
    pub(super) fn takes_mark(&mut self, mark: &'static str) -> bool {
        self.takes(TokenKind::Mark(mark))
    }

    /// What stands in the braces that come next; nothing where none do, or where they are not closed.
    pub(super) fn braces(&mut self) -> Option<Cursor<'a, 't>> {
        if self.peek() != Some(TokenKind::Mark("{")) {
            return None;
        }
        let mut depth = 0_usize;
        let end = self.tokens.iter().position(|token| {
            match token.kind {
                TokenKind::Mark("{") => depth += 1,
                TokenKind::Mark("}") => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        let inside = Cursor::new(&self.tokens[1..end], self.tokens[0].line);
        self.line = self.tokens[end].line;
        self.tokens = &self.tokens[end + 1..];
        Some(inside)
    }

    /// The next statement, to the end of its line or to `;`, those in braces aside. True where that end is
    /// there.
    pub(super) fn statement(&mut self) -> Option<(Cursor<'a, 't>, bool)> {
        while self.takes(TokenKind::End) {}
        if self.tokens.is_empty() {
            return None;
        }
        let mut depth = 0_usize;
        let end = self.tokens.iter().position(|token| {
            match token.kind {
                TokenKind::Mark("{") => depth += 1,
                TokenKind::Mark("}") => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.kind == TokenKind::End
        });
        let (own, rest) = self.tokens.split_at(end.unwrap_or(self.tokens.len()));
        self.tokens = rest;
        Some((Cursor::new(own, self.line), end.is_some()))
    }
}
