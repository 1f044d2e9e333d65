//! The provider: notes every message that reaches it before it answers, and answers badly now and then.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fastrand::Rng;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

/// How a message was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 200.
    Taken,
    /// 500.
    Failed,
    /// It was taken, and the connection closed without an answer.
    Reset,
    /// It was taken, and nothing was ever answered.
    Silent,
}

/// A message as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// The tenant, by the path.
    pub(crate) tenant: String,
    /// What it says, without the attempt's number.
    pub(crate) body: Value,
    /// In which life of the server.
    pub(crate) life: u32,
    pub(crate) answer: Answer,
}

/// All that arrived, by id.
pub(crate) type Messages = BTreeMap<String, Vec<Received>>;

/// A provider on loopback.
pub(crate) struct Provider {
    pub(crate) url: String,
    desk: Arc<Desk>,
}

struct Desk {
    messages: Mutex<Messages>,
    chance: Mutex<Rng>,
    life: AtomicU32,
    reopenings: AtomicU32,
    is_calm: AtomicBool,
}

impl Provider {
    pub(crate) async fn open(rng: Rng) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let desk = Arc::new(Desk {
            messages: Mutex::default(),
            chance: Mutex::new(rng),
            life: AtomicU32::new(0),
            reopenings: AtomicU32::new(0),
            is_calm: AtomicBool::new(false),
        });
        tokio::spawn(serve(listener, Arc::clone(&desk)));
        Ok(Self { url, desk })
    }

    /// Another life of the server begins.
    pub(crate) fn next_life(&self) {
        self.desk.life.fetch_add(1, Ordering::SeqCst);
    }

    /// The server opens files again and loses what was not synced, as by a kill, but keeps its connections.
    pub(crate) fn reopening(&self) {
        self.desk.reopenings.fetch_add(1, Ordering::SeqCst);
    }

    /// From now on every answer is good.
    pub(crate) fn calm_down(&self) {
        self.desk.is_calm.store(true, Ordering::SeqCst);
    }

    /// How many messages arrived, repetitions not counted.
    pub(crate) fn count(&self) -> usize {
        lock(&self.desk.messages).len()
    }

    pub(crate) fn messages(&self) -> Messages {
        lock(&self.desk.messages).clone()
    }
}

async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(attend(stream, Arc::clone(&desk)));
    }
}

async fn attend(stream: TcpStream, desk: Arc<Desk>) {
    let life = desk.life.load(Ordering::SeqCst);
    let answer = service_fn(|request| {
        let desk = Arc::clone(&desk);
        async move { desk.answer(request, life).await }
    });
    // A connection that is reset ends with an error here.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

impl Desk {
    async fn answer(&self, request: Request<Incoming>, life: u32) -> io::Result<Response<Empty<Bytes>>> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let id = header("webhook-id").unwrap_or_default();
        let tenant = request.uri().path().trim_start_matches('/').to_owned();
        // A request that its sender did not live to finish says nothing.
        let bytes = request.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
        let (answer, life) = (self.draw(), life + self.reopenings.load(Ordering::SeqCst));
        let received = Received { tenant, body: without_attempt(&bytes), life, answer };
        lock(&self.messages).entry(id).or_default().push(received);
        match answer {
            Answer::Taken => Ok(Response::new(Empty::new())),
            Answer::Failed => {
                let mut response = Response::new(Empty::new());
                *response.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
                Ok(response)
            }
            Answer::Reset => Err(io::ErrorKind::ConnectionReset.into()),
            Answer::Silent => match std::future::pending::<Infallible>().await {},
        }
    }

    fn draw(&self) -> Answer {
        let drawn = lock(&self.chance).u8(0..100);
        match drawn {
            _ if self.is_calm.load(Ordering::SeqCst) => Answer::Taken,
            0..4 => Answer::Failed,
            4..7 => Answer::Reset,
            7..9 => Answer::Silent,
            _ => Answer::Taken,
        }
    }
}

fn without_attempt(bytes: &[u8]) -> Value {
    let mut body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    if let Some(data) = body["data"].as_object_mut() {
        data.remove("attempt");
    }
    body
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
