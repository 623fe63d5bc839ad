use std::fs;

use super::*;

mod faults;

/// These files with a manifest that names them.
fn files(names: &[(&str, &str)]) -> Files {
    let artifacts: Vec<_> = names.iter().map(|(path, _)| serde_json::json!({ "path": path })).collect();
    let manifest = serde_json::json!({
        "profile": "x", "sources": [], "targets": [{ "artifacts": artifacts }], "findings": [],
    });
    let mut files: Files =
        names.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    files.insert(MANIFEST.to_owned(), manifest.to_string().into_bytes());
    files
}

/// What stands in a folder now; nothing where there is none.
fn content(dir: &Path) -> Option<Files> {
    dir.is_dir()
        .then(|| names(dir).unwrap().into_iter().map(|name| (name.clone(), read(&dir.join(name)))).collect())
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

/// The names of what stands in a folder, hidden names too.
fn beside(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = System.list(dir).unwrap().into_iter().map(|(name, _)| name).collect();
    names.sort();
    names
}

#[test]
fn a_folder_is_replaced_as_a_whole() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("deep/out");
    replace(&dir, &files(&[("a/old.txt", "1")])).unwrap();
    let new = files(&[("a/new.txt", "2")]);
    replace(&dir, &new).unwrap();
    assert_eq!(content(&dir), Some(new));
    assert_eq!(beside(dir.parent().unwrap()), ["out"], "no scratch folder is left beside it");
}

#[test]
fn somebody_elses_folder_is_never_replaced() {
    let root = tempfile::tempdir().unwrap();
    for (case, (name, text)) in
        [("notes.txt", "mine"), (MANIFEST, r#"{"name":"a web app"}"#), (MANIFEST, "{")].iter().enumerate()
    {
        let dir = root.path().join(case.to_string());
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join(name), text).unwrap();
        let error = replace(&dir, &files(&[])).unwrap_err();
        assert!(matches!(error, WriteError::Foreign { .. }), "{error}");
        assert_eq!(read(&dir.join(name)), text.as_bytes());
    }
    let file = root.path().join("file");
    fs::write(&file, "x").unwrap();
    for dir in [file.clone(), file.join("out")] {
        let error = replace(&dir, &files(&[])).unwrap_err();
        assert_eq!(error.to_string(), format!("{} is not a folder", file.display()));
    }
}

#[test]
fn what_somebody_put_into_the_folder_is_never_removed() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("out");
    replace(&dir, &files(&[("squid/a", "1"), ("squid/b", "1")])).unwrap();
    // An edited artifact and a lost one are no reason to refuse.
    fs::write(dir.join("squid/a"), "edited").unwrap();
    fs::remove_file(dir.join("squid/b")).unwrap();
    fs::create_dir_all(dir.join(".git/objects")).unwrap();
    for name in [".git/HEAD", ".git/config", "squid/mine.conf", "z\u{1b}.txt"] {
        fs::write(dir.join(name), "mine").unwrap();
    }
    let before = content(&dir);
    let error = replace(&dir, &files(&[("squid/a", "2")])).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{} holds what thruway did not write: `.git/HEAD`, `.git/config`, `squid/mine.conf` and 1 more; \
             move it elsewhere, or choose another --out",
            dir.display()
        )
    );
    assert_eq!(content(&dir), before);
    for name in [".git/HEAD", ".git/config", "squid/mine.conf", "z\u{1b}.txt"] {
        fs::remove_file(dir.join(name)).unwrap();
    }
    replace(&dir, &files(&[("squid/a", "2")])).unwrap();
}

#[test]
fn a_failure_half_way_leaves_the_old_folder() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("out");
    let old = files(&[("a.txt", "1")]);
    replace(&dir, &old).unwrap();
    // A path that is unsafe comes after files that were written already.
    let error = replace(&dir, &files(&[("z/../../evil", "2")])).unwrap_err();
    assert!(matches!(error, WriteError::Path { .. }), "{error}");
    assert_eq!(content(&dir), Some(old));
    assert_eq!(beside(root.path()), ["out"]);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_stays() {
    use std::os::unix::fs::symlink;
    let root = tempfile::tempdir().unwrap();
    let (served, link) = (root.path().join("srv/policy"), root.path().join("out"));
    fs::create_dir_all(&served).unwrap();
    symlink("srv/policy", &link).unwrap();
    let new = files(&[("a.txt", "1")]);
    for named in [link.clone(), link.join("")] {
        replace(&named, &new).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(content(&served).as_ref(), Some(&new));
    }
    fs::remove_dir_all(&served).unwrap();
    let error = replace(&link, &new).unwrap_err();
    assert!(matches!(error, WriteError::DanglingLink { .. }), "{error}");
    assert_eq!(beside(root.path()), ["out", "srv"]);
}

#[test]
fn changes_are_told_by_file() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("out");
    replace(&dir, &files(&[("a/x", "1"), ("a/y", "1")])).unwrap();
    let mut new = files(&[("a/x", "2"), ("a/z", "1")]);
    new.insert(MANIFEST.to_owned(), read(&dir.join(MANIFEST)));
    let want = [("a/x", Change::Changed), ("a/y", Change::Removed), ("a/z", Change::Added)];
    assert_eq!(changes(&dir, &new).unwrap(), want.map(|(name, change)| (name.to_owned(), change)).into());
}

#[test]
fn paths_stay_inside_the_folder() {
    for name in ["", "/a", "a//b", "../a", "a/../b", ".a", "a\\b", "a b", "a/", "ä", "C:a"] {
        assert!(!is_safe(name), "{name}");
    }
    assert!(is_safe("squid/allow.https-443.dstdomain"));
}
