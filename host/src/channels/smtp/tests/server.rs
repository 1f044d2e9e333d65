//! A mail server on 127.0.0.1 that misbehaves by script, on plain threads and sockets, so that it shares no code with what it tests.
//! It keeps what it was told.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a server does where it should answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Say(&'static str),
    /// An answer with this number, in words that repeat all that it was told.
    Repeat(&'static str),
    /// Says this and goes.
    BreakOff(&'static str),
    SayNothing,
    /// A byte of no answer now and then.
    Drip,
    /// An answer without an end.
    Flood,
}

/// How a server behaves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Script {
    pub(super) greeting: Act,
    /// What it offers beside its name.
    pub(super) offers: &'static [&'static str],
    /// What it does at a word of the client's (`TEXT` is the end of a message), where that is not what is usual.
    pub(super) acts: &'static [(&'static str, Act)],
}

impl Script {
    pub(super) const PLAIN: Self = Self { greeting: Act::Say("220 mail.example ESMTP"), offers: &[], acts: &[] };

    fn act(&self, word: &str) -> Act {
        let scripted = self.acts.iter().find(|(at, _)| *at == word);
        scripted.map_or_else(|| usual(word), |(_, act)| *act)
    }
}

fn usual(word: &str) -> Act {
    Act::Say(match word {
        "STARTTLS" => "220 2.0.0 ready",
        "AUTH" => "235 2.7.0 welcome",
        "DATA" => "354 go on",
        "QUIT" => "221 2.0.0 bye",
        "TEXT" => "250 2.0.0 kept as 42",
        _ => "250 2.1.0 ok",
    })
}

/// When a server speaks TLS.
#[derive(Clone)]
pub(super) enum Tls {
    Never,
    AtOnce(Arc<ServerConfig>),
    WhenAsked(Arc<ServerConfig>),
}

/// A server that runs until it is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Of each connection, what the client said, line by line; `(TLS)` where encryption began.
    conversations: Mutex<Vec<Vec<String>>>,
    stopped: AtomicBool,
}

impl Server {
    pub(super) fn start(script: Script, tls: Tls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let seen = Arc::clone(&server.seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if seen.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (seen, tls) = (Arc::clone(&seen), tls.clone());
                thread::spawn(move || serve(stream, script, &tls, &seen));
            }
        });
        server
    }

    /// Nobody listens at its address any more.
    pub(super) fn gone() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    pub(super) fn conversations(&self) -> Vec<Vec<String>> {
        self.seen.conversations.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.seen.stopped.store(true, Ordering::SeqCst);
        // Wakes the one who accepts; where nobody does, there is nobody to wake.
        let _ = TcpStream::connect(self.address);
    }
}

trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

fn encrypted(stream: TcpStream, config: &Arc<ServerConfig>) -> Box<dyn Wire> {
    Box::new(StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), stream))
}

fn serve(stream: TcpStream, script: Script, tls: &Tls, seen: &Arc<Seen>) {
    let number = {
        let mut conversations = seen.conversations.lock().unwrap();
        conversations.push(Vec::new());
        conversations.len() - 1
    };
    let plain = stream.try_clone().unwrap();
    let wire: Box<dyn Wire> = match tls {
        Tls::AtOnce(config) => encrypted(stream, config),
        Tls::Never | Tls::WhenAsked(_) => Box::new(stream),
    };
    let mut conversation = Conversation { wire, number, seen };
    // However it ends, what was said is kept.
    let _ = conversation.hold(script, tls, plain);
}

struct Conversation<'a> {
    wire: Box<dyn Wire>,
    number: usize,
    seen: &'a Seen,
}

impl Conversation<'_> {
    fn hold(&mut self, script: Script, tls: &Tls, plain: TcpStream) -> io::Result<()> {
        self.play(script.greeting)?;
        while let Some(line) = self.hear()? {
            let word = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match word.as_str() {
                "EHLO" if script.act("EHLO") == usual("EHLO") => self.offer(script.offers)?,
                _ => self.play(script.act(&word))?,
            }
            let is_ready = matches!(script.act(&word), Act::Say(line) if line.starts_with("220"));
            if let ("STARTTLS", Tls::WhenAsked(config), true) = (word.as_str(), tls, is_ready) {
                self.wire = encrypted(plain.try_clone()?, config);
                self.keep("(TLS)");
            }
            if word == "DATA" && script.act("DATA") == usual("DATA") {
                while self.hear()?.is_some_and(|line| line != ".") {}
                self.play(script.act("TEXT"))?;
            }
        }
        Ok(())
    }

    fn offer(&mut self, offers: &[&str]) -> io::Result<()> {
        let lines = [&["mail.example"], offers].concat();
        let (last, first) = lines.split_last().unwrap();
        let first: String = first.iter().map(|line| format!("250-{line}\r\n")).collect();
        self.say(&format!("{first}250 {last}"))
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        self.wire.write_all(format!("{line}\r\n").as_bytes())?;
        self.wire.flush()
    }

    fn keep(&self, line: &str) {
        self.seen.conversations.lock().unwrap()[self.number].push(line.to_owned());
    }

    /// A line without its end; none where the client is gone.
    fn hear(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            if self.wire.read(&mut byte)? == 0 {
                return Ok(None);
            }
            line.push(byte[0]);
        }
        let line = String::from_utf8_lossy(&line[..line.len() - 2]).into_owned();
        self.keep(&line);
        Ok(Some(line))
    }

    fn play(&mut self, act: Act) -> io::Result<()> {
        match act {
            Act::Say(line) => self.say(line),
            Act::Repeat(number) => {
                let told = self.seen.conversations.lock().unwrap()[self.number].join(" ");
                let told: String = told.chars().rev().take(600).collect::<Vec<_>>().into_iter().rev().collect();
                self.say(&format!("{number} {told}"))
            }
            Act::BreakOff(line) => {
                self.wire.write_all(line.as_bytes())?;
                self.wire.flush()?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Act::SayNothing => {
                while self.hear()?.is_some() {}
                Ok(())
            }
            Act::Drip => self.write_until_stopped(b"2", Duration::from_millis(20)),
            Act::Flood => self.write_until_stopped(&[b'2'; 4096], Duration::ZERO),
        }
    }

    /// Writes until the other side has had enough.
    fn write_until_stopped(&mut self, bytes: &[u8], pause: Duration) -> io::Result<()> {
        while !self.seen.stopped.load(Ordering::SeqCst) {
            self.wire.write_all(bytes)?;
            self.wire.flush()?;
            thread::sleep(pause);
        }
        Ok(())
    }
}
