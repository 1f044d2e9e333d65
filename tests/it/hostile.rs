//! Raw bytes that no honest client sends: each is answered clearly or cut off, and the server goes on.

use std::time::Duration;

use rekindle::app::{Bounds, Pace};
use rekindle_tests::{House, deliver, text, track};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Far above any bound of the house below.
const PATIENCE: Duration = Duration::from_secs(30);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const EVENT: &str = r#"{"type":"track","event":"x","userId":"u1"}"#;

/// What comes of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Comes {
    /// An answer of this class, in HTTP/1.
    Class(u8),
    /// An answer of this status, in HTTP/1.
    Status(u16),
    /// The connection ends without an answer.
    End,
    /// Frames of HTTP/2, then the end or not.
    Frames,
    /// A status 200 in HTTP/2.
    FramesOk,
}

use Comes::{Class, End, Frames, FramesOk, Status};

fn short() -> Bounds {
    let second = Duration::from_secs(1);
    let pace = Pace { grace: second, ..Bounds::HOUSE.pace };
    Bounds { head: second, idle: second, pace, look: Duration::from_millis(50), ..Bounds::HOUSE }
}

fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nhost: a\r\n{headers}\r\n{body}").into_bytes()
}

fn sized(path: &str, body: &str) -> Vec<u8> {
    post(path, &format!("content-length: {}\r\n", body.len()), body)
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn literal(name: u8, value: &str) -> Vec<u8> {
    assert!(value.len() < 127, "a short form of lengths");
    [&[name, u8::try_from(value.len()).unwrap()], value.as_bytes()].concat()
}

/// The headers of a request in HPACK: the method and the scheme from the static table.
fn headers(method: u8, path: &str) -> Vec<u8> {
    [vec![method, 0x86], literal(0x04, path), literal(0x01, "a")].concat()
}

fn http2(frames: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let frames: Vec<u8> = frames.into_iter().flatten().collect();
    [PREFACE, &frame(4, 0, 0, &[]), &frames].concat()
}

const GET: u8 = 0x82;
const POST: u8 = 0x83;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn odd_streams(count: u32) -> impl Iterator<Item = u32> {
    (0..count).map(|number| 2 * number + 1)
}

fn heads(path: &str) -> Vec<(&'static str, Vec<u8>, Comes)> {
    let ok = sized(path, EVENT);
    let text = |request: &str| request.replace("PATH", path).into_bytes();
    vec![
        ("a good one", ok.clone(), Status(200)),
        ("two in a row", ok.repeat(2), Status(200)),
        ("a hundred in a row", ok.repeat(100), Status(200)),
        ("nothing", Vec::new(), End),
        ("blank lines first", [b"\r\n\r\n".as_slice(), &ok].concat(), Status(200)),
        ("a line that is none", b"hello\r\n\r\n".to_vec(), Status(400)),
        ("bytes that are no text", b"\xff\xfe\x00\x01\r\n\r\n".to_vec(), Status(400)),
        ("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), Status(400)),
        ("ssh", b"SSH-2.0-OpenSSH_9.9\r\n\r\n".to_vec(), Status(400)),
        ("http 0.9", b"GET /\r\n\r\n".to_vec(), Status(400)),
        ("http 1.0", text("POST PATH HTTP/1.0\r\ncontent-length: 2\r\n\r\n[]"), Status(200)),
        ("http 3.0", text("POST PATH HTTP/3.0\r\n\r\n"), Status(400)),
        ("a version that is none", text("POST PATH HTTP/1.x\r\n\r\n"), Status(400)),
        ("no host", text("POST PATH HTTP/1.1\r\ncontent-length: 2\r\n\r\n[]"), Status(200)),
        ("half a head", text("POST PATH HTTP/1.1\r\nhost: a\r\n"), End),
        (
            "an absolute address",
            text("POST http://aPATH HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n[]"),
            Status(200),
        ),
        ("connect", b"CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(), Class(4)),
        ("options for all", b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(), Class(4)),
        ("trace", text("TRACE PATH HTTP/1.1\r\nhost: a\r\n\r\n"), Status(405)),
        ("a method that is none", text("BREW PATH HTTP/1.1\r\nhost: a\r\n\r\n"), Status(405)),
        ("a method with a blank", text("PO ST PATH HTTP/1.1\r\nhost: a\r\n\r\n"), Status(400)),
        ("a long address", format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(30_000)).into_bytes(), Class(4)),
        (
            "a longer address",
            format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(1 << 20)).into_bytes(),
            Class(4),
        ),
        ("an address up and away", b"GET /../../etc/passwd HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(), Status(404)),
        ("a nul in the address", b"GET /in/%00 HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(), Class(4)),
        ("a raw nul in the address", b"GET /in/\0 HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(), Status(400)),
        ("a header without a name", text("POST PATH HTTP/1.1\r\n: a\r\n\r\n"), Status(400)),
        ("a header without a colon", text("POST PATH HTTP/1.1\r\nhost\r\n\r\n"), Status(400)),
        ("a blank before the colon", text("POST PATH HTTP/1.1\r\nhost : a\r\n\r\n"), Status(400)),
        ("a folded header", text("POST PATH HTTP/1.1\r\nhost: a\r\n b\r\n\r\n"), Status(400)),
        ("a header that begins folded", text("POST PATH HTTP/1.1\r\n host: a\r\n\r\n"), Status(400)),
        ("a nul in a header", text("POST PATH HTTP/1.1\r\nhost: a\0b\r\n\r\n"), Status(400)),
        ("a carriage return in a header", text("POST PATH HTTP/1.1\r\nx: a\rb\r\n\r\n"), Status(400)),
        ("10,000 headers", post(path, &"x: y\r\n".repeat(10_000), ""), Status(431)),
        ("a header of 1 MiB", post(path, &format!("x: {}\r\n", "y".repeat(1 << 20)), ""), Status(431)),
        (
            "an upgrade",
            text("GET PATH HTTP/1.1\r\nhost: a\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n"),
            Status(405),
        ),
    ]
}

fn lengths(path: &str) -> Vec<(&'static str, Vec<u8>, Comes)> {
    let sent = |headers: &str, body: &str| post(path, headers, body);
    let chunked = |body: &str| post(path, "transfer-encoding: chunked\r\n", body);
    vec![
        ("a length that is none", sent("content-length: x\r\n", "[]"), Status(400)),
        ("a length below nothing", sent("content-length: -1\r\n", "[]"), Status(400)),
        ("a length with a sign", sent("content-length: +2\r\n", "[]"), Status(400)),
        ("a length beyond numbers", sent("content-length: 99999999999999999999999\r\n", "[]"), Status(400)),
        ("a length of exabytes", sent("content-length: 9223372036854775807\r\n", "[]"), Class(4)),
        ("the same length twice", sent("content-length: 2\r\ncontent-length: 2\r\n", "[]"), Status(200)),
        ("two lengths", sent("content-length: 2\r\ncontent-length: 3\r\n", "[]]"), Status(400)),
        ("lengths in a list", sent("content-length: 2, 3\r\n", "[]]"), Status(400)),
        ("more than announced", sent("content-length: 2\r\n", "[]garbage"), Status(200)),
        ("less than announced", sent("content-length: 20\r\n", "[]"), Status(408)),
        ("chunks", chunked("2\r\n[]\r\n0\r\n\r\n"), Status(200)),
        ("chunks with extensions", chunked("2;a=b;c=\"d\"\r\n[]\r\n0;e\r\n\r\n"), Status(200)),
        ("chunks with trailers", chunked("2\r\n[]\r\n0\r\nx-a: b\r\n\r\n"), Status(200)),
        ("a long extension", chunked(&format!("2;{}\r\n[]\r\n0\r\n\r\n", "a".repeat(100_000))), Class(4)),
        ("many trailers", chunked(&format!("2\r\n[]\r\n0\r\n{}\r\n", "a: b\r\n".repeat(10_000))), Class(4)),
        ("chunks without an end", chunked("2\r\n[]\r\n"), Status(408)),
        ("a chunk that is none", chunked("zz\r\n[]\r\n0\r\n\r\n"), Class(4)),
        ("a chunk below nothing", chunked("-2\r\n[]\r\n0\r\n\r\n"), Class(4)),
        ("a chunk beyond numbers", chunked("fffffffffffffffff\r\n[]\r\n"), Class(4)),
        ("a chunk without its line's end", chunked("2\r\n[]0\r\n\r\n"), Class(4)),
        (
            "length and chunks",
            sent("content-length: 9\r\ntransfer-encoding: chunked\r\n", "2\r\n[]\r\n0\r\n\r\n"),
            Status(200),
        ),
        (
            "chunks and length",
            sent("transfer-encoding: chunked\r\ncontent-length: 9\r\n", "2\r\n[]\r\n0\r\n\r\n"),
            Status(200),
        ),
        ("chunks in disguise", sent("transfer-encoding: xchunked\r\n", "2\r\n[]\r\n0\r\n\r\n"), Status(400)),
        ("chunks, then identity", sent("transfer-encoding: chunked, identity\r\n", "0\r\n\r\n"), Status(400)),
        ("compressed on its way", sent("transfer-encoding: gzip, chunked\r\n", "0\r\n\r\n"), Class(2)),
        (
            "chunks in http 1.0",
            format!("POST {path} HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n").into(),
            Status(400),
        ),
        ("asked before the body", sent("expect: 100-continue\r\ncontent-length: 2\r\n", "[]"), Class(1)),
        ("an expectation of ours", sent("expect: the-unexpected\r\ncontent-length: 2\r\n", "[]"), Class(2)),
    ]
}

fn bodies(path: &str) -> Vec<(&'static str, Vec<u8>, Comes)> {
    let property = |value: &str| sized(path, &format!(r#"{{"type":"track","event":"x","userId":"u","p":{value}}}"#));
    let keys = (0..100_000).map(|number| format!("\"k{number}\":1")).collect::<Vec<_>>().join(",");
    vec![
        ("a number beyond numbers", property("1e400"), Status(200)),
        ("a nul in a text", property("\"\\u0000\""), Status(200)),
        ("a raw nul in a text", property("\"\0\""), Status(200)),
        ("half a character", property("\"\\ud83d\""), Status(200)),
        ("a million levels", property(&"[".repeat(1_000_000)), Status(200)),
        ("100,000 keys", property(&format!("{{{keys}}}")), Status(200)),
        ("the same key twice", sized(path, &EVENT.replace('}', r#","userId":"u2"}"#)), Status(200)),
        (
            "bytes that are no utf-8",
            [sized(path, "1234")[..].strip_suffix(b"1234").unwrap(), b"\xff\xfe{}"].concat(),
            Status(200),
        ),
        ("compressed", post(path, "content-encoding: gzip\r\ncontent-length: 2\r\n", "\x1f\x08"), Status(415)),
        ("25,000 elements", sized(path, &format!("[{}1]", "1,".repeat(25_000))), Status(413)),
    ]
}

fn frames(path: &str) -> Vec<(&'static str, Vec<u8>, Comes)> {
    let get = |stream| frame(1, END_STREAM | END_HEADERS, stream, &headers(GET, "/livez"));
    let open = frame(1, END_HEADERS, 1, &headers(POST, path));
    let reset = |stream| frame(3, 0, stream, &[0, 0, 0, 8]);
    vec![
        ("http 2", http2([get(1)]), FramesOk),
        ("an event in http 2", http2([open.clone(), frame(0, END_STREAM, 1, EVENT.as_bytes())]), FramesOk),
        ("a preface and nothing", PREFACE.to_vec(), Frames),
        ("half a preface", PREFACE[..12].to_vec(), End),
        ("a preface and garbage", [PREFACE, &[0xff; 99]].concat(), Frames),
        ("a frame too large", http2([frame(0, 0, 1, &[0; 99_999])]), Frames),
        ("a stream of a server", http2([get(2)]), Frames),
        ("a body without a head", http2([frame(0, 0, 1, b"x")]), Frames),
        (
            "10,000 requests taken back",
            http2(odd_streams(10_000).flat_map(|stream| [get(stream), reset(stream)])),
            Frames,
        ),
        (
            "100,000 empty frames",
            http2([open.clone()].into_iter().chain((0..100_000).map(|_| frame(0, 0, 1, &[])))),
            Frames,
        ),
        (
            "a head without an end",
            http2(
                [frame(1, 0, 1, &headers(GET, "/livez"))]
                    .into_iter()
                    .chain((0..10_000).map(|_| frame(9, 0, 1, &[0; 99]))),
            ),
            Frames,
        ),
        ("100,000 settings", http2((0..100_000).map(|_| frame(4, 0, 0, &[]))), Frames),
        ("100,000 pings", http2((0..100_000).map(|_| frame(6, 0, 0, &[0; 8]))), Frames),
        (
            "a thousand bodies that never come",
            http2(odd_streams(1_000).map(|stream| frame(1, END_HEADERS, stream, &headers(POST, path)))),
            Frames,
        ),
        ("a window beyond numbers", http2([frame(8, 0, 0, &[0x7f, 0xff, 0xff, 0xff])]), Frames),
    ]
}

/// The first that the server says, up to what decides.
async fn ask(address: &str, request: &[u8]) -> Vec<u8> {
    let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
    let request = request.to_vec();
    // Whoever is cut off cannot write on.
    let writing = tokio::spawn(async move { writer.write_all(&request).await.map(|()| writer) });
    let mut said = Vec::new();
    let listening = async {
        while comes_of(&said).is_none() {
            match reader.read_buf(&mut said).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
    };
    timeout(PATIENCE, listening).await.unwrap_or_else(|_| panic!("the server says {said:?} and does not end"));
    writing.abort();
    said
}

/// The status of an answer in HTTP/1, as soon as it is there.
fn comes_of(said: &[u8]) -> Option<u16> {
    let line = said.strip_prefix(b"HTTP/1.")?;
    str::from_utf8(line.get(2..5)?).ok()?.parse().ok()
}

/// Whether the frames hold an answer with status 200, as HPACK's static table says it.
fn is_ok(mut frames: &[u8]) -> bool {
    while let Some((head, rest)) = frames.split_at_checked(9) {
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        if head[3] == 1 && rest.first() == Some(&0x88) {
            return true;
        }
        frames = rest.get(length..).unwrap_or_default();
    }
    false
}

fn is_as_expected(said: &[u8], expected: Comes) -> bool {
    match (expected, comes_of(said)) {
        (Class(class), Some(status)) => status / 100 == u16::from(class),
        (Status(expected), Some(status)) => status == expected,
        (End, None) => said.is_empty(),
        (Frames, None) => true,
        (FramesOk, None) => is_ok(said),
        _ => false,
    }
}

fn surprise(name: &str, expected: Comes, said: &[u8]) -> Option<String> {
    let shown = String::from_utf8_lossy(&said[..said.len().min(80)]);
    (!is_as_expected(said, expected)).then(|| format!("{name}: expected {expected:?}, got {shown:?}"))
}

#[tokio::test]
async fn hostile_bytes_are_answered_or_cut_off_and_the_server_goes_on() {
    let house = House::bounded(short()).await;
    let shop = house.tenant("shop").await;
    let source = json!({"name": "raw", "unsigned": true});
    let url = text(&house.call(Method::POST, "/v1/sources", &shop.key, Some(&source)).await, "url");
    let path = &url[url.find("/in/").unwrap()..];
    let address = house.url("").trim_start_matches("http://").to_owned();
    let requests = [heads(path), lengths(path), bodies(path), frames(path)].concat();
    assert!(requests.len() >= 60);
    let mut asking = JoinSet::new();
    for (name, request, expected) in requests {
        let address = address.clone();
        asking.spawn(async move { surprise(name, expected, &ask(&address, &request).await) });
    }
    let surprises: Vec<String> = asking.join_all().await.into_iter().flatten().collect();
    assert!(surprises.is_empty(), "{surprises:#?}");
    let body = track("u1", house.now(), "Product Viewed", json!({})).to_string();
    assert_eq!(deliver(&house, path, body.into_bytes(), None).await.body["accepted"], 1);
}
