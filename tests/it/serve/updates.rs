//! Newer lists of the vendor, and lists that end.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use super::*;

/// A vendor on the loopback address, who has one file.
#[derive(Clone)]
struct Vendor {
    address: SocketAddr,
    file: Arc<Mutex<String>>,
    /// The heads of the requests.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Vendor {
    /// One who answers for as long as the test runs.
    fn new(file: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let vendor = Self {
            address: listener.local_addr().unwrap(),
            file: Arc::new(Mutex::new(file)),
            asked: Arc::default(),
        };
        let own = vendor.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                own.answer(stream.unwrap());
            }
        });
        vendor
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut head = String::new();
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        while !head.ends_with("\r\n\r\n") {
            if lines.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let file = self.file.lock().unwrap().clone();
        let tag = format!("\"{}\"", file.len());
        let has_it = head.to_ascii_lowercase().contains(&format!("if-none-match: {tag}"));
        let (status, body) = if has_it { ("304 Not Modified", "") } else { ("200 OK", file.as_str()) };
        self.asked.lock().unwrap().push(head);
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\nETag: {tag}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        let _ = stream.write_all(answer.as_bytes());
    }

    fn publish(&self, file: String) {
        *self.file.lock().unwrap() = file;
    }

    fn section(&self, more: &str) -> String {
        let address = self.address;
        format!(
            "update: {{ lists: [{{ url: \"http://{address}/list.csv\", into: list.csv }}], proxy: direct{more} }}\n"
        )
    }
}

#[test]
fn the_vendors_list_is_fetched_where_it_is_new_and_one() {
    let vendor = Vendor::new(list(12));
    let site = Site::new(&vendor.section(""));
    fs::remove_file(site.path().join("list.csv")).unwrap();
    let server = site.start();
    assert!(server.get("/proxy.pac").text().contains("h11.example.com"), "fetched before the first build");
    vendor.publish(list(13));
    assert_eq!(server.admin("POST", "/-/update").status, 200);
    assert!(server.get("/proxy.pac").text().contains("h12.example.com"));
    // The next question is whether there is anything newer.
    assert_eq!(server.admin("POST", "/-/update").status, 200);
    let update = |name: &str| server.status()["sites"][0]["updates"][0][name].clone();
    assert_eq!(update("result"), "unchanged");
    let last = vendor.asked.lock().unwrap().last().unwrap().to_ascii_lowercase();
    assert!(last.contains("if-none-match"), "{last}");
    for (what, file) in [("a page", "<html>Sign in</html>".to_owned()), ("half of it is gone", list(5))] {
        vendor.publish(file);
        assert_eq!(server.admin("POST", "/-/update").status, 409, "{what}");
        assert_eq!(update("result"), "refused", "{what}");
        assert_eq!(fs::read_to_string(site.path().join("list.csv")).unwrap(), list(13), "{what}");
        assert!(server.get("/proxy.pac").text().contains("h12.example.com"), "{what}");
    }
    assert_eq!(server.metric("thruway_update_failures{site=\"main\"}"), "2");
    let (_, said) = server.order(&["status"]);
    assert!(said.contains("list.csv was not updated"), "{said}");
    vendor.publish(list(14));
    assert_eq!(server.admin("POST", "/-/update").status, 200);
    assert_eq!(server.metric("thruway_update_failures{site=\"main\"}"), "0");
}

#[test]
fn a_fetched_list_waits_for_approval_where_that_is_required() {
    let vendor = Vendor::new(list(12));
    let site = Site::new(&vendor.section(", approval: required"));
    let server = site.start();
    vendor.publish(list(13));
    assert_eq!(server.admin("POST", "/-/update").status, 409);
    assert!(!server.get("/proxy.pac").text().contains("h12.example.com"));
    let waits = server.status()["sites"][0]["waiting"]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.order(&["approve", &waits]).0, Some(0));
    assert!(server.get("/proxy.pac").text().contains("h12.example.com"));
}

#[test]
fn a_list_without_lines_is_empty_and_one_that_ends_is_refused() {
    const LIST: &str = "/edl/allow/panos-url.tcp-8443.txt";
    let site = Site::new("");
    site.write("list.csv", &format!("{}a.example.net,8443,WW\n", list(12)));
    let server = site.start();
    assert!(server.get(LIST).text().contains("a.example.net"));
    site.write("list.csv", &list(12));
    assert_eq!(server.admin("POST", "/-/reload").status, 200);
    let emptied = server.get(LIST);
    assert_eq!((emptied.status, emptied.text()), (200, ""), "a firewall that gets 404 keeps its copy");
    let manifest: Value = serde_json::from_slice(&server.get("/manifest.json").body).unwrap();
    let told = manifest["emptied"].as_array().unwrap();
    assert!(told.contains(&Value::from(&LIST[1..])), "{told:?}");
    let served = server.status()["sites"][0]["version"].clone();
    assert_eq!(server.admin("POST", "/-/reload").status, 200);
    assert_eq!(server.status()["sites"][0]["version"], served, "it is the same again");
    // Nobody means that firewalls keep their last copy for good.
    site.write("p.yaml", &format!("{PROFILE}targets: {{ squid: {{}}, pac: {{}} }}\n"));
    let refused = server.admin("POST", "/-/reload");
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("keeps the last copy for good"), "{}", refused.text());
    assert_eq!(server.get("/edl/allow/panos-url.txt").status, 200);
    assert_eq!(server.admin("POST", "/-/reload?accept-lost-lists").status, 200);
    assert_eq!(server.get("/edl/allow/panos-url.txt").status, 404);
}
