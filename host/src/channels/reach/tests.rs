//! No packet leaves for an address that is not public, however it is written and whatever a name says of it.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::names::LookingUp;
use super::*;
use crate::channels::conformance::message;
use crate::channels::{Channel, Http, Receipt, SettingsError, open, validate};

const SECRET: &str = "whsec_aHVzaGh1c2hodXNoaHVzaGh1c2hodXNo";
const PATIENCE: Duration = Duration::from_secs(10);

/// Listeners at one port of several of the machine's own addresses, who count whoever comes and answer 204.
struct Inside {
    port: u16,
    came: Arc<AtomicUsize>,
}

impl Inside {
    fn listen(addresses: &[&str]) -> Self {
        let first = TcpListener::bind(SocketAddr::new(addresses[0].parse().unwrap(), 0)).unwrap();
        let inside = Self { port: first.local_addr().unwrap().port(), came: Arc::default() };
        inside.count(first);
        for address in &addresses[1..] {
            inside.count(TcpListener::bind(SocketAddr::new(address.parse().unwrap(), inside.port)).unwrap());
        }
        inside
    }

    fn count(&self, listener: TcpListener) {
        let came = Arc::clone(&self.came);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                came.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || answer(stream));
            }
        });
    }

    fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }
}

/// One answer to whatever was asked, and the connection ends.
fn answer(mut stream: std::net::TcpStream) {
    use std::io::{Read, Write};
    let mut asked = Vec::new();
    let mut chunk = [0; 1024];
    // A message's body ends with two braces.
    while !asked.ends_with(b"}}") {
        match stream.read(&mut chunk) {
            Ok(bytes) if bytes > 0 => asked.extend(&chunk[..bytes]),
            _ => return,
        }
    }
    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
}

fn nobody_allowed() -> Reach {
    Reach::new(Vec::new())
}

fn allowing(range: &str) -> Reach {
    Reach::new(vec![range.parse().unwrap()])
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn channel(http: &Http, url: &str) -> Arc<dyn Channel> {
    open("webhook", &json!({"url": url, "secret": SECRET}), http).unwrap_or_else(|err| panic!("{url}: {err}"))
}

/// Everything that programs have been known to take for an IPv4 address, for hosts in a URL.
fn spellings(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let (whole, low24, low16) = (address.to_bits(), address.to_bits() & 0xff_ffff, address.to_bits() & 0xffff);
    let fullwidth = |text: String| -> String {
        text.chars().map(|c| c.to_digit(10).and_then(|digit| char::from_u32(0xff10 + digit)).unwrap_or(c)).collect()
    };
    let percent = |text: String| -> String { text.bytes().map(|byte| format!("%{byte:02x}")).collect() };
    vec![
        format!("{address}"),
        format!("{address}."),
        format!("{whole}"),
        format!("{whole:#x}"),
        format!("0X{whole:X}"),
        format!("0{whole:o}"),
        format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("000{a:o}.000{b:o}.000{c:o}.000{d:o}"),
        format!("0x00{a:x}.{b}.0{c:o}.{d}"),
        format!("{a}.{low24}"),
        format!("{a}.{b}.{low16}"),
        format!("{a:#x}.{low24:#x}"),
        format!("{a}。{b}．{c}｡{d}"),
        fullwidth(format!("{address}")),
        percent(format!("{address}")),
        format!("[::ffff:{address}]"),
        format!("[::FFFF:{:x}:{low16:x}]", whole >> 16),
        format!("[0:0:0:0:0:ffff:{address}]"),
        format!("[::{address}]"),
        format!("[64:ff9b::{address}]"),
        format!("[64:ff9b:1::{address}]"),
        format!("[2002:{:x}:{low16:x}::1]", whole >> 16),
        format!("[2001:0:{:x}:{low16:x}::]", whole >> 16),
        format!("[2001::{:x}:{:x}]", !whole >> 16, !whole & 0xffff),
        format!("receiver.example@{address}"),
        format!("{address}\\@receiver.example"),
        format!("\t{address}\n"),
    ]
}

/// Addresses of the kinds that lie behind servers: the machine itself, its neighbours, its cloud.
const FORBIDDEN: [[u8; 4]; 12] = [
    [127, 0, 0, 1],
    [127, 0, 0, 2],
    [127, 255, 255, 254],
    [0, 0, 0, 0],
    [10, 0, 0, 1],
    [100, 100, 100, 200],
    [168, 63, 129, 16],
    [169, 254, 169, 254],
    [172, 31, 255, 255],
    [192, 168, 0, 1],
    [198, 19, 0, 1],
    [255, 255, 255, 255],
];

const FORBIDDEN_V6: [&str; 14] = [
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[fe80::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[FD20:CE::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[100::1]",
    "[::ffff:0:127.0.0.1]",
];

#[test]
fn no_spelling_of_an_address_inside_is_connected_to() {
    let inside = Inside::listen(&["127.0.0.1", "127.0.0.2", "::1"]);
    let http = Http::new(PATIENCE, nobody_allowed()).unwrap();
    let hosts = FORBIDDEN.into_iter().flat_map(|octets| spellings(octets.into()));
    let hosts: BTreeSet<String> = hosts.chain(FORBIDDEN_V6.map(str::to_owned)).collect();
    assert!(hosts.len() >= 300, "{} spellings", hosts.len());
    run(async {
        for host in &hosts {
            let text = format!("http://{host}:{}/in", inside.port);
            let text = if host.contains('\\') { format!("http://{host}/in") } else { text };
            let url = Url::parse(&text).unwrap_or_else(|err| panic!("{text}: {err}"));
            let receipt = http.send(http.post(url), message(1).at).await.expect_err(&text);
            let Receipt::Retry { reason, after: None } = receipt else { panic!("{text}: {receipt:?}") };
            assert!(reason.contains("is not public ("), "{text}: {reason}");
            let settings = json!({"url": text, "secret": SECRET});
            let refused = validate("webhook", &settings, &nobody_allowed()).expect_err(&text);
            let is_plain = matches!(refused, SettingsError::OutOfReach { .. });
            assert!(is_plain || host.contains('@'), "{text}: {refused}");
            assert!(open("webhook", &settings, &http).is_err(), "{text}");
        }
    });
    assert_eq!(inside.came(), 0);
}

#[test]
fn what_is_no_address_in_a_url_is_refused_as_one() {
    for host in ["[fe80::1%25eth0]", "[fe80::1%eth0]", "127.0.0.256", "0x1ffffffff", "1.2.3.4.5", "[::1", "127.0.0.08"]
    {
        let settings = json!({"url": format!("http://{host}/in"), "secret": SECRET});
        let refused = validate("webhook", &settings, &nobody_allowed()).expect_err(host).to_string();
        assert!(refused.contains("`url` is no address"), "{host}: {refused}");
    }
}

#[test]
fn the_owner_reads_what_the_address_is_and_what_to_do() {
    let settings = json!({"url": "http://2130706433:8080/hush", "secret": SECRET});
    assert_eq!(
        validate("webhook", &settings, &nobody_allowed()).unwrap_err().to_string(),
        "setting `url` is refused: the address `127.0.0.1` is not public (loopback, RFC 1122): use one that is, or have \
         the operator allow it"
    );
}

#[test]
fn public_addresses_and_those_that_were_allowed_are_admitted() {
    for host in ["8.8.8.8", "[2606:4700::1111]", "[64:ff9b::8.8.8.8]", "172.32.0.1", "100.128.0.1", "example.com"] {
        let url = Url::parse(&format!("https://{host}/")).unwrap();
        assert_eq!(nobody_allowed().admit(&url), Ok(()), "{host}");
    }
    let reach = Reach::new(vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()]);
    for (host, is_admitted) in [
        ("10.1.255.255", true),
        ("10.2.0.0", false),
        ("[fd12::1]", true),
        ("[fc00::1]", false),
        ("[64:ff9b::10.1.2.3]", true),
        ("[::ffff:10.1.2.3]", false),
    ] {
        let url = Url::parse(&format!("https://{host}/")).unwrap();
        assert_eq!(reach.admit(&url).is_ok(), is_admitted, "{host}");
    }
}

#[test]
fn ports_of_other_protocols_are_refused() {
    for (url, is_admitted) in [
        ("http://example.com/", true),
        ("https://example.com/", true),
        ("https://example.com:8443/", true),
        ("https://example.com:1024/", true),
        ("http://example.com:25/", false),
        ("http://example.com:22/", false),
        ("http://example.com:1023/", false),
        ("http://example.com:0/", false),
    ] {
        assert_eq!(nobody_allowed().admit(&Url::parse(url).unwrap()).is_ok(), is_admitted, "{url}");
    }
}

/// Answers in turn, whatever name is asked for.
struct Turns(Mutex<Vec<Vec<&'static str>>>);

impl Turns {
    fn of(answers: &[&[&'static str]]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect())))
    }
}

impl Names for Turns {
    fn look_up(&self, _: &str) -> LookingUp {
        let mut answers = self.0.lock().unwrap();
        answers.rotate_left(1);
        let addresses = answers.last().unwrap().iter().map(|address| address.parse().unwrap()).collect();
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// What a message comes to that is sent to a name with these addresses.
fn deliver(names: Arc<dyn Names>, reach: Reach, port: u16) -> Receipt {
    let http = Http::with_names(PATIENCE, reach, names).unwrap();
    run(channel(&http, &format!("http://receiver.example:{port}/in")).deliver(&message(1)))
}

#[test]
fn a_name_that_leads_inside_is_tried_again_later_and_says_nothing_of_where_it_leads() {
    let inside = Inside::listen(&["127.0.0.1", "::1"]);
    for addresses in
        [&["127.0.0.1"][..], &["::1"], &["::ffff:127.0.0.1"], &["169.254.169.254", "10.0.0.1"], &["::"], &[]]
    {
        let receipt = deliver(Turns::of(&[addresses]), nobody_allowed(), inside.port);
        let Receipt::Retry { reason, after: None } = receipt else { panic!("{addresses:?}: {receipt:?}") };
        assert!(reason.starts_with("could not connect: the name "), "{addresses:?}: {reason}");
        assert!(addresses.iter().all(|address| !reason.contains(address)), "{addresses:?}: {reason}");
    }
    assert_eq!(inside.came(), 0);
}

#[test]
fn of_a_names_addresses_only_those_that_may_be_reached_are_tried() {
    let outside = Inside::listen(&["127.0.0.2"]);
    let inside = TcpListener::bind(("127.0.0.1", outside.port)).unwrap();
    inside.set_nonblocking(true).unwrap();
    let names = Turns::of(&[&["127.0.0.1", "::1", "127.0.0.2", "10.0.0.1"]]);
    let receipt = deliver(names, allowing("127.0.0.2/32"), outside.port);
    assert!(matches!(receipt, Receipt::Accepted { .. }), "{receipt:?}");
    assert_eq!((outside.came(), inside.accept().is_err()), (1, true));
}

#[test]
fn a_name_that_answers_differently_each_time_never_leads_inside() {
    let outside = Inside::listen(&["127.0.0.2"]);
    let inside = TcpListener::bind(("127.0.0.1", outside.port)).unwrap();
    inside.set_nonblocking(true).unwrap();
    // The first of the answers stands for a public address.
    let names = Turns::of(&[&["127.0.0.2"], &["127.0.0.1"], &["127.0.0.1", "127.0.0.2"], &["::1"]]);
    let http = Http::with_names(PATIENCE, allowing("127.0.0.2/32"), names).unwrap();
    let channel = channel(&http, &format!("http://receiver.example:{}/in", outside.port));
    let accepted = run(async {
        let mut accepted = 0;
        for attempt in 1..=40 {
            accepted += usize::from(matches!(channel.deliver(&message(attempt)).await, Receipt::Accepted { .. }));
        }
        accepted
    });
    assert_eq!((accepted, outside.came()), (20, 20), "two of four answers hold an address that may be reached");
    assert!(inside.accept().is_err(), "nobody should have come inside");
}

#[test]
fn the_machines_own_name_leads_inside() {
    let inside = Inside::listen(&["127.0.0.1", "::1"]);
    let http = Http::new(PATIENCE, nobody_allowed()).unwrap();
    let url = format!("http://LocalHost:{}/in", inside.port);
    let receipt = run(channel(&http, &url).deliver(&message(1)));
    assert!(matches!(receipt, Receipt::Retry { .. }), "{receipt:?}");
    assert_eq!(inside.came(), 0);
}

proptest! {
    #[test]
    fn every_address_of_a_special_range_is_refused(bits: u128, number in 0..SPECIAL.len()) {
        let range: IpNet = SPECIAL[number].0.parse().unwrap();
        let host_bits = range.max_prefix_len() - range.prefix_len();
        let inside = if host_bits == 0 { 0 } else { bits & (u128::MAX >> (128 - u32::from(host_bits))) };
        let address = match range.network() {
            IpAddr::V4(network) => Ipv4Addr::from_bits(network.to_bits() | inside as u32).into(),
            IpAddr::V6(network) => IpAddr::V6(Ipv6Addr::from_bits(network.to_bits() | inside)),
        };
        let is_translated = translated(address).is_some();
        prop_assert!(is_translated || nobody_allowed().judge(address).is_err(), "{}", address);
    }

    #[test]
    fn a_translated_address_is_judged_as_what_it_stands_for(bits: u32) {
        let address = Ipv4Addr::from_bits(bits);
        let translated = Ipv6Addr::from_bits(TRANSLATED.network().to_bits() | u128::from(bits));
        prop_assert_eq!(nobody_allowed().judge(translated.into()), nobody_allowed().judge(address.into()));
    }
}
