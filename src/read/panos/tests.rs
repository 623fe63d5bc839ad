//! PAN-OS is read as PAN-OS reads: what its documents say, and what people write.

mod languages;
mod rules;

use super::*;
use crate::model::{Intent, Request};

fn texts(files: &[(&str, &str)]) -> Texts {
    files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

fn read_files(files: &[(&str, &str)]) -> Reading {
    read(&texts(files))
}

/// Commands with rules to which zones, sources and the like do not matter.
fn commands(text: &str) -> Reading {
    read_files(&[("fw.txt", &expanded(text))])
}

/// `ALLOW x` and the like as commands: `any` where nothing else is said.
fn expanded(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = line.trim();
        let (policy, action) = match line.split(' ').next() {
            Some("ALLOW") => ("security", "application any service any action allow"),
            Some("DENY") => ("security", "application any service any action deny"),
            Some("DECRYPT") => ("decryption", "action decrypt"),
            Some("NODECRYPT") => ("decryption", "action no-decrypt"),
            Some("ASK") => ("authentication", "authentication-enforcement default-web-form"),
            Some("NOASK") => ("authentication", "authentication-enforcement default-no-captive-portal"),
            _ => {
                out.push_str(line);
                out.push('\n');
                continue;
            }
        };
        let (_, rest) = line.split_once(' ').unwrap();
        let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let rule = format!("set rulebase {policy} rules {name}");
        // On one line with the rest, so that lines keep their numbers.
        let destination = if rest.contains("destination ") { "" } else { " destination any" };
        let action =
            if rest.contains("service ") { action.replace("service any ", "") } else { action.to_owned() };
        let action =
            if rest.contains("application ") { action.replace("application any ", "") } else { action };
        out.push_str(&format!("{rule} from any to any source any{destination} {action} {rest}\n"));
    }
    out
}

fn grants(reading: &Reading, intent: Intent, url: &str) -> bool {
    let request: Request = url.parse().unwrap();
    reading.rulebases[&intent].index().at(&request.host).grants(&request)
}

/// The URLs of some that are granted.
fn granted<'u>(reading: &Reading, intent: Intent, urls: &[&'u str]) -> Vec<&'u str> {
    urls.iter().copied().filter(|url| grants(reading, intent, url)).collect()
}

fn told(reading: &Reading) -> Vec<String> {
    let troubles = reading.troubles.iter();
    troubles.map(|trouble| format!("{} {:?}: {}", trouble.place, trouble.kind, trouble.what)).collect()
}
