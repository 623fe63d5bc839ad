use super::folder::RECORD;
use super::*;
use crate::write::Files;

fn content(pac: &str) -> Content {
    Content {
        files: Files::from([
            ("proxy.pac".to_owned(), pac.as_bytes().to_vec()),
            ("edl/allow/domains.txt".to_owned(), b"a.example\n".to_vec()),
        ]),
        counts: Counts::from([("intent allow".to_owned(), 1)]),
        beside: Files::from([("ticket.md".to_owned(), format!("ticket of {pac}").into_bytes())]),
    }
}

fn kept_of(opened: &Opened) -> Option<&Kept> {
    opened.loaded.as_ref().map(|own| &own.kept)
}

fn open(dir: &Path) -> (Store, Opened) {
    Store::open(dir, 3).unwrap()
}

/// A store with these PACs, one version after the other.
fn filled(dir: &Path, pacs: &[&str]) -> Vec<Kept> {
    let (store, _) = open(dir);
    let mut kept: Vec<Kept> = Vec::new();
    for (at, pac) in pacs.iter().enumerate() {
        let now = 100 * (at as u64 + 1);
        kept.push(store.add(content(pac), kept.last(), now, None).unwrap().kept);
    }
    kept
}

#[test]
fn the_last_version_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (_, opened) = open(dir.path());
    assert!(opened.loaded.is_none() && opened.damage.is_empty());
    let kept = filled(dir.path(), &["one", "two"]);
    assert_eq!((kept[0].id.number(), kept[1].id.number()), (1, 2));
    let modified = kept[1].modified();
    assert_eq!(
        (modified["proxy.pac"], modified["edl/allow/domains.txt"]),
        (200, 100),
        "what is as it was keeps its date"
    );
    let (_, opened) = open(dir.path());
    assert_eq!((kept_of(&opened), &opened.damage[..]), (kept.last(), &[][..]));
}

#[test]
fn the_history_is_bounded_and_holds_the_current_version() {
    let dir = tempfile::tempdir().unwrap();
    let kept = filled(dir.path(), &["1", "2", "3", "4", "5"]);
    let (store, _) = open(dir.path());
    let ids = |store: &Store| -> Vec<String> {
        store.history().unwrap().into_iter().map(|listed| listed.id).collect()
    };
    let want: Vec<String> = [4, 3, 2].map(|at| kept[at].id.to_string()).into();
    assert_eq!(ids(&store), want);
    // Back to an old one, which then is not pruned, and the next number is a new one.
    store.point_at(&kept[2].id).unwrap();
    let (store, opened) = open(dir.path());
    assert_eq!(kept_of(&opened), Some(&kept[2]));
    let next = store.add(content("6"), kept_of(&opened), 900, None).unwrap().kept;
    assert_eq!(next.id.number(), 6);
    assert_eq!(ids(&store).len(), 3);
}

#[test]
fn damage_falls_back_to_the_version_before() {
    type Harm = fn(&Path, &Kept);
    let harms: [(&str, Harm); 7] = [
        ("a short file", |dir, kept| {
            fs::write(dir.join(VERSIONS).join(kept.id.to_string()).join("files/proxy.pac"), "tw").unwrap();
        }),
        ("an edited file", |dir, kept| {
            fs::write(dir.join(VERSIONS).join(kept.id.to_string()).join("files/proxy.pac"), "tWo").unwrap();
        }),
        ("a long file", |dir, kept| {
            fs::write(dir.join(VERSIONS).join(kept.id.to_string()).join("files/proxy.pac"), "two, and more")
                .unwrap();
        }),
        ("a lost file", |dir, kept| {
            fs::remove_file(dir.join(VERSIONS).join(kept.id.to_string()).join("files/proxy.pac")).unwrap();
        }),
        ("a lost record", |dir, kept| {
            fs::remove_file(dir.join(VERSIONS).join(kept.id.to_string()).join(RECORD)).unwrap();
        }),
        ("half a record", |dir, kept| {
            fs::write(dir.join(VERSIONS).join(kept.id.to_string()).join(RECORD), "{\"id\":").unwrap();
        }),
        ("a record that leads out", |dir, kept| {
            let path = dir.join(VERSIONS).join(kept.id.to_string()).join(RECORD);
            let text = fs::read_to_string(&path).unwrap();
            fs::write(dir.join("proxy.pac"), "two").unwrap();
            fs::write(path, text.replace("\"proxy.pac\"", "\"../../../proxy.pac\"")).unwrap();
        }),
    ];
    for (name, harm) in harms {
        let dir = tempfile::tempdir().unwrap();
        let kept = filled(dir.path(), &["one", "two"]);
        harm(dir.path(), &kept[1]);
        let (store, opened) = open(dir.path());
        assert_eq!(kept_of(&opened), Some(&kept[0]), "{name}");
        assert_eq!(opened.damage.len(), 1, "{name}: {:?}", opened.damage);
        let next = store.add(content("three"), kept_of(&opened), 300, None).unwrap().kept;
        assert_eq!(next.id.number(), 3, "{name}: no number is used twice");
    }
}

#[test]
fn a_lost_or_broken_pointer_costs_nothing() {
    for pointer in [None, Some(""), Some("../../etc"), Some("000009-000000000000\n")] {
        let dir = tempfile::tempdir().unwrap();
        let kept = filled(dir.path(), &["one", "two"]);
        match pointer {
            None => fs::remove_file(dir.path().join(CURRENT)).unwrap(),
            Some(text) => fs::write(dir.path().join(CURRENT), text).unwrap(),
        }
        let (_, opened) = open(dir.path());
        assert_eq!(kept_of(&opened), kept.last(), "{pointer:?}");
        assert_eq!(opened.damage.len(), 1, "{pointer:?}: {:?}", opened.damage);
    }
}

#[test]
fn what_a_killed_run_left_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let kept = filled(dir.path(), &["one"]);
    let left = dir.path().join(VERSIONS).join(format!("{SCRATCH}x/files"));
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("proxy.pac"), "half").unwrap();
    let (_, opened) = open(dir.path());
    assert_eq!(kept_of(&opened), kept.last());
    assert!(!left.exists());
}

#[test]
fn two_servers_do_not_share_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let held = lock(dir.path()).unwrap();
    assert!(lock(dir.path()).unwrap_err().to_string().contains("another server"));
    drop(held);
    lock(dir.path()).unwrap();
}

#[test]
fn what_waits_is_there_after_a_restart_and_never_served_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let kept = filled(dir.path(), &["one"]);
    let (store, _) = open(dir.path());
    store.hold(content("two"), kept.last(), 200).unwrap();
    let waiting = store.hold(content("three"), kept.last(), 300).unwrap();
    let (store, opened) = open(dir.path());
    assert_eq!((kept_of(&opened), opened.waiting.as_ref()), (kept.last(), Some(&waiting)));
    let ticket = store.waiting_file(&waiting.id, "ticket.md");
    assert_eq!(ticket.as_deref(), Some(&b"ticket of three"[..]));
    assert_eq!(store.waiting_file(&waiting.id, "../version.json"), None);
    // The version that is served is damaged, and there is no other.
    let file = dir.path().join(VERSIONS).join(kept[0].id.to_string()).join("files/proxy.pac");
    let good = fs::read(&file).unwrap();
    fs::write(&file, "x").unwrap();
    let (_, opened) = open(dir.path());
    assert_eq!((kept_of(&opened), opened.waiting.as_ref()), (None, Some(&waiting)));
    fs::write(&file, good).unwrap();
    let admitted = store.admit(&waiting.id, kept.last(), 400).unwrap().kept;
    assert_eq!(admitted.id, waiting.id, "nothing was served meanwhile");
    assert_eq!(admitted.modified()["edl/allow/domains.txt"], 100);
    let (_, opened) = open(dir.path());
    assert_eq!((kept_of(&opened), opened.waiting.as_ref()), (Some(&admitted), None));
}

#[test]
fn what_was_admitted_before_a_kill_does_not_wait_again() {
    let dir = tempfile::tempdir().unwrap();
    let kept = filled(dir.path(), &["one"]);
    let (store, _) = open(dir.path());
    store.hold(content("two"), kept.last(), 200).unwrap();
    store.add(content("two"), kept.last(), 300, None).unwrap();
    let (_, opened) = open(dir.path());
    assert_eq!(opened.waiting, None);
    assert_eq!(fs::read_dir(dir.path().join(WAITING)).unwrap().count(), 0);
}

#[test]
fn numbers_grow_whatever_waits_or_is_gone_back_to() {
    let dir = tempfile::tempdir().unwrap();
    let kept = filled(dir.path(), &["one", "two"]);
    let (store, _) = open(dir.path());
    let waiting = store.hold(content("three"), kept.last(), 300).unwrap();
    let old = store.load(&kept[0].id).unwrap().content;
    let back = store.add(old, kept.last(), 400, Some(kept[0].id.clone())).unwrap().kept;
    assert!(back.id.has_same_content(&kept[0].id));
    let modified = back.modified()["proxy.pac"];
    assert_eq!((back.id.number(), modified), (3, 400), "a client is told that it changed");
    let at_once = store.add(content("four"), Some(&back), 400, None).unwrap().kept;
    assert_eq!(at_once.modified()["proxy.pac"], 401, "in the same second, too");
    let (store, opened) = open(dir.path());
    assert_eq!(kept_of(&opened), Some(&at_once));
    assert_eq!(store.before(&kept[1].id).unwrap(), None, "the first is pruned");
    assert_eq!(store.before(&back.id).unwrap(), Some(kept[1].id.clone()));
    assert_eq!(store.admit(&waiting.id, Some(&at_once), 500).unwrap().kept.id.number(), 5);
}

#[test]
fn a_pin_outlives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (store, opened) = open(dir.path());
    assert_eq!(opened.pinned, None);
    store.pin(700).unwrap();
    assert_eq!(open(dir.path()).1.pinned, Some(700));
    fs::write(dir.path().join(PINNED), "?").unwrap();
    assert_eq!(open(dir.path()).1.pinned, Some(0), "a mark that cannot be read is one");
    store.release().unwrap();
    store.release().unwrap();
    assert_eq!(open(dir.path()).1.pinned, None);
}
