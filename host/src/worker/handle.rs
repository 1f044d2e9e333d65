//! A loop from outside: what others tell it, and how it is stopped.

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Status, Word};
use crate::domain::{InstructionId, Signal, TenantId, limits};

/// The outside of one loop.
pub struct Handle {
    pub(super) words: SyncSender<Word>,
    pub(super) signal: Arc<Signal>,
    pub(super) status: Arc<Status>,
    /// None once it was waited for.
    pub(super) thread: Mutex<Option<JoinHandle<()>>>,
}

/// The loop did not take the word.
#[derive(Debug, thiserror::Error)]
#[error("the partition is busy or has stopped: try again")]
pub struct Busy;

impl Handle {
    /// How far the loop is.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Has dead letters and waiting messages tried again at once. Returns how many of them this partition holds.
    pub fn redeliver(&self, tenant: &TenantId, ids: Vec<InstructionId>) -> Result<usize, Busy> {
        let (reply, answer) = sync_channel(1);
        self.tell(Word::Redeliver(tenant.clone(), ids, reply))?;
        answer.recv_timeout(limits::DOOR_ANSWER_MAX).map_err(|_| Busy)
    }

    /// Has a tenant's counters added up again, unless that is under way.
    pub fn recount(&self, tenant: &TenantId) -> Result<(), Busy> {
        let (reply, answer) = sync_channel(1);
        self.tell(Word::Recount(tenant.clone(), reply))?;
        answer.recv_timeout(limits::DOOR_ANSWER_MAX).map(drop).map_err(|_| Busy)
    }

    /// Has the loop end after a last sync, and waits for that.
    pub fn stop(&self) {
        while let Err(TrySendError::Full(_)) = self.words.try_send(Word::Stop) {
            thread::sleep(Duration::from_millis(1));
        }
        self.signal.raise();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a worker's thread panicked");
        }
    }

    fn tell(&self, word: Word) -> Result<(), Busy> {
        self.words.try_send(word).map_err(|_| Busy)?;
        self.signal.raise();
        Ok(())
    }
}

/// A house that was not stopped in order leaves no loops behind either: they end by themselves.
impl Drop for Handle {
    fn drop(&mut self) {
        // No room for it, or a loop that has ended: either way there is nobody left to wait for it.
        let _ = self.words.try_send(Word::Stop);
        self.signal.raise();
    }
}
