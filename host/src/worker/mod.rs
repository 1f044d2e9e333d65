//! The worker: one loop per partition, one cause at a time, in order. It turns causes into effects, commits them whole, and lets
//! nothing out of the house that is not durable: the outbox is looked at only right after a sync.

mod batch;
mod crew;
mod draft;
mod erasure;
mod ledger;
mod messages;
mod person;
mod quarantine;
mod roster;
mod settlement;
mod status;
mod step;
mod triggers;

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use batch::{Batch, Tools};
pub use crew::Crew;
pub use ledger::{Decided, Failed, FailureRow, Fate, Judged, LedgerRow, What};
pub use messages::MessageRow;
pub use quarantine::QuarantineRow;
pub use roster::{Campaigns, Decider, Enlisted, Roster};
pub use status::Status;

use crate::channels::Switchboard;
use crate::domain::{Clock, InstructionId, Position, Signal, Stopwatch, TenantId, Timestamp, limits};
use crate::faults::{self, Promise};
use crate::outbox::{DeathCause, Dispatcher, Entry as Promised, Lane, RecordError as EntryError, Settlement};
use crate::profiles::RecordError;
use crate::store::{Entry, OutboxRow, Partition, Pulled, Reports, StoreError};

/// What every loop shares.
pub struct Shared {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who is asked.
    pub roster: Arc<Roster>,
    /// Looks from outside.
    pub reports: Arc<dyn Reports>,
    /// Which channel a tenant's messages take.
    pub switchboard: Arc<Switchboard>,
    /// Takes messages to their providers.
    pub dispatcher: Dispatcher,
    /// How long a commit may wait for its sync.
    pub sync_beat: Duration,
}

/// Why a batch came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Profile(#[from] RecordError),
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error("a record cannot be read: {0}")]
    Record(#[from] serde_json::Error),
}

/// What others tell a loop.
enum Word {
    /// A message came back from its provider, which goes by that name. It counts as under way until this is dropped.
    Settled(Settlement, &'static str),
    /// A message's campaign is paused.
    Postpone(Promised),
    /// A message is not to go out any more, and why.
    GiveUp(Promised, DeathCause),
    /// These are to be tried again at once; the answer is how many are here.
    Redeliver(TenantId, Vec<InstructionId>, SyncSender<usize>),
    /// The loop is to end.
    Stop,
}

/// The outside of one loop.
pub struct Handle {
    words: SyncSender<Word>,
    signal: Arc<Signal>,
    status: Arc<Status>,
    /// None once it was waited for.
    thread: Mutex<Option<JoinHandle<()>>>,
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

/// Starts the loop of one partition on a thread of its own.
pub fn start(partition: Box<dyn Partition>, signal: Arc<Signal>, shared: Arc<Shared>) -> std::io::Result<Handle> {
    let (words, inbox) = sync_channel(limits::COMMANDS_WAITING_MAX);
    let (outlet, home) = sync_channel(limits::DISPATCHED_MAX);
    let status = Arc::new(Status::default());
    shared.clock.raise_on_jump(&signal);
    let worker = Worker {
        partition,
        lane: shared.dispatcher.lane(Arc::clone(&signal)),
        shared,
        signal: Arc::clone(&signal),
        inbox,
        outlet,
        home,
        status: Arc::clone(&status),
        words: Vec::new(),
        pending: VecDeque::new(),
        passed: Position::default(),
        looked_at: None,
        has_promised: false,
        is_held_up: false,
        since_sync: None,
        stopping: false,
    };
    let name = format!("partition-{}", worker.partition.slots().start);
    let thread = thread::Builder::new().name(name).spawn(move || worker.run())?;
    Ok(Handle { words, signal, status, thread: Mutex::new(Some(thread)) })
}

struct Worker {
    partition: Box<dyn Partition>,
    lane: Lane,
    shared: Arc<Shared>,
    signal: Arc<Signal>,
    /// From administrators.
    inbox: Receiver<Word>,
    /// For messages that come back: as many places as the lane has.
    outlet: SyncSender<Word>,
    home: Receiver<Word>,
    status: Arc<Status>,
    /// What others and the loop itself said, for the next batch; kept until that is committed.
    words: Vec<Word>,
    /// Pulled and not consumed.
    pending: VecDeque<Entry>,
    /// Up to here there is nothing but `pending`.
    passed: Position,
    /// The last entry of the outbox that was looked at, when there are more behind it that are due.
    looked_at: Option<OutboxRow>,
    /// There may be entries that the look under way began too early to see.
    has_promised: bool,
    /// Entries are due that cannot go out: their channel is busy.
    is_held_up: bool,
    /// Since when there are commits that are not synced; none when all are.
    since_sync: Option<Stopwatch>,
    stopping: bool,
}

impl Worker {
    fn run(mut self) {
        let guard = status::Guard::new(Arc::clone(&self.status));
        self.passed = self.partition.position();
        while !self.stopping {
            match self.turn() {
                Ok(patience) => self.signal.wait(patience),
                Err(WorkerError::Store(StoreError::Unavailable(reason))) => self.rest(&reason),
                Err(err) => {
                    tracing::error!(%err, slots = ?self.partition.slots(), "a partition cannot go on");
                    return;
                }
            }
        }
        guard.leave();
    }

    /// Everything that can be done now. Returns how long there is nothing to do unless somebody signals; forever when none.
    fn turn(&mut self) -> Result<Option<Duration>, WorkerError> {
        let now = self.shared.clock.now();
        let has_committed = self.commit_batch(now)?;
        let is_beat = self.since_sync.is_some_and(|since| since.elapsed() >= faults::sync_beat(self.shared.sync_beat));
        if is_beat || self.stopping {
            self.sync()?;
        }
        if (self.since_sync.is_none() || faults::breaks(Promise::SyncedFirst)) && !self.stopping {
            self.dispatch(now)?;
        }
        if has_committed {
            return Ok(Some(Duration::ZERO));
        }
        self.patience(now)
    }

    fn patience(&self, now: Timestamp) -> Result<Option<Duration>, WorkerError> {
        if !self.words.is_empty() {
            return Ok(Some(Duration::ZERO));
        }
        if let Some(since) = self.since_sync {
            return Ok(Some(self.shared.sync_beat.saturating_sub(since.elapsed())));
        }
        if self.looked_at.is_some() || self.has_promised {
            return Ok(Some(Duration::ZERO));
        }
        // Entries that are due now are at their providers, or somebody signals when there is room for them.
        let moments = [self.partition.next_due()?, self.partition.outbox_next_due(now)?];
        let next = moments.into_iter().flatten().min();
        if !self.is_held_up {
            self.status.idle(self.passed, now, next);
        }
        let patience = next.map_or(Some(limits::IDLE_LOOK_AGAIN), |next| self.shared.clock.sleep_until(next));
        Ok(patience.map(|patience| patience.min(limits::IDLE_LOOK_AGAIN)))
    }

    /// Turns what is there into one commit. False when there was nothing.
    fn commit_batch(&mut self, now: Timestamp) -> Result<bool, WorkerError> {
        // First, so that a loop whose store is gone still hears that it is to stop.
        self.listen();
        self.pull()?;
        let horizon = self.pending.back().map_or(now, |last| last.arrived);
        let tools = Tools {
            partition: self.partition.as_ref(),
            reports: self.shared.reports.as_ref(),
            roster: &self.shared.roster,
            now,
        };
        let mut batch = Batch::open(tools, horizon)?;
        let consumed = batch.consume_all(&self.pending)?;
        let (came_back, replies) = settlement::heed(&mut batch, &self.words, now)?;
        let upto = self.pending.get(consumed).map_or(self.passed, |next| next.position);
        let (commit, causes) = batch.close(upto);
        let has_passed_much = upto.0 - self.partition.position().0 > limits::PASSED_BYTES_MAX;
        if causes == 0 && self.words.is_empty() && !has_passed_much {
            return Ok(false);
        }
        self.status.busy();
        self.partition.commit(commit)?;
        self.since_sync.get_or_insert_with(Stopwatch::start);
        self.has_promised = true;
        self.pending.drain(..consumed);
        self.words.clear();
        self.status.settled(came_back);
        for (reply, count) in replies {
            // Who asked may have given up waiting.
            let _ = reply.try_send(count);
        }
        metrics::counter!("rekindle_worker_causes_total").increment(causes);
        Ok(true)
    }

    /// Takes in what others said since the last batch.
    fn listen(&mut self) {
        self.words.extend(self.home.try_iter().chain(self.inbox.try_iter()));
        self.stopping |= self.words.iter().any(|word| matches!(word, Word::Stop));
    }

    fn pull(&mut self) -> Result<(), WorkerError> {
        if self.pending.is_empty() {
            let Pulled { entries, upto } = self.partition.pull(self.passed, limits::COMMIT_CAUSES_MAX)?;
            self.pending = entries.into();
            self.passed = upto;
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), WorkerError> {
        self.partition.sync()?;
        self.since_sync = None;
        Ok(())
    }

    /// The store did not answer: what was pulled is forgotten, and the loop goes on at the committed position.
    fn rest(&mut self, reason: &str) {
        tracing::warn!(reason, slots = ?self.partition.slots(), "the store is unavailable; trying again");
        self.pending.clear();
        self.passed = self.partition.position();
        // Not waiting for the signal: every arrival raises it.
        thread::sleep(limits::STORE_REST);
    }
}

#[cfg(test)]
mod tests;
