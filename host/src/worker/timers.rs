//! Timers of a batch: what happens when one fires, and that those set meanwhile fire with the others.

use std::sync::Arc;

use super::batch::{Batch, Here};
use super::due::Due;
use super::{WorkerError, erasure, step, triggers, verdicts};
use crate::domain::{TenantId, Timestamp, limits};
use crate::faults::{self, Point};
use crate::ledger::{LedgerRow, What};
use crate::store::TimerKey;

impl Batch<'_> {
    /// The tenant's next timer that is due at `moment` or before.
    pub(super) fn next_due(&mut self, tenant: &TenantId, moment: Timestamp) -> Result<Due, WorkerError> {
        Ok(self.due.next(self.tools.partition, tenant, moment)?)
    }

    /// Fires a timer that is due.
    pub(super) fn fire(&mut self, timer: &TimerKey, now: Timestamp) -> Result<(), WorkerError> {
        faults::pass(Point::TimerFired);
        self.ask_before(&timer.owner, timer.due)?;
        self.unset(timer.clone());
        self.due.count(self.tools.partition, &timer.owner.tenant)?;
        let campaigns = self.tools.roster.of(&timer.owner.tenant);
        let campaign = campaigns.named(&timer.campaign);
        self.causes += 1;
        let Here::Person(person) = self.here(&timer.owner)? else { return Ok(()) };
        let run = Arc::make_mut(person).runs.get_mut(&timer.campaign);
        if !run.is_some_and(|run| run.take_timer(&timer.name, timer.due)) {
            return Ok(());
        }
        if triggers::scheduled(&timer.name).is_some() {
            return self.fire_scheduled(timer, now);
        }
        match campaign {
            Some(campaign) if campaign.reason_to_wait().is_some() => self.wait_for_resumption(timer, now),
            Some(campaign) => {
                let scene = self.scene(&timer.owner, now, &campaigns);
                let person = self.shared(&timer.owner)?;
                let effects = match verdicts::is_held_timer(&timer.name) {
                    true => step::on_release(&scene, person),
                    false => step::on_timer(&scene, person, campaign, timer),
                };
                self.take(&scene, effects)
            }
            None => self.lapse(timer, now),
        }
    }

    fn wait_for_resumption(&mut self, timer: &TimerKey, now: Timestamp) -> Result<(), WorkerError> {
        let later = TimerKey { due: now.plus(limits::PAUSED_TIMER_RECHECK), ..timer.clone() };
        let run = self.person(&timer.owner)?.run_mut(&timer.campaign);
        run.timers.insert(later.name.clone(), later.due);
        self.set(later);
        Ok(())
    }

    /// The campaign is gone: what it remembered of this person goes too.
    fn lapse(&mut self, timer: &TimerKey, now: Timestamp) -> Result<(), WorkerError> {
        let run = self.person(&timer.owner)?.runs.remove(&timer.campaign).unwrap_or_default();
        for other in erasure::timers(&timer.owner, &timer.campaign, &run) {
            self.unset(other);
        }
        let reason = "the campaign is archived".to_owned();
        let held = run.held.iter().map(|held| verdicts::dropped(held, "withdrawn", &reason).released(held.revision));
        let what = match verdicts::is_held_timer(&timer.name) {
            true => None,
            false => Some(What::NotAsked { cause: triggers::timer_cause(timer).0, reason: reason.clone() }),
        };
        let (at, campaign) = (now.as_millis(), timer.campaign.to_string());
        let mut rows = held.chain(what).map(|what| LedgerRow { at, campaign: campaign.clone(), what });
        rows.try_for_each(|row| self.record(&timer.owner, &row))
    }

    pub(super) fn set(&mut self, timer: TimerKey) {
        self.due.set(&timer);
        self.draft.set(timer);
    }

    pub(super) fn unset(&mut self, timer: TimerKey) {
        self.due.unset(&timer);
        self.draft.unset(timer);
    }
}
