//! Who may fetch lists: credentials by their digests.
//!
//! A file has one line for each: `basic NAME DIGEST` or `bearer NAME DIGEST`, the SHA-256 of the password or the token in
//! hexadecimal. A digest this fast protects a generated secret of full length and no word that a person chose:
//! `openssl rand -hex 24` makes one. The file holds no secret, and the log only names.
//!
//! PAN-OS stops enforcing a rule whose list it may not fetch, where it keeps the last list of a server that is down:
//! here, a wrong change of credentials costs more than no server. So a file that cannot be read leaves the old
//! credentials in force, and an old line may stand beside the new one for as long as firewalls need.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;
use subtle::{Choice, ConstantTimeEq as _};

use crate::source::sha256;

/// Credentials that lists are fetched with.
#[derive(Clone, Debug, Default)]
pub struct Credentials(Vec<Line>);

#[derive(Clone, Debug)]
struct Line {
    scheme: Scheme,
    name: String,
    /// The SHA-256 in lower-case hexadecimal.
    digest: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scheme {
    Basic,
    Bearer,
}

/// What is wrong with a line of a file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CredentialsError {
    /// It is no line of this form. It is not repeated: it may be a password.
    #[error("line {line} is not `basic NAME DIGEST` or `bearer NAME DIGEST`")]
    Form {
        /// From 1.
        line: usize,
    },
    /// The digest is none: perhaps the secret itself.
    #[error(
        "line {line}: the digest is no SHA-256 in 64 hexadecimal digits; `printf %s SECRET | sha256sum` writes one"
    )]
    Digest {
        /// From 1.
        line: usize,
    },
    /// There is nobody.
    #[error("no line names anybody, so nobody could fetch a list")]
    Nobody,
}

impl Credentials {
    /// Reads a file's text. Blank lines and those that begin with `#` are passed over.
    ///
    /// # Errors
    /// With the first line that is wrong.
    pub fn parse(text: &str) -> Result<Self, CredentialsError> {
        let mut lines = Vec::new();
        for (at, text) in text.lines().enumerate() {
            let (line, text) = (at + 1, text.trim());
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let words: Vec<&str> = text.split_whitespace().collect();
            let &[scheme, name, digest] = &words[..] else { return Err(CredentialsError::Form { line }) };
            let scheme = match scheme {
                "basic" => Scheme::Basic,
                "bearer" => Scheme::Bearer,
                _ => return Err(CredentialsError::Form { line }),
            };
            if name.contains(':') || name.chars().any(|c| c.is_control() || c == '"') {
                return Err(CredentialsError::Form { line });
            }
            if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(CredentialsError::Digest { line });
            }
            lines.push(Line { scheme, name: name.to_owned(), digest: digest.to_ascii_lowercase() });
        }
        if lines.is_empty() { Err(CredentialsError::Nobody) } else { Ok(Self(lines)) }
    }

    /// Whose credentials a header has; nothing where they are nobody's. Every line is compared, each in a time that does
    /// not depend on how much of it is right.
    pub fn who(&self, authorization: &HeaderValue) -> Option<&str> {
        let text = authorization.to_str().ok()?;
        let (scheme, rest) = text.split_once(' ')?;
        let rest = rest.trim();
        let (scheme, name, secret) = if scheme.eq_ignore_ascii_case("basic") {
            let decoded = STANDARD.decode(rest).ok()?;
            let (name, secret) = String::from_utf8(decoded)
                .ok()?
                .split_once(':')
                .map(|(name, secret)| (name.to_owned(), secret.to_owned()))?;
            (Scheme::Basic, Some(name), secret)
        } else if scheme.eq_ignore_ascii_case("bearer") {
            (Scheme::Bearer, None, rest.to_owned())
        } else {
            return None;
        };
        let digest = sha256(secret.as_bytes());
        let mut found = None;
        for line in &self.0 {
            let of_name = name.as_ref().is_none_or(|name| *name == line.name);
            let applies = Choice::from(u8::from(line.scheme == scheme && of_name));
            if bool::from(digest.as_bytes().ct_eq(line.digest.as_bytes()) & applies) {
                found = Some(line.name.as_str());
            }
        }
        found
    }

    /// What an answer asks for, as `WWW-Authenticate`.
    pub fn challenge(&self) -> HeaderValue {
        let mut text = String::new();
        for (scheme, name) in [(Scheme::Basic, "Basic"), (Scheme::Bearer, "Bearer")] {
            if self.0.iter().any(|line| line.scheme == scheme) {
                let comma = if text.is_empty() { "" } else { ", " };
                let _ = write!(text, "{comma}{name} realm=\"thruway\"");
            }
        }
        HeaderValue::from_str(&text).expect("internal error: a header of plain characters")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> HeaderValue {
        HeaderValue::from_str(text).unwrap()
    }

    #[test]
    fn a_secret_is_known_by_its_digest_and_only_with_its_name() {
        let text = format!(
            "# firewalls\nbasic fw1 {}\nbasic fw2 {}\nbearer sync {}\n",
            sha256(b"one"),
            sha256(b"two").to_uppercase(),
            sha256(b"three")
        );
        let credentials = Credentials::parse(&text).unwrap();
        let basic = |text: &str| header(&format!("Basic {}", STANDARD.encode(text)));
        for (sent, want) in [
            (basic("fw1:one"), Some("fw1")),
            (basic("fw2:two"), Some("fw2")),
            (basic("fw1:two"), None),
            (basic("fw1:"), None),
            (basic("fw1"), None),
            (basic("sync:three"), None),
            (header("bearer three"), Some("sync")),
            (header("Bearer one"), None),
            (header("Basic ????"), None),
            (header("Bearer"), None),
            (header("Digest three"), None),
        ] {
            assert_eq!(credentials.who(&sent), want, "{sent:?}");
        }
        assert_eq!(credentials.challenge(), "Basic realm=\"thruway\", Bearer realm=\"thruway\"");
    }

    #[test]
    fn a_file_that_holds_a_secret_is_refused_without_repeating_it() {
        let digest = sha256(b"x");
        for (text, want) in [
            ("basic fw1 hunter2".to_owned(), CredentialsError::Digest { line: 1 }),
            (format!("\nfw1 {digest}"), CredentialsError::Form { line: 2 }),
            (format!("digest fw1 {digest}"), CredentialsError::Form { line: 1 }),
            (format!("basic a:b {digest}"), CredentialsError::Form { line: 1 }),
            ("# nobody\n".to_owned(), CredentialsError::Nobody),
        ] {
            let error = Credentials::parse(&text).unwrap_err();
            assert_eq!(error, want);
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
