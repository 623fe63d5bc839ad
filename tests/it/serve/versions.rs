//! Never worse than yesterday.

use super::*;

fn version(server: &Running) -> String {
    server.status()["sites"][0]["version"].as_str().unwrap().to_owned()
}

#[test]
fn a_change_is_served_and_what_is_worse_is_not() {
    let site = Site::new("");
    let server = site.start();
    let first = version(&server);
    let pac = server.get("/proxy.pac");
    // A change that is one.
    site.write("list.csv", &list(13));
    server.until("the change is served", || version(&server) != first);
    let second = version(&server);
    assert!(server.get("/proxy.pac").text().contains("h12.example.com"));
    assert_ne!(server.get("/proxy.pac").header("etag"), pac.header("etag"));
    let served = server.get("/proxy.pac").body;
    let is_stale = || server.metric("thruway_stale{site=\"main\"}") == "1";
    let problem = || server.status()["sites"][0]["last"]["problem"].as_str().unwrap_or_default().to_owned();
    assert!(!is_stale());
    for (what, name, text, want) in [
        ("no list", "list.csv", "<html>Sign in</html>".to_owned(), "list.csv"),
        ("an empty list", "list.csv", "Endpoint/URL,Port,Geography\n".to_owned(), ""),
        ("a list of fewer than half", "list.csv", list(6), "would shrink from 13 to 6 rules"),
        ("a broken profile", "p.yaml", "version: [".to_owned(), "p.yaml"),
        ("no proxy", "p.yaml", PROFILE.replace("proxies", "# proxies"), "names no proxy"),
        (
            "a wildcard over a registry",
            "list.csv",
            "Endpoint/URL,Port,Geography\n*.co.uk,443,WW\n".to_owned(),
            "deny",
        ),
    ] {
        site.write(name, &text);
        server.until(what, || is_stale() && problem().contains(want));
        assert!(server.get("/proxy.pac").body == served, "{what}");
        assert_eq!(version(&server), second, "{what}");
        let ready = server.get("/readyz");
        assert_eq!(ready.status, 200, "{what}: an older version is better than none");
        assert!(ready.text().contains("last good version"), "{what}");
        assert!(!ready.text().contains("list.csv"), "{what}: why, is not for everybody");
        site.write("list.csv", &list(13));
        site.write("p.yaml", PROFILE);
        server.until("it is good again", || !is_stale());
        assert_eq!(server.get("/readyz").text(), "ready\n");
    }
    let log = fs::read_to_string(&server.log).unwrap();
    assert!(log.contains("would shrink from 13 to 6 rules"), "{log}");
    assert_eq!(version(&server), second, "what is the same again is no new version");
}

#[test]
fn fewer_rules_are_taken_from_somebody_who_says_so() {
    let site = Site::new("");
    let server = site.start();
    site.write("list.csv", &list(3));
    let refused = server.admin("POST", "/-/reload");
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("would shrink from 12 to 3 rules"), "{}", refused.text());
    assert!(server.get("/proxy.pac").text().contains("h11.example.com"));
    assert_eq!(server.admin("POST", "/-/reload?accept-shrink").status, 200);
    assert!(!server.get("/proxy.pac").text().contains("h11.example.com"));
    // Nothing at all is taken from nobody.
    site.write("list.csv", "Endpoint/URL,Port,Geography\n");
    assert_eq!(server.admin("POST", "/-/reload?accept-shrink").status, 409);
    assert!(server.get("/proxy.pac").text().contains("h2.example.com"));
}

#[test]
fn a_restart_serves_what_was_served_whatever_the_source_is_by_now() {
    let site = Site::new("");
    let first = site.start();
    let (served, pac) = (version(&first), first.get("/proxy.pac"));
    // Without a chance to say goodbye.
    drop(first);
    for (name, text) in [("list.csv", "<html>"), ("p.yaml", "version: [")] {
        site.write(name, text);
        let server = site.start();
        let again = server.get("/proxy.pac");
        assert!(again.body == pac.body, "{name}");
        assert_eq!(again.header("etag"), pac.header("etag"));
        assert_eq!(again.header("last-modified"), pac.header("last-modified"));
        assert_eq!(version(&server), served);
        server.until("it says so", || server.get("/readyz").text().contains("last good version"));
    }
    fs::remove_file(site.path().join("list.csv")).unwrap();
    fs::remove_file(site.path().join("p.yaml")).unwrap();
    let server = site.start();
    assert!(server.get("/proxy.pac").body == pac.body);
    drop(server);
    // One version is damaged, and it was the only one.
    let file = site.path().join("state/main/versions").join(&served).join("files/proxy.pac");
    fs::write(file, "function").unwrap();
    let output = site.command(&["--listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("is damaged") && said.contains("no earlier version"), "{said}");
}

#[test]
fn a_server_that_is_killed_while_versions_change_loses_none() {
    let site = Site::new("");
    let mut newest = 0;
    for round in 0..4 {
        let server = site.start();
        let number = |version: &str| version.split('-').next().unwrap().parse::<u64>().unwrap();
        let now = number(&version(&server));
        assert!(now >= newest, "round {round}: {now} after {newest}");
        newest = now;
        for count in 0..3 {
            site.write("list.csv", &list(12 + round * 3 + count));
            // What is told to be served is there after the kill.
            server.admin("POST", "/-/reload");
            newest = number(&version(&server));
        }
        assert_eq!(server.get("/proxy.pac").status, 200);
    }
    assert!(newest >= 10, "{newest}");
    let names = fs::read_dir(site.path().join("state/main/versions")).unwrap().count();
    assert!(names <= 10, "{names}: the history is bounded");
}

#[test]
fn a_placeholder_is_no_proxy() {
    let site = Site::new("");
    site.write("p.yaml", "version: 1\nsources: [{ file: list.csv }]\n");
    let output = site.command(&["--listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the profile names no proxy"), "{said}");
    assert!(output.stdout.is_empty(), "nothing was listened on");
}

#[test]
fn a_second_server_does_not_use_the_same_folder() {
    let site = Site::new("");
    let _server = site.start();
    let output = site.command(&["--listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("another server uses this folder"), "{said}");
}

#[test]
fn who_has_the_old_list_is_told() {
    let site = Site::new("serve: { trusted_proxies: [127.0.0.1] }\n");
    let server = site.start();
    let firewall = |address: &str| {
        let header = format!("X-Forwarded-For: 203.0.113.99, {address}");
        assert_eq!(server.get_with("/edl/allow/panos-url.txt", &[&header]).status, 200);
    };
    firewall("192.0.2.1");
    firewall("192.0.2.2");
    server.get_with("/proxy.pac", &["X-Forwarded-For: 192.0.2.3"]);
    site.write("list.csv", &list(14));
    assert_eq!(server.admin("POST", "/-/reload").status, 200);
    firewall("192.0.2.2");
    let output = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .args(["status", "--format", "json", "--admin", &server.admin.to_string()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    let site = &status["sites"][0];
    assert_eq!((&site["lists"]["clients"], &site["lists"]["current"]), (&2.into(), &1.into()));
    let behind = site["lists"]["behind"].as_array().unwrap();
    assert_eq!(
        (behind.len(), &behind[0]["client"], &behind[0]["version"]),
        (1, &"192.0.2.1".into(), &1.into())
    );
    assert_eq!((&site["devices"]["clients"], &site["devices"]["current"]), (&1.into(), &0.into()));
    assert_eq!(site["history"].as_array().unwrap().len(), 2);
    let output = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .args(["status", "--admin", &server.admin.to_string()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("ready\n") && said.contains("192.0.2.1"), "{said}");
}

#[cfg(unix)]
#[test]
fn signals_reload_and_drain() {
    let site = Site::new("");
    let log = site.path().join("access.log");
    let mut server = site.start_with(&["--listen", "127.0.0.1:0", "--access-log", "access.log"]);
    let first = version(&server);
    server.get_with("/proxy.pac?token=secret", &["User-Agent: a\"b", "Authorization: Bearer secret"]);
    server.until("a line is written", || fs::read_to_string(&log).unwrap_or_default().contains("/proxy.pac"));
    let line = fs::read_to_string(&log).unwrap();
    assert!(line.contains("\"GET /proxy.pac HTTP/1.1\" 200 ") && line.contains("a\\\"b"), "{line}");
    assert!(!line.contains("secret"), "{line}");
    fs::rename(&log, site.path().join("access.log.1")).unwrap();
    site.write("list.csv", &list(15));
    server.signal("-HUP");
    server.until("the change is served", || version(&server) != first);
    server.until("the log is a new one", || log.exists());
    // A connection that waits for its next request is ended, one that has asked is answered.
    let mut idle = connect(server.addresses[0]);
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut first_byte = [0];
    idle.read_exact(&mut first_byte).unwrap();
    server.signal("-TERM");
    let mut rest = String::new();
    let _ = idle.read_to_string(&mut rest);
    assert!(rest.ends_with("ok\n"), "{rest}");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    assert!(TcpStream::connect(server.addresses[0]).is_err());
}
