//! A provider behind the webhook channel: records what it is sent, and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::sync::{Semaphore, watch};

/// Answers without a pause: more than any test wants.
const PERMITS: usize = 1 << 20;

const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

/// One request that a provider got.
#[derive(Debug, Clone)]
pub struct Received {
    /// `webhook-id`.
    pub id: String,
    /// Whether the signature is the one that Standard Webhooks asks for.
    pub is_signed: bool,
    /// The body.
    pub body: Value,
    /// Requests that were waiting for an answer when it came, itself among them.
    pub waiting: usize,
}

/// A server on loopback.
pub struct Provider {
    url: String,
    desk: Arc<Desk>,
}

struct Desk {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<(StatusCode, Option<&'static str>, &'static str)>>,
    /// What is answered where nothing else was said.
    usual: Mutex<StatusCode>,
    /// An answer takes a permit.
    permits: Semaphore,
    waiting: watch::Sender<usize>,
}

impl Provider {
    /// Opens on a free port.
    pub async fn open() -> Self {
        let desk = Arc::new(Desk {
            received: Mutex::default(),
            answers: Mutex::default(),
            usual: Mutex::new(StatusCode::OK),
            permits: Semaphore::new(PERMITS),
            waiting: watch::Sender::default(),
        });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&desk));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port should be free");
        let url = format!("http://{}/hook", listener.local_addr().expect("a listener should have an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, desk }
    }

    /// Where to post.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What to sign with.
    pub fn secret(&self) -> String {
        format!("whsec_{}", STANDARD.encode(KEY))
    }

    /// The next requests are answered so, in order; after them, as usual. With a `Retry-After` where one is given.
    pub fn will_answer(&self, answers: impl IntoIterator<Item = (u16, Option<&'static str>)>) {
        let answers = answers.into_iter().map(|(status, retry_after)| {
            (StatusCode::from_u16(status).expect("a status should be one"), retry_after, "")
        });
        self.desk.answers.lock().expect("the desk should be in order").extend(answers);
    }

    /// Everything is answered so from now on; before, by 200.
    pub fn usually_answers(&self, status: u16) {
        *self.desk.usual.lock().expect("the desk should be in order") =
            StatusCode::from_u16(status).expect("a status should be one");
    }

    /// Keeps requests waiting from now on.
    pub fn hold(&self) {
        self.desk.permits.forget_permits(PERMITS);
    }

    /// Answers one request of those that it keeps waiting.
    pub fn let_one_go(&self) {
        self.desk.permits.add_permits(1);
    }

    /// Keeps nobody waiting any more.
    pub fn let_all_go(&self) {
        self.desk.permits.add_permits(PERMITS);
    }

    /// Until so many requests wait.
    pub async fn until_waiting(&self, count: usize) {
        let mut waiting = self.desk.waiting.subscribe();
        waiting.wait_for(|waiting| *waiting == count).await.expect("the provider should be there");
    }

    /// The next request is answered by 200 and that body.
    pub fn will_say(&self, body: &'static str) {
        self.desk.answers.lock().expect("the desk should be in order").push_back((StatusCode::OK, None, body));
    }

    /// Everything so far, in order.
    pub fn received(&self) -> Vec<Received> {
        self.desk.received.lock().expect("the desk should be in order").clone()
    }
}

impl Desk {
    /// Writes down a request, which waits from now on.
    fn take(&self, received: impl FnOnce(usize) -> Received) {
        let mut all = self.received.lock().expect("the desk should be in order");
        self.waiting.send_modify(|waiting| *waiting += 1);
        let waiting = *self.waiting.borrow();
        all.push(received(waiting));
    }

    fn answer(&self) -> (StatusCode, Option<&'static str>, &'static str) {
        let next = self.answers.lock().expect("the desk should be in order").pop_front();
        next.unwrap_or_else(|| (*self.usual.lock().expect("the desk should be in order"), None, ""))
    }
}

async fn receive(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, &'static str) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (id, timestamp, signature) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    let is_signed = signature.split(' ').any(|one| one == expected(&id, &timestamp, &body));
    desk.take(|waiting| Received { id, is_signed, body: serde_json::from_slice(&body).unwrap_or_default(), waiting });
    desk.permits.acquire().await.expect("the provider should be there").forget();
    desk.waiting.send_modify(|waiting| *waiting -= 1);
    let (status, retry_after, said) = desk.answer();
    let retry_after =
        retry_after.map(|value| (axum::http::header::RETRY_AFTER, value.parse().expect("a header should be one")));
    (status, retry_after.into_iter().collect(), said)
}

/// Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
fn expected(id: &str, timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).expect("HMAC should take a key of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}
