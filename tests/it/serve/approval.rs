//! Who decides which version is served.

use super::*;

fn site_of(server: &Running) -> Value {
    server.status()["sites"][0].clone()
}

fn version(server: &Running) -> String {
    site_of(server)["version"].as_str().unwrap().to_owned()
}

fn waiting(server: &Running) -> Option<String> {
    Some(site_of(server)["waiting"]["id"].as_str()?.to_owned())
}

fn has(server: &Running, host: &str) -> bool {
    server.get("/proxy.pac").text().contains(&format!("{host}.example.com"))
}

#[test]
fn a_new_version_waits_with_its_ticket_until_it_is_approved() {
    let site = Site::new("update: { approval: required }\n");
    let server = site.start();
    let first = version(&server);
    assert_eq!(server.get("/readyz").text(), "ready\n", "who starts a server has approved the first version");
    site.write("list.csv", &list(13));
    assert_eq!(server.admin("POST", "/-/reload").status, 409);
    let waits = waiting(&server).unwrap();
    assert!(waits.starts_with("000002-"), "{waits}");
    assert!(!has(&server, "h12") && version(&server) == first);
    assert_eq!(server.get("/readyz").text(), "ready; a new version waits for approval\n");
    assert_eq!(server.metric("thruway_waiting{site=\"main\"}"), "1");
    assert_eq!(server.metric("thruway_stale{site=\"main\"}"), "0");
    // Its ticket is of what it changes, and of nothing else.
    let (code, ticket) = server.order(&["approve", &waits, "--show", "md"]);
    assert_eq!(code, Some(0), "{ticket}");
    assert!(ticket.contains("h12.example.com") && !ticket.contains("h3.example.com"), "{ticket}");
    assert!(ticket.contains(&first), "{ticket}");
    let (code, page) = server.order(&["approve", &waits, "--show", "html"]);
    assert!(code == Some(0) && page.to_ascii_lowercase().starts_with("<!doctype html>"), "{page}");
    let (code, said) = server.order(&["approve", &waits, "--show", "jira"]);
    assert!(code == Some(1) && said.contains("the profile says too little"), "{said}");
    let (code, said) = server.order(&["status"]);
    assert!(code == Some(1) && said.contains(&format!("{waits} waits for approval")), "{said}");
    assert_eq!(server.order(&["status", "--ready"]).0, Some(0));
    // The same again is the same version; a kill loses nothing.
    server.admin("POST", "/-/reload");
    assert_eq!(waiting(&server).as_ref(), Some(&waits));
    drop(server);
    let server = site.start();
    assert_eq!(waiting(&server).as_ref(), Some(&waits));
    assert!(!has(&server, "h12"));
    // What nobody has seen is not approved.
    site.write("list.csv", &list(14));
    server.until("the newer version waits", || waiting(&server).is_some_and(|own| own != waits));
    let (code, said) = server.order(&["approve", &waits]);
    assert!(code == Some(1) && said.contains("does not wait for approval"), "{said}");
    assert!(!has(&server, "h12"));
    let newer = waiting(&server).unwrap();
    let (code, said) = server.order(&["approve", &newer]);
    assert!(code == Some(0) && said.contains(&format!("serves {newer} in the place of {first}")), "{said}");
    assert!(has(&server, "h13") && waiting(&server).is_none());
    assert_eq!(server.get("/readyz").text(), "ready\n");
    assert_eq!(server.order(&["approve", &newer]).0, Some(1), "nothing waits");
    // Where the source goes back, nothing waits any more.
    site.write("list.csv", &list(15));
    server.until("a change waits", || waiting(&server).is_some());
    site.write("list.csv", &list(14));
    server.until("it is withdrawn", || waiting(&server).is_none());
    assert_eq!(version(&server), newer);
}

#[test]
fn what_is_refused_does_not_wait() {
    let site = Site::new("update: { approval: required }\n");
    let server = site.start();
    for text in [list(3), "<html>".to_owned()] {
        site.write("list.csv", &text);
        assert_eq!(server.admin("POST", "/-/reload").status, 409);
        assert_eq!(waiting(&server), None);
        assert!(server.get("/readyz").text().contains("last good version"));
    }
    site.write("list.csv", &list(3));
    server.admin("POST", "/-/reload?accept-shrink");
    let waits = waiting(&server).unwrap();
    assert!(has(&server, "h11"));
    assert_eq!(server.order(&["approve", &waits]).0, Some(0));
    assert!(!has(&server, "h11"));
}

#[test]
fn going_back_is_pinned_and_told_to_every_client() {
    let site = Site::new("");
    let server = site.start();
    let (code, said) = server.order(&["rollback"]);
    assert!(code == Some(1) && said.contains("no older version to go back to"), "{said}");
    let first = server.get("/proxy.pac");
    for count in [13, 14] {
        site.write("list.csv", &list(count));
        assert_eq!(server.admin("POST", "/-/reload").status, 200);
    }
    let newest = server.get("/proxy.pac");
    let third = version(&server);
    let (code, said) = server.order(&["rollback"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("rolled back main: serves 000004-") && said.contains(&third), "{said}");
    assert!(has(&server, "h12") && !has(&server, "h13"));
    // Who asks by the date of the newest, at once, is told.
    let date = format!("If-Modified-Since: {}", newest.header("last-modified").unwrap());
    assert_eq!(server.get_with("/proxy.pac", &[&date]).status, 200);
    // Once more goes further back, and a restart holds on to it.
    assert_eq!(server.order(&["rollback"]).0, Some(0));
    assert!(server.get("/proxy.pac").body == first.body);
    assert_eq!(server.get("/readyz").text(), "ready, pinned to a version\n");
    assert_eq!(server.metric("thruway_pinned{site=\"main\"}"), "1");
    drop(server);
    let server = site.start();
    let pinned = version(&server);
    assert!(pinned.starts_with("000005-"), "{pinned}");
    assert!(site_of(&server)["restored"].as_str().unwrap().starts_with("000001-"));
    server.until("what the source asks for waits", || waiting(&server).is_some());
    assert!(server.get("/proxy.pac").body == first.body);
    let (code, said) = server.order(&["status"]);
    assert!(code == Some(1) && said.contains("pinned since"), "{said}");
    // Somebody takes what waits, which ends the pin.
    let waits = waiting(&server).unwrap();
    assert_eq!(server.order(&["approve", &waits]).0, Some(0));
    assert!(server.get("/proxy.pac").body == newest.body);
    assert_eq!(server.get("/readyz").text(), "ready\n");
    // Or releases the pin, and changes are served by themselves again.
    let (code, said) = server.order(&["rollback", &pinned]);
    assert_eq!(code, Some(0), "{said}");
    assert!(server.get("/proxy.pac").body == first.body);
    let (code, said) = server.order(&["approve", "--unpin"]);
    assert!(code == Some(0) && said.contains("released main"), "{said}");
    assert!(server.get("/proxy.pac").body == newest.body);
    for (version, want) in [("000099-3fa9c1d20b44", "cannot be served"), ("7", "no version is called so")] {
        let (code, said) = server.order(&["rollback", version]);
        assert!(code != Some(0) && said.contains(want), "{said}");
    }
    assert_eq!(server.get("/readyz").text(), "ready\n", "a refusal pins nothing");
}

#[test]
fn orders_are_for_this_machine_and_no_page() {
    let site = Site::new("");
    let server = site.start();
    site.write("list.csv", &list(13));
    server.until("there is an older version", || version(&server).starts_with("000002-"));
    for path in ["/-/rollback", "/-/approve?version=000002-3fa9c1d20b44", "/-/update"] {
        assert_eq!(server.admin("GET", path).status, 405, "{path}");
        for header in ["Origin: http://localhost", "Sec-Fetch-Site: cross-site"] {
            let reply = ask(server.admin, &request("POST", path, &[header]));
            assert_eq!(reply.status, 403, "{path} {header}");
        }
        let reply = ask(server.addresses[0], &request("POST", path, &[]));
        assert_eq!(reply.status, 405, "not on the address for everybody");
    }
    for (path, status) in [
        ("/-/rollback?site=nobody", 404),
        ("/-/rollback?version=../../etc", 400),
        ("/-/rollback?verson=x", 400),
        ("/-/approve", 400),
        ("/-/approve?version=000002-3fa9c1d20b44", 409),
        ("/-/reload?unpin&site=nobody", 404),
    ] {
        assert_eq!(server.admin("POST", path).status, status, "{path}");
    }
    assert_eq!(server.admin("GET", "/-/ticket").status, 409, "nothing waits");
    assert!(has(&server, "h12"));
}
