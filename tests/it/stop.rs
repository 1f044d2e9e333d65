//! How the server ends: as a process, by signals.

use std::io::Write;
use std::net::TcpStream;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use crate::process::Server;

const BEAT: Duration = Duration::from_millis(50);

fn terminate(server: &Server) {
    assert!(Command::new("kill").args(["-15", &server.process.id().to_string()]).status().unwrap().success());
}

/// Whether it ended well; none when it did not end in that time.
fn ended_within(server: &mut Server, beats: u32) -> Option<bool> {
    (0..beats).find_map(|_| {
        sleep(BEAT);
        server.process.try_wait().unwrap().map(|status| status.success())
    })
}

#[test]
fn a_server_at_rest_ends_when_it_is_asked() {
    let mut server = Server::start();
    terminate(&server);
    assert_eq!(ended_within(&mut server, 200), Some(true));
}

#[test]
fn a_server_that_waits_for_a_slow_client_ends_at_once_when_it_is_asked_twice() {
    let mut server = Server::start();
    let mut client = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    client.write_all(b"POST /in/none HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99\r\n\r\n{").unwrap();
    sleep(BEAT);
    terminate(&server);
    assert_eq!(ended_within(&mut server, 10), None, "it should wait for its client");
    terminate(&server);
    assert_eq!(ended_within(&mut server, 100), Some(false));
}
