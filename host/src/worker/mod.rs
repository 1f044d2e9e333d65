//! The worker: one loop per partition, one cause at a time, in order. It turns causes into effects, commits them whole, and lets
//! nothing out of the house that is not durable: the outbox is looked at only right after a sync.

mod agenda;
mod aside;
mod batch;
mod bookkeeping;
mod catalogue;
mod catch_up;
mod consequences;
mod crew;
mod draft;
mod due;
mod echo;
mod erasure;
mod error;
mod fanout;
mod handle;
mod identity;
mod inquiries;
mod interaction;
mod messages;
mod moments;
mod person;
mod quarantine;
mod recount;
mod redelivery;
mod roster;
mod settlement;
mod shares;
mod shift;
mod status;
mod step;
mod suspension;
mod sweep;
mod sweeping;
mod timers;
mod trials;
mod triggers;
mod verdicts;

use std::collections::{BTreeSet, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use agenda::Agenda;
pub use aside::Aside;
use batch::{Closed, Tools};
pub use crew::{Crew, Restless, StartError};
pub use erasure::{ErasureRow, Removed};
use error::WorkerError;
pub use fanout::changes_asked;
pub use handle::{Busy, Handle};
use inquiries::Inquiries;
pub use messages::MessageRow;
pub use quarantine::QuarantineRow;
pub use recount::{RecountError, RecountRow, recounts};
pub use redelivery::{Obstacle, obstacle};
pub use roster::{Campaigns, Decider, Enlisted, Roster, Standing};
use shares::Shares;
use shift::{Fairness, Shift, Window};
pub use status::Status;
pub use suspension::{Streak, Suspension};
pub use sweep::{QuestionRow, SweepRow};

use crate::channels::Switchboard;
use crate::domain::{Backlog, Clock, InstructionId, Position, Signal, Stopwatch, TenantId, Timestamp, Waiting, limits};
use crate::faults::{self, Promise};
use crate::outbox::{DeathCause, Dispatcher, Entry as Promised, Lane, Settlement};
use crate::store::{Entry, Partition, Pulled, Reports, StoreError};

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
    /// What waits for its tenant's turn.
    pub backlog: Arc<Backlog>,
    /// Who decides what is likely to take long.
    pub aside: Arc<Aside>,
    /// Told of every campaign that is no longer asked, to make it last. It must not block.
    pub suspend: Box<dyn Fn(Suspension) + Send + Sync>,
}

/// What others tell a loop.
enum Word {
    /// A message came back from its provider, which goes by that name. It counts as under way until this is dropped.
    Settled(Settlement, &'static str),
    /// A message's campaign is paused.
    Postpone(Promised),
    /// It was long ago that a message was let through.
    Judge(Promised),
    /// A message is not to go out any more, and why.
    GiveUp(Promised, DeathCause),
    /// These are to be tried again at once; the answer is how many are here.
    Redeliver(TenantId, Vec<InstructionId>, SyncSender<usize>),
    /// A tenant's counters are to be added up again; the answer comes once that has begun.
    Recount(TenantId, SyncSender<usize>),
    /// The loop is to end.
    Stop,
}

/// Starts the loop of one partition on a thread of its own.
fn start(partition: Box<dyn Partition>, signal: Arc<Signal>, shared: Arc<Shared>) -> std::io::Result<Handle> {
    let (words, inbox) = sync_channel(limits::COMMANDS_WAITING_MAX);
    shared.clock.raise_on_jump(&signal);
    let worker = Worker::new(partition, Arc::clone(&signal), Arc::clone(&shared), inbox);
    let status = Arc::clone(&worker.status);
    shared.roster.on_change({
        let (status, signal) = (Arc::clone(&status), Arc::clone(&signal));
        move || {
            status.busy();
            signal.raise();
        }
    });
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
    /// Whether there was nothing behind `pending` when it was pulled.
    is_at_end: bool,
    /// Whether the journal waits for a commit that says how far it was pulled.
    is_awaited: bool,
    shares: Shares,
    inquiries: Inquiries,
    agenda: Agenda,
    /// Who has parked causes; none when that is to be looked up.
    parked: Option<BTreeSet<TenantId>>,
    /// Whose counters are being added up again; none when that is to be looked up.
    recounting: Option<BTreeSet<TenantId>>,
    /// Of whom the backlog says that they have.
    noted: BTreeSet<TenantId>,
    /// There may be entries that the last look did not see.
    has_promised: bool,
    /// Entries are due that cannot go out: their channel is busy.
    is_held_up: bool,
    /// When the first of the lines that are left alone is tried again.
    rested: Option<Timestamp>,
    /// Messages that came back since the last sync.
    came_back: u64,
    /// Since when there are commits that are not synced; none when all are.
    since_sync: Option<Stopwatch>,
    stopping: bool,
}

impl Worker {
    fn new(partition: Box<dyn Partition>, signal: Arc<Signal>, shared: Arc<Shared>, inbox: Receiver<Word>) -> Self {
        let (outlet, home) = sync_channel(limits::DISPATCHED_MAX);
        Self {
            lane: shared.dispatcher.lane(Arc::clone(&signal)),
            inquiries: Inquiries::new(Arc::clone(&shared.aside), Arc::clone(&signal)),
            shared,
            signal,
            inbox,
            outlet,
            home,
            status: Arc::default(),
            words: Vec::new(),
            pending: VecDeque::new(),
            passed: partition.position(),
            partition,
            is_at_end: false,
            is_awaited: false,
            shares: Shares::default(),
            agenda: Agenda::default(),
            parked: None,
            recounting: None,
            noted: BTreeSet::new(),
            has_promised: false,
            is_held_up: false,
            rested: None,
            came_back: 0,
            since_sync: None,
            stopping: false,
        }
    }

    fn run(mut self) {
        let guard = status::Guard::new(Arc::clone(&self.status));
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
        // What came back left its place to what waits for one: that is not kept waiting for the beat.
        let is_wanted = self.is_held_up && self.came_back >= limits::PLACES_FREE_MIN;
        if is_beat || is_wanted || self.stopping {
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
        if self.has_promised {
            return Ok(Some(Duration::ZERO));
        }
        if self.inquiries.is_any_open() {
            return Ok(Some(limits::INQUIRIES_LOOK_AGAIN));
        }
        if !self.agenda.is_current(&self.shared.roster) {
            return Ok(Some(Duration::ZERO));
        }
        // Entries that are due now are at their providers, or somebody signals when there is room for them.
        let moments =
            [self.partition.next_due()?, self.partition.outbox_next_due(now)?, self.rested, self.agenda.next()];
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
        let parked = self.parked()?;
        let recounting = self.recounting.take().map_or_else(|| recount::open(self.partition.as_ref()), Ok)?;
        self.agenda.refresh(&self.shared.roster, self.partition.as_ref())?;
        let tools = Tools {
            partition: self.partition.as_ref(),
            reports: &self.shared.reports,
            roster: &self.shared.roster,
            switchboard: &self.shared.switchboard,
            agenda: &self.agenda,
            inquiries: None,
            now,
        };
        let fairness = Fairness { shares: &mut self.shares, aside: &self.shared.aside, inquiries: &self.inquiries };
        let shift = Shift::open(tools, fairness, parked.clone(), horizon)?;
        let (mut batch, consumed) = shift.work(Window { entries: &self.pending, is_all: self.is_at_end })?;
        let (came_back, replies) = settlement::heed(&mut batch, &self.words, now)?;
        if let Some(tenant) = recounting.first() {
            batch.go_on_recounting(tenant, now)?;
        }
        let upto = self.pending.get(consumed).map_or(self.passed, |next| next.position);
        let Closed { commit, causes, suspensions, touched } = batch.close(upto)?;
        let has_passed_much = upto.0 - self.partition.position().0 > limits::PASSED_BYTES_MAX;
        let has_to_say = has_passed_much || self.is_awaited;
        if causes == 0 && commit.parked.is_empty() && self.words.is_empty() && !has_to_say {
            (self.parked, self.recounting) = (Some(parked), Some(recounting));
            return Ok(false);
        }
        self.status.busy();
        metrics::counter!("rekindle_worker_parked_total").increment(commit.parked.len() as u64);
        let is_parked_as_before = commit.parked.is_empty() && commit.unparked.is_empty();
        self.partition.commit(commit)?;
        self.parked = is_parked_as_before.then_some(parked);
        let is_as_before = recounting.is_empty() && !self.words.iter().any(|word| matches!(word, Word::Recount(..)));
        self.recounting = is_as_before.then_some(recounting);
        self.agenda.renew(&touched, self.partition.as_ref())?;
        self.announce(suspensions);
        self.since_sync.get_or_insert_with(Stopwatch::start);
        self.has_promised = true;
        self.pending.drain(..consumed);
        self.words.clear();
        self.status.settled(came_back);
        self.came_back += came_back;
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

    /// Sees to it that who arrives is seen, however long the first of those that are pulled take.
    fn pull(&mut self) -> Result<(), WorkerError> {
        let room = limits::COMMIT_CAUSES_MAX - self.pending.len();
        self.is_at_end = false;
        if room > 0 {
            let Pulled { entries, upto, is_awaited } = self.partition.pull(self.passed, room)?;
            self.is_awaited = is_awaited;
            self.is_at_end = entries.len() < room;
            self.pending.extend(entries);
            self.passed = upto;
        }
        Ok(())
    }

    /// Who has parked causes. What was known is taken: only a commit that succeeds knows it again.
    fn parked(&mut self) -> Result<BTreeSet<TenantId>, WorkerError> {
        if let Some(parked) = self.parked.take() {
            return Ok(parked);
        }
        let (waiting, number) = (self.partition.waiting()?, self.partition.slots().start);
        let parked: BTreeSet<TenantId> = waiting.iter().map(|(tenant, _)| tenant.clone()).collect();
        for tenant in self.noted.difference(&parked) {
            self.shared.backlog.note(number, tenant, Waiting::default());
        }
        waiting.iter().for_each(|(tenant, waiting)| self.shared.backlog.note(number, tenant, *waiting));
        self.noted.clone_from(&parked);
        Ok(parked)
    }

    /// Has it made to last that campaigns are no longer asked.
    fn announce(&self, suspensions: Vec<Suspension>) {
        for suspension in suspensions {
            let Suspension { tenant, campaign, revision, .. } = &suspension;
            tracing::warn!(%tenant, %campaign, revision = revision.0, "a campaign failed too often in a row and is suspended");
            metrics::counter!("rekindle_worker_suspensions_total").increment(1);
            (self.shared.suspend)(suspension);
        }
    }

    fn sync(&mut self) -> Result<(), WorkerError> {
        self.partition.sync()?;
        self.since_sync = None;
        self.came_back = 0;
        Ok(())
    }

    /// The store did not answer: what was pulled is forgotten, and the loop goes on at the committed position.
    fn rest(&mut self, reason: &str) {
        tracing::warn!(reason, slots = ?self.partition.slots(), "the store is unavailable; trying again");
        self.pending.clear();
        (self.parked, self.recounting) = (None, None);
        self.agenda.forget();
        self.passed = self.partition.position();
        // Not waiting for the signal: every arrival raises it.
        thread::sleep(limits::STORE_REST);
    }
}

#[cfg(test)]
mod tests;
