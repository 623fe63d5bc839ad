//! What is served, and in which forms.

use std::io::Read as _;

use super::*;

#[test]
fn every_file_is_what_the_manifest_says() {
    let site = Site::new("");
    let server = site.start();
    let manifest = server.get("/manifest.json");
    assert_eq!((manifest.status, manifest.header("content-type")), (200, Some("application/json")));
    let manifest: Value = serde_json::from_slice(&manifest.body).unwrap();
    let files = manifest["files"].as_array().unwrap();
    let mut seen = Vec::new();
    for file in files {
        let path = file["path"].as_str().unwrap();
        let reply = server.get(&format!("/{}", path.trim_end_matches("index.html")));
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(thruway::source::sha256(&reply.body), file["sha256"].as_str().unwrap(), "{path}");
        let want = match path {
            "proxy.pac" | "wpad.dat" => "application/x-ns-proxy-autoconfig",
            "report/index.html" => "text/html; charset=utf-8",
            _ if path.ends_with(".json") => "application/json",
            _ => "text/plain; charset=utf-8",
        };
        assert_eq!(reply.header("content-type"), Some(want), "{path}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(reply.header("cache-control").is_some() && reply.header("date").is_some(), "{path}");
        seen.push(path);
    }
    for path in [
        "proxy.pac",
        "wpad.dat",
        "report/index.html",
        "edl/allow/panos-url.txt",
        "edl/allow/domains.txt",
        "edl/allow/rules.json",
        "edl/allow/squid.https-443.dstdomain.txt",
        "edl/bypass-inspection/panos-url.txt",
        "edl/panos/allow.tcp-443.url.txt",
    ] {
        assert!(seen.contains(&path), "{path} is not in {seen:?}");
    }
    let domains: String = {
        let mut names: Vec<String> = (0..12).map(|at| format!("h{at}.example.com\n")).collect();
        names.sort();
        names.concat()
    };
    assert_eq!(server.get("/edl/allow/domains.txt").text(), domains);
}

#[test]
fn what_is_served_is_what_compile_writes() {
    let site = Site::new("");
    let server = site.start();
    let output = Command::new(env!("CARGO_BIN_EXE_thruway"))
        .args(["compile", "--quiet", "--profile", "p.yaml", "--today", "2026-11-24"])
        .current_dir(site.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    for (path, file) in [
        ("/proxy.pac", "pac/proxy.pac"),
        ("/wpad.dat", "pac/wpad.dat"),
        ("/report/", "report/index.html"),
        ("/edl/panos/allow.tcp-443.url.txt", "paloalto/allow.tcp-443.url.txt"),
        ("/edl/allow/squid.https-443.dstdomain.txt", "squid/allow.https-443.dstdomain"),
    ] {
        let written = fs::read(site.path().join("out").join(file)).unwrap();
        assert!(server.get(path).body == written, "{path} is not {file}");
    }
}

#[test]
fn a_client_that_has_it_is_told_so() {
    let site = Site::new("");
    let server = site.start();
    for path in ["/proxy.pac", "/edl/allow/domains.txt"] {
        let whole = server.get(path);
        let (tag, date) = (whole.header("etag").unwrap(), whole.header("last-modified").unwrap());
        let digest = thruway::source::sha256(&whole.body);
        assert_eq!(tag, format!("\"{digest}\""), "a strong name, of what is in it");
        for condition in [format!("If-None-Match: {tag}"), format!("If-Modified-Since: {date}")] {
            let reply = server.get_with(path, &[&condition]);
            assert_eq!((reply.status, reply.body.len()), (304, 0), "{condition}");
            assert_eq!(reply.header("etag"), Some(tag));
            assert_eq!(reply.header("cache-control"), whole.header("cache-control"));
        }
        assert_eq!(server.get_with(path, &["If-None-Match: \"x\""]).status, 200);
        assert_eq!(server.get_with(path, &["If-Match: \"x\""]).status, 412);
    }
}

#[test]
fn a_head_is_a_get_without_its_body() {
    let site = Site::new("");
    let server = site.start();
    for path in ["/proxy.pac", "/report/", "/nothing"] {
        let (get, head) = (server.get(path), ask(server.addresses[0], &request("HEAD", path, &[])));
        assert_eq!((get.status, head.body.len()), (head.status, 0), "{path}");
        let kept = |reply: &Reply| -> Vec<(String, String)> {
            reply.headers.iter().filter(|(name, _)| name != "date").cloned().collect()
        };
        assert_eq!(kept(&get), kept(&head), "{path}");
        assert_eq!(head.header("content-length"), Some(get.body.len().to_string().as_str()), "{path}");
    }
}

#[test]
fn a_part_is_cut_from_the_whole() {
    let site = Site::new("");
    let server = site.start();
    let whole = server.get("/proxy.pac").body;
    let part = server.get_with("/proxy.pac", &["Range: bytes=5-14"]);
    assert_eq!((part.status, &part.body[..]), (206, &whole[5..15]));
    assert_eq!(part.header("content-range"), Some(format!("bytes 5-14/{}", whole.len()).as_str()));
    assert_eq!(part.header("content-length"), Some("10"));
    let beyond = server.get_with("/proxy.pac", &["Range: bytes=99999999-"]);
    assert_eq!(beyond.status, 416);
    assert_eq!(beyond.header("content-range"), Some(format!("bytes */{}", whole.len()).as_str()));
    assert_eq!(server.get_with("/proxy.pac", &["Range: bytes=0-1,5-6"]).body, whole);
    let other = server.get_with("/proxy.pac", &["Range: bytes=5-14", "If-Range: \"x\""]);
    assert_eq!((other.status, other.body), (200, whole));
}

#[test]
fn what_is_compressed_is_the_same_when_inflated() {
    let site = Site::new("");
    let server = site.start();
    for (path, accepted, coding) in [
        ("/report/", "gzip", Some("gzip")),
        ("/report/", "zstd, gzip", Some("zstd")),
        ("/report/", "br", None),
        ("/proxy.pac", "gzip, deflate, br, zstd", Some("gzip")),
        ("/proxy.pac", "zstd", None),
        ("/proxy.pac", "*", None),
    ] {
        let plain = server.get(path);
        assert_eq!(plain.header("content-encoding"), None, "{path}");
        let reply = server.get_with(path, &[&format!("Accept-Encoding: {accepted}")]);
        assert_eq!(reply.header("content-encoding"), coding, "{path} {accepted}");
        assert_eq!(reply.header("vary"), Some("accept-encoding"), "{path} {accepted}");
        let mut inflated = Vec::new();
        match coding {
            None => inflated = reply.body.clone(),
            Some("gzip") => {
                flate2::read::GzDecoder::new(&reply.body[..]).read_to_end(&mut inflated).unwrap();
            }
            Some(_) => inflated = zstd::decode_all(&reply.body[..]).unwrap(),
        }
        assert!(inflated == plain.body, "{path} {accepted}");
        assert_eq!(coding.is_some(), reply.header("etag") != plain.header("etag"), "{path} {accepted}");
    }
}

/// Another client than ours, on one connection for several requests.
#[test]
fn a_connection_takes_several_requests() {
    use http_body_util::{BodyExt as _, Empty};
    use hyper::body::Bytes;
    let site = Site::new("");
    let server = site.start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(server.addresses[0]).await.unwrap();
        let stream = hyper_util::rt::TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        for path in ["/proxy.pac", "/wpad.dat", "/nothing", "/edl/allow/panos-url.txt", "/proxy.pac?x=/../y"]
        {
            let request = hyper::Request::get(path).header("host", "wpad.contoso.com");
            let answer = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
            assert_eq!(answer.status().as_u16(), if path == "/nothing" { 404 } else { 200 }, "{path}");
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            assert!(path == "/nothing" || body.len() > 100, "{path}");
        }
    });
}

#[test]
fn a_site_has_a_path_and_names_of_its_own() {
    let site = Site::new(
        "serve: { sites: [{ name: emea, profile: emea.yaml, path: /emea, hosts: [wpad.emea.contoso.com] }] }\n",
    );
    site.write("emea.yaml", &PROFILE.replace("proxy.contoso.com", "proxy.emea.contoso.com"));
    let server = site.start();
    let host = |host: &str| {
        let text = format!("GET /wpad.dat HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        ask(server.addresses[0], text.as_bytes()).text().contains("proxy.emea.contoso.com")
    };
    assert!(host("wpad.emea.contoso.com") && host("WPAD.emea.contoso.com:80"));
    assert!(!host("wpad.contoso.com"));
    assert!(server.get("/emea/proxy.pac").text().contains("proxy.emea.contoso.com"));
    assert!(!server.get("/proxy.pac").text().contains("proxy.emea.contoso.com"));
    assert_eq!(server.get("/emea/report").header("location"), Some("/emea/report/"));
    let names: Vec<Value> =
        server.status()["sites"].as_array().unwrap().iter().map(|site| site["name"].clone()).collect();
    assert_eq!(names, ["main", "emea"]);
    // A site that is broken takes nothing from the others.
    site.write("emea.yaml", "version: [");
    server.until("the site is stale", || server.metric("thruway_stale{site=\"emea\"}") == "1");
    assert_eq!(server.metric("thruway_stale{site=\"main\"}"), "0");
    assert!(host("wpad.emea.contoso.com"));
    // What a site says of credentials would be in force nowhere, so that it is refused.
    site.write("emea.yaml", &format!("{PROFILE}serve: {{ credentials: who.txt }}\n"));
    server.admin("POST", "/-/reload");
    let problem = server.status()["sites"][1]["last"]["problem"].as_str().unwrap().to_owned();
    assert!(problem.contains("counts for no site"), "{problem}");
}
