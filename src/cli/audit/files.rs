//! The files of a configuration: those that are named, and those that these name.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::read::{Texts, squid};

/// Most octets of one file: no product reads a configuration that is larger.
const MAX_FILE: u64 = 256 << 20;

/// The files of the command line, by the names that they have there.
pub(super) fn given(files: &[PathBuf]) -> Result<Texts, Failure> {
    let mut texts = Texts::new();
    for path in files {
        let failed = |error: std::io::Error| {
            let more = if path.is_dir() { "; name the file in it that the product starts from" } else { "" };
            Failure::Other(format!("cannot read {}: {error}{more}", path.display()))
        };
        let bytes = match path.as_os_str() == "-" {
            true => {
                let mut bytes = Vec::new();
                std::io::stdin().lock().take(MAX_FILE).read_to_end(&mut bytes).map_err(failed)?;
                bytes
            }
            false => read(path).map_err(failed)?,
        };
        texts.insert(path.display().to_string(), bytes);
    }
    Ok(texts)
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if metadata.len() > MAX_FILE {
        return Err(std::io::Error::other(format!(
            "{} octets, over the {MAX_FILE} that are read",
            metadata.len()
        )));
    }
    // A pipe is read to its end, and to no end that never comes.
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The main file of Squid: the first with rules that no other one names, else the first.
pub(super) fn squid_main(texts: &Texts) -> String {
    let texts_of = texts.values().map(|bytes| String::from_utf8_lossy(bytes));
    let named: Vec<String> = texts_of.flat_map(|text| squid::references(&text)).collect();
    let part = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let is_named = |name: &str| {
        named.iter().any(|reference| {
            let glob = globset::Glob::new(&part(reference)).map(|glob| glob.compile_matcher());
            glob.is_ok_and(|glob| glob.is_match(part(name)))
        })
    };
    let has_rules = |bytes: &Vec<u8>| {
        let text = String::from_utf8_lossy(bytes);
        text.lines().any(|line| line.trim_start().starts_with("http_access"))
    };
    let main = texts.iter().find(|(name, bytes)| has_rules(bytes) && !is_named(name));
    let main = main.or_else(|| texts.iter().find(|(_, bytes)| has_rules(bytes)));
    let main = main.or_else(|| texts.iter().next());
    main.map(|(name, _)| name.clone()).unwrap_or_default()
}

/// Adds the files that Squid's configuration names, where they lie in the folder of its main file or in a
/// folder there. Nothing is read elsewhere: the file is somebody else's, and may name any path.
pub(super) fn squid_references(main: &str, texts: &mut Texts) {
    let folder = Path::new(main).parent().map_or_else(PathBuf::new, Path::to_owned);
    let whole = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.clone() };
    let mut looked: BTreeSet<String> = BTreeSet::new();
    while let Some(name) = texts.keys().find(|name| !looked.contains(*name)).cloned() {
        looked.insert(name.clone());
        let text = String::from_utf8_lossy(&texts[&name]).into_owned();
        for reference in squid::references(&text) {
            for path in candidates(&folder, &reference) {
                let key = path.display().to_string();
                // A link may lead elsewhere.
                let is_inside = matches!(
                    (path.canonicalize(), whole.canonicalize()),
                    (Ok(path), Ok(whole)) if path.starts_with(&whole)
                );
                let is_there = is_inside && path.is_file() && !texts.contains_key(&key);
                if is_there && let Ok(bytes) = read(&path) {
                    texts.insert(key, bytes);
                }
            }
        }
    }
}

/// Where a file may lie that is named `/etc/squid/conf.d/*.conf` or `lists/allow`: `conf.d/…` or `lists/…` of the
/// folder, else the folder itself.
fn candidates(folder: &Path, reference: &str) -> Vec<PathBuf> {
    let parts: Vec<&str> = reference.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
    let Some((last, parents)) = parts.split_last() else { return Vec::new() };
    let mut folders = vec![folder.to_owned()];
    folders.extend(parents.last().map(|parent| folder.join(parent)));
    if !last.contains('*') {
        return folders.into_iter().map(|folder| folder.join(last)).collect();
    }
    let Ok(glob) = globset::Glob::new(last) else { return Vec::new() };
    let glob = glob.compile_matcher();
    let mut found = Vec::new();
    // Stars stand for files of a folder below, such as `conf.d`.
    for entry in
        folders.last().and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten()
    {
        if glob.is_match(entry.file_name()) {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_from_the_folder_of_the_configuration_alone() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("etc");
        std::fs::create_dir_all(folder.join("conf.d")).unwrap();
        let write = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
        write(&root.path().join("secret"), "secret.example");
        write(&folder.join("list"), "a.example");
        write(&folder.join("conf.d/one.conf"), "acl x dstdomain \"/etc/squid/list\"\n");
        write(&folder.join("conf.d/other.txt"), "");
        let main = folder.join("squid.conf").display().to_string();
        let text = "include /etc/squid/conf.d/*.conf\nacl y dstdomain \"../secret\"\nhttp_access deny all\n";
        let mut texts = Texts::from([(main.clone(), text.as_bytes().to_vec())]);
        assert_eq!(squid_main(&texts), main);
        squid_references(&main, &mut texts);
        let names: Vec<String> =
            texts.keys().map(|key| key.strip_prefix(folder.to_str().unwrap()).unwrap().to_owned()).collect();
        assert_eq!(names, ["/conf.d/one.conf", "/list", "/squid.conf"]);
    }
}
