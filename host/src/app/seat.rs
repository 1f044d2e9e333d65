//! A place in the roster for a guest: there from the moment its campaign is enlisted, taken when the guest is loaded. A
//! cause that comes before is put aside, so that no decision fails only because code is not there yet, and nobody else waits for it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use super::loader::Queue;
use crate::domain::{Cause, Context, Failure, FailureKind, Outcome, Stopwatch, limits};
use crate::sandbox::{CompileError, Guest, Sandbox, View};
use crate::tenants::{Directory, Published};
use crate::worker::Decider;

/// A guest, or its place.
pub(super) struct Seat {
    published: Arc<Published>,
    loading: Arc<Queue>,
    /// Or why it cannot be loaded, which does not change any more.
    guest: OnceLock<Result<Guest, String>>,
    /// Since when a cause waits for it.
    wanted: Mutex<Option<Stopwatch>>,
    loaded: Condvar,
}

/// Nothing speaks against the guest, but it could not be loaded now.
pub(super) struct NotNow(String);

impl Seat {
    pub(super) fn new(published: &Arc<Published>, loading: Arc<Queue>) -> Self {
        let published = Arc::clone(published);
        Self { published, loading, guest: OnceLock::new(), wanted: Mutex::default(), loaded: Condvar::new() }
    }

    /// Whether there is nothing to load any more.
    pub(super) fn is_taken(&self) -> bool {
        self.guest.get().is_some()
    }

    /// Takes the guest in, if its code is kept.
    pub(super) fn recall(&self, sandbox: &Sandbox) {
        if let Some(guest) = sandbox.recall(&self.published.component, &self.published.manifest) {
            self.take(Ok(guest));
        }
    }

    /// Takes the guest in, compiled if need be.
    pub(super) fn load(&self, sandbox: &Sandbox, directory: &Weak<Directory>) -> Result<(), NotNow> {
        self.recall(sandbox);
        if self.is_taken() {
            return Ok(());
        }
        let directory = directory.upgrade().ok_or_else(|| NotNow("the house is being left".to_owned()))?;
        let component = directory.component(&self.published).map_err(|err| NotNow(err.to_string()))?;
        match sandbox.load(&component, &self.published.manifest) {
            Ok(guest) => self.take(Ok(guest)),
            Err(CompileError::Rejected(rejection)) => self.take(Err(rejection.to_string())),
            Err(CompileError::Unavailable(why)) => return Err(NotNow(why)),
        }
        Ok(())
    }

    /// Says in the log that it will be tried again.
    pub(super) fn postpone(&self, NotNow(why): &NotNow) {
        let Published { campaign, revision, component, .. } = &*self.published;
        tracing::warn!(%campaign, revision = revision.0, %component, %why, "a campaign cannot be loaded now");
    }

    fn take(&self, guest: Result<Guest, String>) {
        self.guest.get_or_init(|| guest);
        // Whoever looked before and is about to wait holds it.
        drop(self.wanted());
        self.loaded.notify_all();
    }

    /// Whether there is nothing to wait for, or no patience left for it. Whoever asks wants it loaded.
    fn is_ready(self: &Arc<Self>) -> bool {
        self.is_taken() || self.patience(&mut self.wanted()).is_zero()
    }

    /// How long a cause may still wait. From the first on that does, it is loaded before all others.
    fn patience(self: &Arc<Self>, wanted: &mut Option<Stopwatch>) -> Duration {
        if wanted.is_none() {
            self.loading.hurry(self);
        }
        limits::LOAD_WAIT_MAX.saturating_sub(wanted.get_or_insert_with(Stopwatch::start).elapsed())
    }

    /// The guest; waits for it when it is not there yet.
    fn guest(self: &Arc<Self>) -> Result<&Guest, String> {
        if !self.is_taken() {
            let mut wanted = self.wanted();
            let patience = self.patience(&mut wanted);
            drop(self.loaded.wait_timeout_while(wanted, patience, |_| !self.is_taken()));
        }
        match self.guest.get() {
            Some(guest) => guest.as_ref().map_err(String::clone),
            None => Err("the host could not load it for a long time, its log says why".to_owned()),
        }
    }

    fn wanted(&self) -> MutexGuard<'_, Option<Stopwatch>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the roster holds.
pub(super) struct Seated(pub(super) Arc<Seat>);

impl Decider for Seated {
    fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    fn decide(&self, context: &Context, cause: &Cause, view: Arc<dyn View>) -> Outcome {
        match self.0.guest() {
            Ok(guest) => guest.decide(context, cause, view),
            Err(reason) => not_loaded(reason),
        }
    }
}

fn not_loaded(message: String) -> Outcome {
    let failure = Failure { kind: FailureKind::NotLoaded, message, backtrace: Vec::new(), fuel_used: 0 };
    Outcome { result: Err(failure), fuel_used: 0, log: Vec::new() }
}
