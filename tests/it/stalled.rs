//! A thousand clients that stall, in each way that there is, beside one that does not: they are cut off, and it never notices.

use std::time::Duration;

use rekindle::app::{Bounds, Pace};
use rekindle::domain::Stopwatch;
use rekindle_tests::{House, SECRET, sign, text, track};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::process::{BOOTSTRAP_KEY, Server};

/// Clients of each kind.
const CLIENTS_EACH: usize = 250;
/// Requests of the good client between two looks at the stalled ones.
const GOOD_REQUESTS_QUIET: usize = 1_000;
/// Bytes of memory that a thousand stalled clients may cost.
const MEMORY_BYTES_MAX: u64 = 200 << 20;

#[derive(Debug, Clone, Copy)]
enum Stall {
    /// Says nothing.
    Silent,
    /// Sends a head, byte by byte.
    Head,
    /// Sends a body, byte by byte.
    Body,
    /// Asks for much, and reads nothing.
    Unread,
}

impl Stall {
    const ALL: [Self; 4] = [Self::Silent, Self::Head, Self::Body, Self::Unread];

    fn begins_with(self) -> Vec<u8> {
        match self {
            Self::Silent => Vec::new(),
            Self::Head => b"POST /in/none HTTP/1.1\r\nx-pad: ".to_vec(),
            Self::Body => b"POST /v1/tenants HTTP/1.1\r\nhost: a\r\ncontent-length: 9999\r\n\r\n{".to_vec(),
            Self::Unread => b"GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n".repeat(200),
        }
    }
}

/// Stalls until the server ends it.
async fn stall(kind: Stall, address: String, beat: Duration) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
    stream.write_all(&kind.begins_with()).await.unwrap();
    let mut tick = tokio::time::interval(beat);
    while !is_gone(kind, &mut stream).await {
        tick.tick().await;
    }
}

async fn is_gone(kind: Stall, stream: &mut TcpStream) -> bool {
    let mut answer = [0; 512];
    match kind {
        Stall::Silent => matches!(stream.read(&mut answer).await, Ok(0) | Err(_)),
        Stall::Head | Stall::Body | Stall::Unread => {
            let mut is_over = stream.try_write(b"a").is_err_and(|err| err.kind() != std::io::ErrorKind::WouldBlock);
            if !matches!(kind, Stall::Unread) {
                is_over |= matches!(stream.try_read(&mut answer), Ok(0));
            }
            is_over
        }
    }
}

/// A client that sends signed events, one after another.
struct Good {
    client: reqwest::Client,
    url: String,
    sent: usize,
}

impl Good {
    async fn send(&mut self) -> Duration {
        self.sent += 1;
        let mut event = track("u1", rekindle_tests::START, "Product Viewed", json!({}));
        event["messageId"] = format!("m-{}", self.sent).into();
        let body = event.to_string();
        let took = Stopwatch::start();
        let request = self.client.post(&self.url).header("x-signature", sign(SECRET, &body)).body(body);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
        took.elapsed()
    }

    /// Sends while the stalled clients are there; how long each took, and when the last of the others was gone.
    async fn send_beside(&mut self, address: &str, beat: Duration) -> (Vec<Duration>, Duration) {
        let since = Stopwatch::start();
        let mut stalled = JoinSet::new();
        for kind in Stall::ALL.into_iter().cycle().take(4 * CLIENTS_EACH) {
            stalled.spawn(stall(kind, address.to_owned(), beat));
        }
        let mut times = Vec::new();
        while !stalled.is_empty() {
            times.push(self.send().await);
            while let Some(ended) = stalled.try_join_next() {
                ended.unwrap();
            }
            assert!(since.elapsed() < Duration::from_secs(120), "{} clients are still there", stalled.len());
        }
        (times, since.elapsed())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_clients_are_cut_off_and_others_never_notice() {
    let short = Duration::from_secs(1);
    let bounds = Bounds {
        head: short,
        idle: 2 * short,
        pace: Pace { grace: short, ..Bounds::HOUSE.pace },
        look: Duration::from_millis(50),
        ..Bounds::HOUSE
    };
    let house = House::bounded(bounds).await;
    let shop = house.tenant("shop").await;
    let mut good = Good { client: house.client().clone(), url: house.url(&shop.inlet), sent: 0 };
    let address = house.url("").trim_start_matches("http://").to_owned();
    let (times, _) = good.send_beside(&address, Duration::from_millis(100)).await;
    assert!(!times.is_empty());
}

/// The house's own bounds, the built program, and figures: `cargo xtask test -- --ignored --nocapture thousand`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute and wants the machine for itself"]
async fn a_thousand_stalled_clients_are_gone_within_35_seconds() {
    let server = Server::start();
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut good = good_client(&server.url).await;
    let mut quiet = Vec::new();
    for _ in 0..GOOD_REQUESTS_QUIET {
        quiet.push(good.send().await);
    }
    let before = memory_bytes(&server, "VmRSS:");
    let (beside, gone) = good.send_beside(&address, Duration::from_secs(1)).await;
    let peak = memory_bytes(&server, "VmHWM:");
    let [quiet, beside] = [quiet, beside].map(|times| (percentile(&times, 50), percentile(&times, 99), times.len()));
    println!("the last was gone after {gone:?}; resident {} MiB before, {} MiB at the most", before >> 20, peak >> 20);
    println!("good requests (p50, p99, count): quiet {quiet:?}, beside the stalled ones {beside:?}");
    assert!(gone <= Duration::from_secs(35), "{gone:?}");
    assert!(peak.saturating_sub(before) <= MEMORY_BYTES_MAX);
}

async fn good_client(server: &str) -> Good {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let create = async |path: &str, key: &str, body: Value| -> Value {
        let request = client.post(format!("{server}{path}")).bearer_auth(key).json(&body);
        request.send().await.unwrap().json().await.unwrap()
    };
    let tenant = create("/v1/tenants", BOOTSTRAP_KEY, json!({"name": "shop"})).await;
    let source = json!({"name": "website", "secret": SECRET});
    let source = create("/v1/sources", &text(&tenant, "key"), source).await;
    Good { client, url: text(&source, "url"), sent: 0 }
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100]
}

fn memory_bytes(server: &Server, which: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(which)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}
