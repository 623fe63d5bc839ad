//! What the service manager is told.

use std::os::unix::net::UnixDatagram;

use super::*;

#[test]
fn the_service_manager_is_told_of_the_start_a_reload_and_the_end() {
    let mut site = Site::new("");
    let path = site.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    site.variables.push(("NOTIFY_SOCKET", path.display().to_string()));
    // It wants to hear from the server twice in a tenth of a second.
    site.variables.push(("WATCHDOG_USEC", "100000".to_owned()));
    // Whoever is not told waits until the patience ends.
    let until = |want: &str| {
        let mut told = [0; 4_096];
        loop {
            let length = socket.recv(&mut told).unwrap_or_else(|error| panic!("no {want}: {error}"));
            let text = String::from_utf8_lossy(&told[..length]);
            if text.lines().any(|line| line == want) {
                return;
            }
        }
    };
    let server = site.start();
    until("READY=1");
    until("WATCHDOG=1");
    server.signal("-HUP");
    until("RELOADING=1");
    until("READY=1");
    until("STATUS=ready");
    until("WATCHDOG=1");
    server.signal("-TERM");
    until("STOPPING=1");
}
