//! Compiles what is slow to parse and part of the program: the public suffix list into a table for
//! binary search, since most runs ask it a handful of questions, and the tables in YAML into JSON, which
//! takes a tenth of the time to read.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

#[path = "src/suffix/bits.rs"]
mod bits;

const LIST: &str = "data/public_suffix_list.dat";

/// Where the tables in YAML are, beside the folder of every target.
const TABLES: [&str; 3] = ["data", "data/catalog", "data/messages"];

/// One folder per target, with its `target.yaml`.
const TARGETS: &str = "targets";

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("tables.rs"), tables_source()?)?;
    println!("cargo:rerun-if-changed={LIST}");
    println!("cargo:rerun-if-changed=src/suffix/bits.rs");
    println!("cargo:rerun-if-changed=build.rs");
    let text = fs::read_to_string(LIST).map_err(|error| format!("{LIST}: {error}"))?;
    // What the library refuses is not the list, or not a list that our reading can be tested against.
    text.parse::<publicsuffix::List>().map_err(|error| format!("{LIST}: {error}"))?;
    let table = table_source(&parse(&text)?)?;
    fs::write(out.join("public_suffixes.rs"), table)?;
    Ok(())
}

/// Rust source of all tables in YAML, as JSON, by path.
fn tables_source() -> Result<String, Box<dyn Error>> {
    let mut tables = BTreeMap::new();
    let mut paths = Vec::new();
    for folder in TABLES {
        println!("cargo:rerun-if-changed={folder}");
        let tables = names_in(folder)?.into_iter().filter(|name| name.ends_with(".yaml"));
        paths.extend(tables.map(|name| format!("{folder}/{name}")));
    }
    println!("cargo:rerun-if-changed={TARGETS}");
    for target in names_in(TARGETS)? {
        let path = format!("{TARGETS}/{target}/target.yaml");
        println!("cargo:rerun-if-changed={path}");
        paths.push(path);
    }
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let table: serde_json::Value =
            serde_yaml::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
        tables.insert(path, table.to_string());
    }
    let tables: Vec<(String, String)> = tables.into_iter().collect();
    Ok(format!("static TABLES: &[(&str, &str)] = &{tables:?};\n"))
}

fn names_in(folder: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{folder}: {error}"))? {
        names.push(entry?.file_name().into_string().map_err(|name| format!("{folder}/{name:?}"))?);
    }
    Ok(names)
}

/// The rules by name: labels from the right, with blanks between. A blank sorts before every octet of a
/// label, so that a name stands directly before everything below it.
fn parse(text: &str) -> Result<BTreeMap<String, u8>, Box<dyn Error>> {
    let mut rules = BTreeMap::new();
    let mut private = None;
    for (line, number) in text.lines().zip(1..) {
        if line.starts_with("// ===BEGIN ICANN DOMAINS===") {
            private = Some(false);
        } else if line.starts_with("// ===BEGIN PRIVATE DOMAINS===") {
            private = Some(true);
        }
        let Some(rule) = line.split_whitespace().next().filter(|rule| !rule.starts_with("//")) else {
            continue;
        };
        let private = private.ok_or_else(|| format!("{LIST}:{number}: rule before any section"))?;
        let (name, kind) = match (rule.strip_prefix('!'), rule.strip_prefix("*.")) {
            (Some(name), _) => (name, bits::EXCEPTION),
            (None, Some(name)) => (name, bits::WILDCARD),
            (None, None) => (rule, bits::NORMAL),
        };
        let ascii = idna::domain_to_ascii_strict(name)
            .map_err(|_| format!("{LIST}:{number}: `{rule}` is no name with at most a leading star"))?;
        let key = ascii.rsplit('.').collect::<Vec<_>>().join(" ");
        let entry: &mut u8 = rules.entry(key).or_default();
        if *entry & kind != 0 {
            return Err(format!("{LIST}:{number}: `{rule}` stands there twice").into());
        }
        *entry |= kind | if private { bits::private(kind) } else { 0 };
    }
    Ok(rules)
}

/// Rust source of the table: one text of all keys, where each begins, and the rules of each.
fn table_source(rules: &BTreeMap<String, u8>) -> Result<String, Box<dyn Error>> {
    let depth = rules.keys().map(|key| key.split(' ').count()).max().ok_or("the list has no rules")?;
    let mut keys = String::new();
    let mut starts = String::from("0");
    let mut flags = String::new();
    for (key, flag) in rules {
        keys.push_str(key);
        write!(starts, ",{}", keys.len())?;
        write!(flags, "{flag},")?;
    }
    let count = rules.len();
    Ok(format!(
        "const DEPTH: usize = {depth};\n\
         static KEYS: &str = {keys:?};\n\
         static STARTS: [u32; {}] = [{starts}];\n\
         static RULES: [u8; {count}] = [{flags}];\n",
        count + 1
    ))
}
