//! The backstop's beat: a thread that moves the engine's epoch on. A plain thread, because whatever may be blocked or
//! starved by a guest cannot be trusted to stop it.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};

use wasmtime::Engine;

use crate::domain::limits;

/// Ticks until it is dropped.
pub(super) struct Ticker {
    /// Dropped first: that ends the thread.
    alive: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts to tick.
    pub(super) fn start(engine: &Engine) -> std::io::Result<Self> {
        let (alive, ended) = mpsc::channel();
        let engine = engine.clone();
        let thread = thread::Builder::new().name("sandbox-epoch".to_owned()).spawn(move || {
            while ended.recv_timeout(limits::EPOCH_TICK) == Err(RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        })?;
        Ok(Self { alive: Some(alive), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.alive.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the ticker should do nothing that can panic");
        }
    }
}
