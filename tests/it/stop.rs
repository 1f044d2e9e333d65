//! How the server ends: as a process, by signals.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::demo::program;

const BEAT: Duration = Duration::from_millis(50);

/// Goes with the test, however that ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server of its own, and where it listens.
fn serve(data: &tempfile::TempDir) -> (Server, String) {
    let mut server = Command::new(program())
        .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    (Server(server), said["listening"].as_str().unwrap().trim_start_matches("http://").to_owned())
}

fn terminate(Server(server): &Server) {
    assert!(Command::new("kill").args(["-15", &server.id().to_string()]).status().unwrap().success());
}

/// Whether it ended well; none when it did not end in that time.
fn ended_within(Server(server): &mut Server, beats: u32) -> Option<bool> {
    (0..beats).find_map(|_| {
        sleep(BEAT);
        server.try_wait().unwrap().map(|status| status.success())
    })
}

#[test]
fn a_server_at_rest_ends_when_it_is_asked() {
    let data = tempfile::tempdir().unwrap();
    let (mut server, _) = serve(&data);
    terminate(&server);
    assert_eq!(ended_within(&mut server, 200), Some(true));
}

#[test]
fn a_server_that_waits_for_a_slow_client_ends_at_once_when_it_is_asked_twice() {
    let data = tempfile::tempdir().unwrap();
    let (mut server, address) = serve(&data);
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"POST /in/none HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99\r\n\r\n{").unwrap();
    sleep(BEAT);
    terminate(&server);
    assert_eq!(ended_within(&mut server, 10), None, "it should wait for its client");
    terminate(&server);
    assert_eq!(ended_within(&mut server, 100), Some(false));
}
