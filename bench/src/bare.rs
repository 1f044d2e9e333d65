//! The floor of the pipeline: a server that checks the signature, appends the body to a file and answers when it is on disk, and
//! does nothing else. Run as a process of its own by this same program.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::load::sign;
use crate::server::Server;

/// How this program is told to be the bare server.
pub(crate) const COMMAND: &str = "serve-bare";
/// Requests that wait for the file at one time: as many as for the house's journal.
const WAITING_MAX: usize = rekindle::domain::limits::APPENDS_WAITING_MAX;

/// A body, and who waits for it to be on disk.
type Append = (Bytes, oneshot::Sender<()>);

/// Starts it over a directory.
pub(crate) fn start(data: &Path) -> Result<Server> {
    Server::launch(Command::new(std::env::current_exe()?).arg(COMMAND).arg(data.join("bare")))
}

/// Is the bare server, until it is killed.
#[expect(clippy::print_stdout, reason = "who started it waits for this line")]
pub(crate) fn serve() -> Result<()> {
    let path = std::env::args().nth(2).context("the bare server needs a file")?;
    let file = File::create(&path).with_context(|| format!("cannot make `{path}`"))?;
    let (appends, waiting) = sync_channel(WAITING_MAX);
    thread::spawn(move || write(file, &waiting));
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", json!({"listening": format!("http://{}", listener.local_addr()?)}));
        let router = Router::new().route("/in", post(take)).layer(DefaultBodyLimit::disable()).with_state(appends);
        Ok(axum::serve(listener, router).await?)
    })
}

async fn take(State(appends): State<SyncSender<Append>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(signed) = first_element(&body) else { return StatusCode::BAD_REQUEST };
    if headers.get("x-signature").is_none_or(|signature| signature.as_bytes() != sign(signed).as_bytes()) {
        return StatusCode::UNAUTHORIZED;
    }
    let (done, is_done) = oneshot::channel();
    if appends.try_send((body, done)).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    is_done.await.map_or(StatusCode::SERVICE_UNAVAILABLE, |()| StatusCode::OK)
}

/// What Segment signs: the body, or a batch's first element.
fn first_element(body: &[u8]) -> Option<&[u8]> {
    let Some(elements) = body.strip_prefix(b"[") else { return Some(body) };
    let mut elements = serde_json::Deserializer::from_slice(elements).into_iter::<&RawValue>();
    Some(elements.next()?.ok()?.get().as_bytes())
}

/// Writes what waits and flushes once for all of it.
fn write(mut file: File, waiting: &Receiver<Append>) {
    while let Ok(first) = waiting.recv() {
        let group: Vec<Append> = std::iter::once(first).chain(waiting.try_iter()).collect();
        let bytes: Vec<u8> = group.iter().flat_map(|(body, _)| body.iter().copied()).collect();
        file.write_all(&bytes).and_then(|()| file.sync_data()).expect("the file should take what comes");
        for (_, done) in group {
            // Who sent it may be gone.
            let _ = done.send(());
        }
    }
}
