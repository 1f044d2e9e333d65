//! The accept loop: connections bounded in number and per address, every wait for a client bounded in time, and an orderly
//! end. HTTP/1.1, and HTTP/2 where a client begins with it. Not `axum::serve`, which waits for a head for ever.
//!
//! A connection is one task. Its stream and its requests note what happens in its `progress`; on a beat the task looks whether
//! it is overdue. Nothing here knows what is asked or answered.

mod body;
mod bounds;
mod connection;
mod places;
mod progress;
mod stream;

use std::io::{self, Write};
use std::net::SocketAddr;

use axum::Router;
use metrics::counter;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

pub use self::bounds::{Bounds, Pace};
use self::places::{Full, Places};
use crate::domain::limits;

/// Listens there, with room for a crowd that comes at once.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // So that a restart need not wait for connections of before to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(limits::CONNECTIONS_WAITING_MAX)
}

/// Serves until `stop` says so; then lets requests under way end, for at most `limits::DRAIN_REQUESTS_MAX`.
pub(crate) async fn serve(listener: TcpListener, router: Router, bounds: Bounds, mut stop: watch::Receiver<bool>) {
    let places = Places::new(bounds.connections, bounds.connections_per_address);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => match places.take(peer.ip()) {
                Ok(place) => connection::attend(stream, place, router.clone(), bounds, stop.clone()),
                Err(full) => turn_away(stream, full),
            },
            // Out of file descriptors, say: others will close theirs.
            Err(err) => {
                tracing::warn!(%err, "a connection could not be accepted");
                tokio::time::sleep(limits::ACCEPT_REST).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(limits::DRAIN_REQUESTS_MAX, places.all_free()).await.is_err() {
        tracing::warn!("requests were still under way when their time was up");
    }
}

/// Says that there is no place, and closes. Whoever speaks HTTP/2 does not understand it, and sees a connection that ends.
fn turn_away(stream: TcpStream, full: Full) {
    counter!("rekindle_connections_refused_total", "full" => full.as_str()).increment(1);
    let after = limits::RETRY_AFTER.as_secs();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: {after}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    if let Err(err) = say(stream, answer.as_bytes()) {
        tracing::debug!(%err, "a connection was turned away without a word");
    }
}

/// Never waits: a new connection's buffer takes this much at once.
fn say(stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    let mut stream = stream.into_std()?;
    stream.write_all(answer)?;
    stream.shutdown(std::net::Shutdown::Write)
}
