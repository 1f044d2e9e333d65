//! A provider behind a webhook's channel, on loopback: it notes what it is sent and when, and answers after a while, or never. Until it is
//! opened it is not there, and connections to it are refused at once.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::{Router, routing::post};
use rekindle::domain::{Clock, SystemClock, Timestamp};
use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;

/// Connections that wait to be taken: more than the server opens to all of them.
const BACKLOG: u32 = 1_024;

/// What became of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) promised: Timestamp,
    pub(crate) at: Timestamp,
    /// Requests that waited for an answer then, its own among them.
    pub(crate) waiting: usize,
}

/// When it answers; never, where there is none.
pub(crate) type Answers = Option<Duration>;

/// A provider that is not there yet. It keeps its address.
pub(crate) struct Absent {
    address: SocketAddr,
    socket: TcpSocket,
}

/// A provider, as long as its runtime runs.
pub(crate) struct Provider {
    desk: Arc<Desk>,
}

struct Desk {
    answers: Answers,
    waiting: AtomicUsize,
    arrivals: Mutex<Vec<Arrival>>,
}

impl Absent {
    pub(crate) fn new() -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        Ok(Self { address: socket.local_addr()?, socket })
    }

    /// Where to post.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Takes connections from now on.
    pub(crate) fn open(self, runtime: &Runtime, answers: Answers) -> Result<Provider> {
        let _inside = runtime.enter();
        let listener = self.socket.listen(BACKLOG)?;
        let desk = Arc::new(Desk { answers, waiting: AtomicUsize::new(0), arrivals: Mutex::default() });
        let router = Router::new().route("/", post(take)).with_state(Arc::clone(&desk));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(Provider { desk })
    }
}

impl Provider {
    /// How many came.
    pub(crate) fn count(&self) -> usize {
        self.desk.arrivals().len()
    }

    /// What came since this was asked last.
    pub(crate) fn take_arrivals(&self) -> Vec<Arrival> {
        std::mem::take(&mut self.desk.arrivals())
    }
}

impl Desk {
    fn arrivals(&self) -> MutexGuard<'_, Vec<Arrival>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take(State(desk): State<Arc<Desk>>, Json(message): Json<Value>) -> StatusCode {
    let at = SystemClock.now();
    let Some(promised) = promised(&message) else { return StatusCode::BAD_REQUEST };
    let waiting = desk.waiting.fetch_add(1, Ordering::SeqCst) + 1;
    desk.arrivals().push(Arrival { promised, at, waiting });
    match desk.answers {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
    desk.waiting.fetch_sub(1, Ordering::SeqCst);
    StatusCode::OK
}

/// When a message was promised, as the webhook's body says.
fn promised(message: &Value) -> Option<Timestamp> {
    let moment: jiff::Timestamp = message["timestamp"].as_str()?.parse().ok()?;
    Some(Timestamp::from_millis(moment.as_millisecond()))
}
