//! A provider on 127.0.0.1 that misbehaves by script, on plain threads and sockets, so that it shares no code with what
//! it tests. It keeps what it was sent.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How a provider behaves, to every request alike until it is told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    Accepts,
    AcceptsWithoutBody,
    Redirects,
    FindsItBad,
    KnowsUsNot,
    HasItAlready,
    IsGone,
    IsBusy,
    AsksForSeconds,
    AsksForMoment,
    AsksForGarbage,
    AsksForTenYears,
    Fails,
    IsDown,
    StaysSilent,
    DripsItsHead,
    RefusesConnections,
    ResetsTheConnection,
    BreaksOffInTheHead,
    BreaksOffInTheBody,
    DripsItsBody,
    AnswersWithoutEnd,
    AnswersGarbage,
    /// A success whose body is not what the provider documents.
    SaysNonsense,
    /// Bad, in words that repeat all that it was sent.
    RepeatsTheRequest,
    /// Of several messages in one request. Of one alone, it takes it.
    TakesAllButTheSecond,
}

use Behaviour::*;

/// An answer's status and body.
type Said = (u16, String);

/// What a provider says of itself, by a request.
#[derive(Clone, Copy)]
pub(super) struct Answers {
    /// A success's body. Without one, something that nobody reads.
    pub(super) accepted: Option<fn(&Request) -> String>,
    /// Status and body of a success that was none for the second message; for providers that take several at a time.
    pub(super) partly: Option<fn(&Request) -> Said>,
}

impl Answers {
    pub(super) const PLAIN: Self = Self { accepted: None, partly: None };

    fn accepted(&self, request: &Request) -> String {
        let body = self.accepted.map_or_else(|| r#"{"ok":true}"#.to_owned(), |accepted| accepted(request));
        said("200 OK", &body)
    }

    fn partly(&self, request: &Request) -> String {
        match self.partly.map(|partly| partly(request)) {
            Some((status, body)) => said(&format!("{status} Partly"), &body),
            None => self.accepted(request),
        }
    }
}

fn said(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// Bad, and why: headers, address and body of the request, where providers put their words.
fn repeated(request: &Request) -> String {
    let all = format!("{} {:?} {}", request.line, request.headers, request.body);
    let words = serde_json::json!(all);
    let body = format!(
        r#"{{"message":{words},"error":{{"message":{words},"error_user_msg":{words}}},"errors":[{{"message":{words},"reason":{words}}}],"meta":{{"error":{words}}},"detail":{words},"title":{words},"name":{words}}}"#
    );
    said("400 Bad Request", &body)
}

impl Behaviour {
    pub(super) const ALL: [Self; 26] = [
        Accepts,
        AcceptsWithoutBody,
        Redirects,
        FindsItBad,
        KnowsUsNot,
        HasItAlready,
        IsGone,
        IsBusy,
        AsksForSeconds,
        AsksForMoment,
        AsksForGarbage,
        AsksForTenYears,
        Fails,
        IsDown,
        StaysSilent,
        DripsItsHead,
        RefusesConnections,
        ResetsTheConnection,
        BreaksOffInTheHead,
        BreaksOffInTheBody,
        DripsItsBody,
        AnswersWithoutEnd,
        AnswersGarbage,
        SaysNonsense,
        RepeatsTheRequest,
        TakesAllButTheSecond,
    ];

    /// Whether it reads requests at all.
    pub(super) fn listens(self) -> bool {
        !matches!(self, RefusesConnections | ResetsTheConnection)
    }

    /// Whether only a time limit ends an attempt.
    pub(super) fn never_answers(self) -> bool {
        matches!(self, StaysSilent | DripsItsHead)
    }

    fn script(self, answers: &Answers, request: &Request) -> Script {
        match self {
            Accepts => Script::Tell(answers.accepted(request)),
            TakesAllButTheSecond => Script::Tell(answers.partly(request)),
            RepeatsTheRequest => Script::Tell(repeated(request)),
            SaysNonsense => Script::Say("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[[[\"hm?\","),
            AcceptsWithoutBody => Script::Say("HTTP/1.1 204 No Content\r\n\r\n"),
            Redirects => {
                Script::Say("HTTP/1.1 308 Permanent Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n")
            }
            FindsItBad => Script::Say("HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\nwhat now?"),
            KnowsUsNot => Script::Say("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"),
            HasItAlready => Script::Say("HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n"),
            IsGone => Script::Say("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"),
            IsBusy => Script::Say("HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n"),
            AsksForSeconds => {
                Script::Say("HTTP/1.1 429 Too Many Requests\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n")
            }
            AsksForMoment => Script::Say(
                "HTTP/1.1 503 Service Unavailable\r\ndate: Sun, 06 Nov 1994 08:48:37 GMT\r\n\
                 retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-length: 0\r\n\r\n",
            ),
            AsksForGarbage => {
                Script::Say("HTTP/1.1 429 Too Many Requests\r\nretry-after: a while\r\ncontent-length: 0\r\n\r\n")
            }
            AsksForTenYears => {
                Script::Say("HTTP/1.1 429 Too Many Requests\r\nretry-after: 315360000\r\ncontent-length: 0\r\n\r\n")
            }
            Fails => Script::Say("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\n\r\noops"),
            IsDown => Script::Say("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"),
            StaysSilent => Script::SayNothing,
            DripsItsHead => Script::Drip("HTTP/1.1 200 OK\r\nx-slow: "),
            RefusesConnections | ResetsTheConnection => Script::HangUp,
            BreaksOffInTheHead => Script::BreakOff("HTTP/1.1 200 OK\r\ncontent-le"),
            BreaksOffInTheBody => Script::BreakOff("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"ok\":"),
            DripsItsBody => Script::Drip("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"),
            AnswersWithoutEnd => Script::Flood("HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n"),
            AnswersGarbage => Script::BreakOff("220 mail.example.com ESMTP\r\n250 HELP\r\n"),
        }
    }
}

/// What is done once a request was read.
enum Script {
    Say(&'static str),
    Tell(String),
    BreakOff(&'static str),
    /// A beginning, then a byte now and then.
    Drip(&'static str),
    /// A beginning, then as much as the other side takes.
    Flood(&'static str),
    SayNothing,
    HangUp,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) line: String,
    /// By name in lower case.
    pub(super) headers: HashMap<String, String>,
    pub(super) body: String,
}

/// A provider that runs until it is dropped.
pub(super) struct Scripted {
    pub(super) address: SocketAddr,
    seen: Arc<Seen>,
}

struct Seen {
    behaviour: Mutex<Behaviour>,
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    stopped: AtomicBool,
}

impl Scripted {
    pub(super) fn start(behaviour: Behaviour) -> Self {
        Self::answering(behaviour, Answers::PLAIN)
    }

    pub(super) fn answering(behaviour: Behaviour, answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let seen = Arc::new(Seen {
            behaviour: Mutex::new(behaviour),
            requests: Mutex::default(),
            connections: AtomicUsize::default(),
            stopped: AtomicBool::default(),
        });
        let scripted = Self { address: listener.local_addr().unwrap(), seen: Arc::clone(&seen) };
        if behaviour != RefusesConnections {
            thread::spawn(move || accept(&listener, answers, &seen));
        }
        scripted
    }

    /// From the next request on it behaves so, one of those that listen.
    pub(super) fn turn_to(&self, behaviour: Behaviour) {
        *self.seen.behaviour.lock().unwrap() = behaviour;
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.seen.requests.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.seen.stopped.store(true, Ordering::SeqCst);
        // Wakes the one who accepts; where nobody does, there is nobody to wake.
        let _ = TcpStream::connect(self.address);
    }
}

fn accept(listener: &TcpListener, answers: Answers, seen: &Arc<Seen>) {
    for stream in listener.incoming() {
        if seen.stopped.load(Ordering::SeqCst) {
            return;
        }
        seen.connections.fetch_add(1, Ordering::SeqCst);
        let (stream, seen) = (stream.unwrap(), Arc::clone(seen));
        thread::spawn(move || serve(stream, &answers, &seen));
    }
}

fn serve(mut stream: TcpStream, answers: &Answers, seen: &Seen) {
    let mut reader = BufReader::with_capacity(64, stream.try_clone().unwrap());
    if !seen.behaviour.lock().unwrap().listens() {
        // Closed with bytes unread, a connection is reset.
        let _ = reader.fill_buf();
        return;
    }
    while let Some(request) = read_request(&mut reader) {
        let script = seen.behaviour.lock().unwrap().script(answers, &request);
        seen.requests.lock().unwrap().push(request);
        if !play(&mut stream, &script, seen) {
            return;
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let mut lines = reader.by_ref().lines().map_while(Result::ok);
    let line = lines.next()?;
    let headers: HashMap<_, _> = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
        .collect();
    let length = headers.get("content-length").map_or(Some(0), |length| length.parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { line, headers, body: String::from_utf8(body).ok()? })
}

/// Whether the connection goes on.
fn play(stream: &mut TcpStream, script: &Script, seen: &Seen) -> bool {
    match script {
        Script::Say(answer) => stream.write_all(answer.as_bytes()).is_ok(),
        Script::Tell(answer) => stream.write_all(answer.as_bytes()).is_ok(),
        Script::BreakOff(beginning) => {
            let _ = stream.write_all(beginning.as_bytes());
            false
        }
        Script::Drip(beginning) => {
            repeat(stream, beginning, b"x", Duration::from_millis(20), seen);
            false
        }
        Script::Flood(beginning) => {
            repeat(stream, beginning, &[b'x'; 4096], Duration::ZERO, seen);
            false
        }
        Script::SayNothing => {
            let _ = stream.read(&mut [0]);
            false
        }
        Script::HangUp => false,
    }
}

/// Writes until the other side has had enough.
fn repeat(stream: &mut TcpStream, beginning: &str, more: &[u8], pause: Duration, seen: &Seen) {
    let mut written = stream.write_all(beginning.as_bytes());
    while written.is_ok() && !seen.stopped.load(Ordering::SeqCst) {
        thread::sleep(pause);
        written = stream.write_all(more);
    }
}
