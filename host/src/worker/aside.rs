//! Aside: where decisions are made that are likely to take long, so that nobody waits behind them. A few threads of the lowest priority work for
//! all loops, in the order in which they are asked; half of the machine's processors, and whatever the others leave of them, is theirs. *Dear*
//! is, for a while, who had a cause that took long, at whichever loop: the others need not find it out by another like it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::nice;

use super::Decider;
use crate::domain::{Cause, Context, Outcome, Signal, TenantId, WorkMeter, limits};
use crate::sandbox::View;

/// A decision that is to be made.
pub(super) struct Question {
    pub(super) decider: Arc<dyn Decider>,
    pub(super) context: Context,
    pub(super) cause: Arc<Cause>,
    pub(super) view: Arc<dyn View>,
}

/// A decision that was made.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    /// How long it took a processor.
    pub(super) cost: Duration,
}

impl Question {
    fn answer(self) -> Answer {
        let meter = WorkMeter::start();
        let outcome = self.decider.decide(&self.context, &self.cause, self.view);
        Answer { outcome, cost: meter.elapsed() }
    }
}

/// A question on its way, and whom to tell.
struct Errand {
    question: Question,
    answer: SyncSender<Answer>,
    asker: Raised,
}

/// Raises the signal at the end, whether there is an answer or a panic.
struct Raised(Arc<Signal>);

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.raise();
    }
}

impl Errand {
    fn run(self) {
        let Self { question, answer, asker } = self;
        // Nobody may be waiting any more.
        let _ = answer.send(question.answer());
        drop((answer, asker));
    }
}

type Inbox = Arc<Mutex<Receiver<Errand>>>;

/// The threads, and who is dear.
pub struct Aside {
    /// None once it is closed.
    errands: Option<SyncSender<Errand>>,
    inbox: Inbox,
    threads: Vec<JoinHandle<()>>,
    /// After how many causes that are not dear a tenant is not any more.
    dear: Mutex<BTreeMap<TenantId, u32>>,
}

impl Aside {
    /// Starts as many threads as leave half of the machine to everybody else.
    pub fn start() -> std::io::Result<Self> {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let mut aside = Self::unattended();
        for number in 0..(processors / 2).max(1) {
            let inbox = Arc::clone(&aside.inbox);
            let thread = thread::Builder::new().name(format!("aside-{number}")).spawn(move || attend(&inbox))?;
            aside.threads.push(thread);
        }
        Ok(aside)
    }

    /// Without threads: somebody has to run the errands.
    fn unattended() -> Self {
        let (errands, inbox) = sync_channel(limits::INQUIRIES_MAX * limits::SLOTS as usize);
        let inbox = Arc::new(Mutex::new(inbox));
        Self { errands: Some(errands), inbox, threads: Vec::new(), dear: Mutex::default() }
    }

    /// Has a decision made; `signal` is raised when there is an answer.
    pub(super) fn ask(&self, question: Question, signal: &Arc<Signal>) -> Receiver<Answer> {
        let (answer, answered) = sync_channel(1);
        let errand = Errand { question, answer, asker: Raised(Arc::clone(signal)) };
        let errands = self.errands.as_ref().expect("it should be open as long as somebody has it");
        // There is a place for all that every loop may ask, so only a thread that is gone takes none.
        errands.try_send(errand).unwrap_or_else(|refused| panic!("nobody decides aside: {refused}"));
        answered
    }

    /// Whose next cause is likely to take long.
    pub(super) fn dear(&self) -> BTreeSet<TenantId> {
        self.ledger().keys().cloned().collect()
    }

    /// The tenant's last cause cost that much. Whether that was dear.
    pub(super) fn note(&self, tenant: &TenantId, cost: Duration) -> bool {
        let mut dear = self.ledger();
        if cost >= limits::DEAR_COST {
            dear.insert(tenant.clone(), limits::DEAR_FOR_CAUSES);
            return true;
        }
        if let Some(left) = dear.get_mut(tenant) {
            *left -= 1;
            if *left == 0 {
                dear.remove(tenant);
            }
        }
        false
    }

    fn ledger(&self) -> MutexGuard<'_, BTreeMap<TenantId, u32>> {
        self.dear.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn attend(inbox: &Inbox) {
    if let Err(err) = nice(limits::NICENESS) {
        tracing::debug!(%err, "who decides aside could not stand back");
    }
    while let Some(errand) = next(inbox) {
        errand.run();
    }
}

fn next(inbox: &Inbox) -> Option<Errand> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl Drop for Aside {
    fn drop(&mut self) {
        drop(self.errands.take());
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread that decides aside panicked");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Aside {
        /// For tests that run the errands themselves.
        pub(in crate::worker) fn by_hand() -> Self {
            Self::unattended()
        }

        /// Runs the errands that are there. Returns how many.
        pub(in crate::worker) fn run_errands(&self) -> usize {
            let errands: Vec<_> = self.inbox.lock().unwrap().try_iter().collect();
            errands.into_iter().map(Errand::run).count()
        }
    }

    #[test]
    fn who_is_dear_at_one_loop_is_dear_at_all_until_enough_causes_were_not() {
        let aside = Aside::by_hand();
        let tenant = TenantId::parse("shop").unwrap();
        assert!(aside.note(&tenant, limits::DEAR_COST));
        for _ in 0..limits::DEAR_FOR_CAUSES {
            assert!(aside.dear().contains(&tenant));
            assert!(!aside.note(&tenant, limits::DEAR_COST / 2));
        }
        assert!(aside.dear().is_empty());
    }
}
