//! TLS, and who may fetch lists.

use std::sync::Arc;

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::*;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate and its key, PEM.
fn certificate(authority: &Authority, name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    (certificate.pem(), key.serialize_pem())
}

/// A client that trusts an authority, and may have a certificate of its own.
fn client(authority: &Authority, own: Option<&(String, String)>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    Arc::new(match own {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    })
}

fn ask_tls(config: &Arc<ClientConfig>, address: SocketAddr, path: &str, headers: &[&str]) -> Reply {
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(config.clone(), name).unwrap();
    Reply::read(&exchange(StreamOwned::new(connection, connect(address)), &request("GET", path, headers)))
}

const BOTH: [&str; 8] = [
    "--listen",
    "http://127.0.0.1:0",
    "--listen",
    "https://127.0.0.1:0",
    "--tls-cert",
    "cert.pem",
    "--tls-key",
    "key.pem",
];

fn with_certificate(site: &Site, authority: &Authority) {
    let (certificate, key) = certificate(authority, "localhost");
    site.write("key.pem", &key);
    site.write("cert.pem", &certificate);
}

fn basic(text: &str) -> String {
    format!("Authorization: Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
}

#[test]
fn lists_are_for_those_who_prove_who_they_are_and_a_pac_is_for_everybody() {
    let authority = authority();
    let site = Site::new("serve: { credentials: who.txt }\n");
    with_certificate(&site, &authority);
    let digest = |secret: &str| thruway::source::sha256(secret.as_bytes());
    site.write("who.txt", &format!("basic fw1 {}\nbearer sync {}\n", digest("one"), digest("two")));
    let server = site.start_with(&BOTH);
    let client = client(&authority, None);
    let get = |path: &str, headers: &[&str]| ask_tls(&client, server.addresses[1], path, headers);
    for path in ["/proxy.pac", "/wpad.dat"] {
        assert_eq!((server.get(path).status, get(path, &[]).status), (200, 200), "{path}");
    }
    for path in ["/edl/allow/domains.txt", "/manifest.json", "/report/"] {
        let right = basic("fw1:one");
        assert_eq!(server.get_with(path, &[&right]).status, 403, "{path} in the clear");
        let asked = get(path, &[]);
        assert_eq!(asked.status, 401, "{path}");
        assert!(asked.header("www-authenticate").unwrap().starts_with("Basic realm="));
        assert_eq!(get(path, &[&basic("fw1:two")]).status, 401, "{path}");
        assert_eq!(get(path, &[&right]).status, 200, "{path}");
        assert_eq!(get(path, &["Authorization: Bearer two"]).status, 200, "{path}");
    }
    assert_eq!(server.metric("thruway_auth_failures_total"), "3");
    let end: f64 = server
        .metric("thruway_certificate_not_after_timestamp_seconds{certificate=\"server\"}")
        .parse()
        .unwrap();
    assert!(end > 2e9, "{end}");
    // A file that is broken leaves those in who were in; one that is whole is in force at once.
    site.write("who.txt", "basic fw1 hunter2\n");
    server.until("it is told", || server.status()["state"] == "stale");
    assert!(!server.admin("GET", "/-/status").text().contains("hunter2"));
    assert_eq!(get("/edl/allow/domains.txt", &[&basic("fw1:one")]).status, 200);
    site.write("who.txt", &format!("basic fw1 {}\n", digest("three")));
    server.until("it is read", || server.status()["state"] == "ready");
    assert_eq!(get("/edl/allow/domains.txt", &[&basic("fw1:one")]).status, 401);
    assert_eq!(get("/edl/allow/domains.txt", &[&basic("fw1:three")]).status, 200);
    drop(server);
    // After a restart with a profile that cannot be read, lists are as closed as before.
    site.write("p.yaml", "version: [");
    let server = site.start_with(&BOTH);
    assert_eq!(ask_tls(&client, server.addresses[1], "/edl/allow/domains.txt", &[]).status, 401);
    drop(server);
    // Without credentials that can be read, nobody gets a list, as if the server were down; a PAC is served.
    fs::remove_file(site.path().join("who.txt")).unwrap();
    let server = site.start_with(&BOTH);
    let get = |path: &str| ask_tls(&client, server.addresses[1], path, &[&basic("fw1:three")]).status;
    assert_eq!((get("/edl/allow/domains.txt"), get("/proxy.pac")), (503, 200));
}

#[test]
fn credentials_in_the_clear_are_refused_from_the_start() {
    let site = Site::new("serve: { credentials: who.txt }\n");
    site.write("who.txt", &format!("bearer x {}\n", thruway::source::sha256(b"x")));
    let output = site.command(&["--listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no address speaks TLS"), "{said}");
}

#[test]
fn a_certificate_of_the_right_root_opens_lists() {
    let [authority, stranger] = [authority(), authority()];
    let site = Site::new("serve: { client_ca: roots.pem }\n");
    with_certificate(&site, &authority);
    site.write("roots.pem", &authority.pem());
    let server = site.start_with(&BOTH);
    let get = |own: Option<&(String, String)>, path: &str| {
        ask_tls(&client(&authority, own), server.addresses[1], path, &[]).status
    };
    let firewall = certificate(&authority, "fw1.contoso.com");
    assert_eq!(get(Some(&firewall), "/edl/allow/domains.txt"), 200);
    assert_eq!(get(None, "/edl/allow/domains.txt"), 403);
    assert_eq!(get(None, "/proxy.pac"), 200);
    // One of another root is no certificate: the connection ends.
    let other = certificate(&stranger, "fw1.contoso.com");
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(client(&authority, Some(&other)), name).unwrap();
    let stream = StreamOwned::new(connection, connect(server.addresses[1]));
    let answer = exchange(stream, &request("GET", "/edl/allow/domains.txt", &[]));
    assert!(answer.is_empty(), "{:?}", String::from_utf8_lossy(&answer));
}

#[test]
fn a_new_certificate_is_shown_and_a_broken_one_is_not() {
    let (old, new) = (authority(), authority());
    let site = Site::new("");
    with_certificate(&site, &old);
    let server = site.start_with(&BOTH);
    let is_of = |authority: &Authority| {
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(client(authority, None), name).unwrap();
        let stream = StreamOwned::new(connection, connect(server.addresses[1]));
        !exchange(stream, &request("GET", "/healthz", &[])).is_empty()
    };
    assert!(is_of(&old) && !is_of(&new));
    // The new certificate with the old key, as it is while somebody copies the two.
    let (certificate, key) = certificate(&new, "localhost");
    site.write("cert.pem", &certificate);
    server.until("it is told", || server.status()["state"] == "stale");
    assert!(is_of(&old));
    site.write("key.pem", &key);
    server.until("the new one is shown", || is_of(&new));
    server.until("all is well", || server.status()["state"] == "ready");
}
