//! What no client should send.

use super::*;

#[test]
fn what_is_no_request_gets_4xx_and_harms_nobody() {
    let site = Site::new("");
    let server = site.start();
    let long = "x".repeat(20_000);
    let many: String = (0..200).map(|at| format!("X-{at}: y\r\n")).collect();
    let requests: Vec<(Vec<u8>, &[u16])> = vec![
        (b"\r\n\r\n\r\n".to_vec(), &[]),
        (b"hello\r\n\r\n".to_vec(), &[400]),
        (b"GET\r\n\r\n".to_vec(), &[400]),
        (b"GET /proxy.pac\r\n\r\n".to_vec(), &[400]),
        (b"GET /proxy.pac HTTP/9.9\r\n\r\n".to_vec(), &[400, 505]),
        (b"GET /proxy.pac HTTP/1.1\r\n\r\n".to_vec(), &[400]),
        (b"GET /proxy.pac HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_vec(), &[400]),
        (b"GET /proxy.pac HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n".to_vec(), &[400]),
        (b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), &[400]),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA\x00b: c\r\n\r\n".to_vec(), &[400]),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded: c\r\n\r\n".to_vec(), &[400]),
        (format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes(), &[414, 431]),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n").into_bytes(), &[431]),
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n").into_bytes(), &[431]),
        (b"POST /proxy.pac HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".to_vec(), &[405]),
        (b"GET /proxy.pac HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".to_vec(), &[413]),
        (
            b"GET /proxy.pac HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999999\r\n\r\n".to_vec(),
            &[400],
        ),
        (
            b"GET /proxy.pac HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_vec(),
            &[400],
        ),
        (b"GET /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_vec(), &[413]),
        (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n".to_vec(), &[405]),
        (b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_vec(), &[405]),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_vec(), &[405]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), &[]),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), &[400]),
    ];
    for (mut bytes, wanted) in requests {
        let shown = String::from_utf8_lossy(&bytes).chars().take(80).collect::<String>();
        // Where it is not clear where the request ends, the server need not close; then it is closed from here.
        if wanted.is_empty() {
            let mut stream = connect(server.addresses[0]);
            stream.write_all(&bytes).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            assert!(answer.is_empty() || Reply::read(&answer).status >= 400, "{shown}");
        } else {
            if bytes.starts_with(b"GET /proxy.pac HTTP/1.1\r\nHost: a\r\nHost")
                || bytes == b"GET /proxy.pac HTTP/1.1\r\n\r\n"
                || bytes.windows(2).any(|two| two == b"\xff\xfe")
            {
                let end = bytes.len() - 2;
                bytes.splice(end..end, *b"Connection: close\r\n");
            }
            let reply = ask(server.addresses[0], &bytes);
            assert!(wanted.contains(&reply.status), "{shown}: {reply:?}");
        }
        assert_eq!(server.get("/proxy.pac").status, 200, "after {shown}");
    }
    assert_ne!(server.metric("thruway_connections_closed_total{reason=\"malformed\"}"), "0");
}

#[test]
fn no_path_leads_out_of_what_is_served() {
    let site = Site::new("");
    let server = site.start();
    for path in [
        "/../p.yaml",
        "/edl/../../p.yaml",
        "/%2e%2e/p.yaml",
        "/edl/%2e%2e%2f%2e%2e%2fp.yaml",
        "/edl/..%5cp.yaml",
        "//etc/passwd",
        "/edl//allow/domains.txt",
        "/edl/allow/",
        "/edl",
        "/version.json",
        "/main/current",
        "/report/index.html",
        "/report/../proxy.pac",
        "/./proxy.pac",
        "/proxy.pac/",
        "/proxy.pac%00",
        "/PROXY.PAC",
        "/metrics",
        "/-/status",
        "/-/reload",
    ] {
        let reply = server.get(path);
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.body.len() < 100, "{path}");
    }
}

#[test]
fn a_client_that_is_too_slow_is_left() {
    let site = Site::new("");
    let server = site.start();
    let mut slow = connect(server.addresses[0]);
    let mut idle = connect(server.addresses[0]);
    let since = Instant::now();
    let mut end = [0];
    // A header a second, as slowloris sends them, keeps no connection open.
    slow.write_all(b"GET /proxy.pac HTTP/1.1\r\nHost: a\r\n").unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    loop {
        assert!(since.elapsed() < PATIENCE, "it is still open");
        match slow.read(&mut end) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                let _ = slow.write_all(b"X: y\r\n");
            }
            Err(_) => break,
        }
    }
    assert!(!matches!(idle.read(&mut end), Ok(length) if length > 0), "one that says nothing is closed, too");
    assert_ne!(server.metric("thruway_connections_closed_total{reason=\"slow\"}"), "0");
    assert_eq!(server.get("/proxy.pac").status, 200);
}

#[test]
fn one_client_has_so_many_connections_and_no_more() {
    let site = Site::new("serve: { connections_per_client: 3 }\n");
    let server = site.start();
    let held: Vec<TcpStream> = (0..3).map(|_| connect(server.addresses[0])).collect();
    server.until("three are open", || server.status()["connections"] == 3);
    assert_eq!(raw(server.addresses[0], &request("GET", "/proxy.pac", &[])), b"");
    assert_eq!(server.metric("thruway_connections_closed_total{reason=\"too-many-of-client\"}"), "1");
    drop(held);
    server.until("they are gone", || server.status()["connections"] == 0);
    assert_eq!(server.get("/proxy.pac").status, 200);
}

#[test]
fn the_admin_address_hears_no_page() {
    let site = Site::new("");
    let server = site.start();
    let post = |headers: &[&str]| ask(server.admin, &request("POST", "/-/reload", headers)).status;
    assert_eq!(post(&["Origin: https://attacker.example"]), 403);
    assert_eq!(post(&["Sec-Fetch-Site: cross-site"]), 403);
    assert_eq!(post(&[]), 200);
    let rebound = b"GET /-/status HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n";
    assert_eq!(ask(server.admin, rebound).status, 403);
    assert_eq!(server.admin("GET", "/-/reload").status, 405);
    assert_eq!(server.admin("GET", "/proxy.pac").status, 404);
}

/// Every line of the metrics is one that the format knows.
#[test]
fn the_metrics_are_what_prometheus_reads() {
    let site = Site::new("");
    let server = site.start();
    server.get("/proxy.pac");
    let reply = server.admin("GET", "/metrics");
    assert!(reply.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    let text = reply.text();
    assert!(text.ends_with("# EOF\n"));
    let mut samples = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let name = name.split('{').next().unwrap();
        assert!(
            name.starts_with("thruway_") && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{line}"
        );
        samples += 1;
    }
    assert!(samples > 50, "{samples}");
    assert_eq!(server.metric("thruway_requests_total{class=\"pac\",status=\"200\"}"), "1");
}
