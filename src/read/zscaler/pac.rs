//! The conditions of a forwarding PAC file, as this program writes them: the text around them is known by its
//! SHA-256, and each condition by its form. Anything else is a program, which nobody reads here.

use sha2::{Digest, Sha256};

use super::Zscaler;
use super::value::Troubles;
use crate::model::{HostPattern, RequestPattern};
use crate::read::{Item, TroubleKind};
use crate::text;

/// Of the lines that are neither comments nor conditions.
///
/// They make `name` of the host, in lower case and without a dot at the end, and return `DIRECT` where a
/// condition holds.
const PROGRAM: &str = "f6abab2bfd542b555cd197940290bc53bce7a4260aaed80f7195e5a5eeae7b9d";

/// Where the conditions begin, and where they end.
const BEGIN: &str = "  if (";
const END: &str = "  ) {";
/// Characters of a text in a message.
const SHOWN: usize = 100;

/// Reads a text into what is known of a tenant.
pub(super) fn read(text: &str, zscaler: &mut Zscaler, troubles: &mut Troubles<'_>) {
    let mut program = Sha256::new();
    let mut items = Vec::new();
    let mut within = false;
    let mut has_condition = false;
    // JavaScript ends lines elsewhere too; a text of printable ASCII has no such place.
    if let Some((line, _)) =
        (1..).zip(text.split('\n')).find(|(_, line)| !line.chars().all(|c| matches!(c, ' '..='~')))
    {
        return troubles.add(TroubleKind::NotUnderstood, line, "a character that is not of plain text");
    }
    let mut lines = text.lines().zip(1..).skip_while(|(line, _)| line.starts_with("//")).peekable();
    while let Some((line, number)) = lines.next() {
        within = within && line != END;
        has_condition |= within;
        if within {
            let is_last = lines.peek().is_none_or(|(next, _)| *next == END);
            let own = if is_last { Some(line) } else { line.strip_suffix(" ||") };
            match own.and_then(|own| hosts(own.trim_start())) {
                Some(hosts) => items.extend(hosts.into_iter().map(|host| Item {
                    pattern: RequestPattern::any_service(host),
                    place: troubles.place(number),
                })),
                None => {
                    let what = format!("a condition that is not understood: `{}`", text::shown(line, SHOWN));
                    troubles.add(TroubleKind::NotUnderstood, number, what);
                }
            }
        } else {
            program.update(line);
            program.update("\n");
            within = line == BEGIN;
        }
    }
    let digest: String = program.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if digest != PROGRAM || !text.ends_with('\n') {
        let what = format!(
            "a program that is not known here: its SHA-256 without comments and conditions is {digest}"
        );
        troubles.add(TroubleKind::NotUnderstood, 0, what);
    } else if !has_condition {
        troubles.add(TroubleKind::Refused, 0, "no condition, which is no program");
    } else {
        zscaler.direct.get_or_insert_with(|| (troubles.place(0), Vec::new())).1.extend(items);
    }
}

/// The hosts of a condition: terms with `||` between.
fn hosts(condition: &str) -> Option<Vec<HostPattern>> {
    condition.split(" || ").map(term).collect()
}

fn term(term: &str) -> Option<HostPattern> {
    let quoted =
        |text: &str| text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map(str::to_owned);
    // What has capital letters is never equal to a name in lower case.
    let read = |text: &str| {
        let is_name =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_*".contains(&byte);
        text.bytes().all(is_name).then(|| text.parse::<HostPattern>().ok()).flatten()
    };
    if let Some(name) = term.strip_prefix("name == ") {
        return quoted(name)
            .filter(|name| !name.starts_with('.') && !name.contains('*'))
            .and_then(|name| read(&name));
    }
    if let Some(suffix) = term.strip_prefix("dnsDomainIs(name, ").and_then(|rest| rest.strip_suffix(')')) {
        // The end of the name, at a dot only where one is written.
        return quoted(suffix)
            .filter(|suffix| !suffix.contains('*'))
            .and_then(|suffix| read(&format!("*{suffix}")));
    }
    let expression = term.strip_prefix('/')?.strip_suffix("$/.test(name)")?;
    let (anchored, expression) = match expression.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, expression),
    };
    let mut text = if anchored { String::new() } else { "*".to_owned() };
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        rest = if let Some(rest) = rest.strip_prefix("\\.") {
            text.push('.');
            rest
        } else if let Some(rest) = rest.strip_prefix("[^.]+") {
            text.push('*');
            rest
        } else if first.is_ascii_lowercase() || first.is_ascii_digit() || matches!(first, '-' | '_') {
            text.push(first);
            &rest[1..]
        } else {
            return None;
        };
    }
    let pattern = read(&text)?;
    // `[^.]+` in front of a dot is one label, and a star there any number.
    let is_as_written = match &pattern {
        HostPattern::TextSuffix(_) => !anchored,
        HostPattern::LabelGlob(_) | HostPattern::Exact(_) => anchored,
        HostPattern::Subtree(_) | HostPattern::Descendants(_) | HostPattern::Address(_) => false,
    };
    is_as_written.then_some(pattern)
}
