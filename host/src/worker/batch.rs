//! A batch: what one commit takes together. It keeps the people it touched, fires the timers that are due between its causes, and
//! comes to one `Commit`. Timers fire before every cause that arrived after them, whatever the machine did meanwhile.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::draft::Draft;
use super::ledger::{Failed, FailureRow, LedgerRow, What};
use super::roster::Roster;
use super::step::{self, Effects, Scene};
use super::{WorkerError, erasure, quarantine, triggers};
use crate::domain::{
    Call, Event, Inbound, InstructionId, Position, ProfileKey, Substance, TenantId, Timestamp, limits,
};
use crate::faults::{self, Point};
use crate::outbox::Entry as Promised;
use crate::profiles::Profile;
use crate::store::{Book, Commit, Entry, Partition, Reports, Row, RowKey, TimerKey};

/// What a batch works with.
pub(super) struct Tools<'a> {
    pub(super) partition: &'a dyn Partition,
    pub(super) reports: &'a dyn Reports,
    pub(super) roster: &'a Roster,
    /// By the clock, which may have gone back behind what arrived.
    pub(super) now: Timestamp,
}

/// A commit in the making.
pub(super) struct Batch<'a> {
    tools: Tools<'a>,
    /// Shared with whoever is asked about them; nobody is while they are changed, so that changing copies nothing.
    people: BTreeMap<ProfileKey, Option<Arc<Profile>>>,
    /// Timers due at the horizon or before that have not fired yet.
    due: BTreeSet<TimerKey>,
    horizon: Timestamp,
    /// What time it is when the batch is through.
    moment: Timestamp,
    draft: Draft,
    causes: u64,
}

impl<'a> Batch<'a> {
    /// Begins a batch that reaches up to `horizon`, or to where the most timers that fit are due.
    pub(super) fn open(tools: Tools<'a>, horizon: Timestamp) -> Result<Self, WorkerError> {
        let due: BTreeSet<TimerKey> = tools.partition.due(horizon, limits::COMMIT_TIMERS_MAX)?.into_iter().collect();
        let is_full = due.len() >= limits::COMMIT_TIMERS_MAX;
        let reach = due.last().filter(|_| is_full).map_or(horizon, |last| last.due);
        Ok(Self {
            tools,
            people: BTreeMap::new(),
            due,
            horizon: reach,
            moment: horizon,
            draft: Draft::default(),
            causes: 0,
        })
    }

    /// Takes in entries of the journal as far as the batch reaches, then fires what is still due. Returns how many were taken.
    pub(super) fn consume_all(&mut self, entries: &VecDeque<Entry>) -> Result<usize, WorkerError> {
        let horizon = self.horizon;
        let consumed = entries.iter().take_while(|entry| entry.arrived <= horizon).count();
        entries.iter().take(consumed).try_for_each(|entry| self.consume(entry))?;
        let moment = entries.get(consumed).map_or(self.moment, |next| next.arrived);
        self.fire_until(self.horizon, moment)?;
        Ok(consumed)
    }

    /// Takes in an entry of the journal, after the timers that were due before it.
    fn consume(&mut self, entry: &Entry) -> Result<(), WorkerError> {
        self.fire_until(entry.arrived, entry.arrived)?;
        let Inbound { tenant, source, substance } = &entry.inbound;
        self.causes += 1;
        match substance {
            Substance::Event { profile, event } => {
                let key = ProfileKey { tenant: tenant.clone(), profile: profile.clone() };
                self.happen(&key, event, entry.arrived)
            }
            Substance::Quarantined(quarantined) => {
                let row = quarantine::row(tenant, source, quarantined, (entry.position, entry.arrived));
                self.draft.add(Book::Quarantine, row);
                Ok(())
            }
        }
    }

    /// Fires the timers that are due at `moment` or before, telling campaigns that it is `now`.
    fn fire_until(&mut self, moment: Timestamp, now: Timestamp) -> Result<(), WorkerError> {
        while self.due.first().is_some_and(|timer| timer.due <= moment) {
            let timer = self.due.pop_first().expect("a timer should be there: it was just looked at");
            self.fire(&timer, now.max(timer.due))?;
        }
        Ok(())
    }

    /// An entry of the outbox, as the batch left it so far.
    pub(super) fn outbox_entry(&self, tenant: &TenantId, id: &InstructionId) -> Result<Option<Promised>, WorkerError> {
        let row = match self.draft.outbox_entry(tenant, id) {
            Some(drafted) => drafted.cloned(),
            None => self.tools.partition.outbox_entry(tenant, id)?,
        };
        Ok(row.map(|row| Promised::decode(&row.body)).transpose()?)
    }

    /// A person, to be changed.
    fn person(&mut self, key: &ProfileKey) -> Result<&mut Profile, WorkerError> {
        Ok(Arc::make_mut(self.shared(key)?))
    }

    /// A person, to be asked about and changed.
    fn shared(&mut self, key: &ProfileKey) -> Result<&mut Arc<Profile>, WorkerError> {
        Ok(self.known(key)?.get_or_insert_default())
    }

    /// A person, if there is one.
    fn known(&mut self, key: &ProfileKey) -> Result<&mut Option<Arc<Profile>>, WorkerError> {
        if !self.people.contains_key(key) {
            let record = self.tools.partition.load(key)?;
            let profile = record.map(|record| Profile::decode(&record)).transpose()?;
            self.people.insert(key.clone(), profile.map(Arc::new));
        }
        Ok(self.people.get_mut(key).expect("the person should be there: it was just put there"))
    }

    /// Adds a row to a person's ledger; the oldest goes where there are too many.
    pub(super) fn record(&mut self, key: &ProfileKey, row: &LedgerRow) -> Result<(), WorkerError> {
        let (number, outdated) = self.person(key)?.next_ledger_row();
        if let What::Failed(failed) = &row.what {
            self.draft.add(Book::Failures, failure_row(key, (row, failed), number));
        }
        let row = Row { key: ledger_key(key, number), body: row.encode() };
        self.draft.add(Book::Ledger, row);
        if let Some(outdated) = outdated {
            self.draft.remove(Book::Ledger, ledger_key(key, outdated));
        }
        Ok(())
    }

    /// What the loop adds of its own: settled messages and the like.
    pub(super) fn draft_mut(&mut self) -> &mut Draft {
        &mut self.draft
    }

    /// Ends the batch. Causes up to `upto` are consumed.
    pub(super) fn close(self, upto: Position) -> (Commit, u64) {
        let records = self.people.into_iter().map(|(key, profile)| (key, profile.map(|profile| profile.encode())));
        let before = self.horizon.minus(limits::RETENTION);
        (self.draft.into_commit(upto, records.collect(), before), self.causes)
    }

    fn happen(&mut self, key: &ProfileKey, event: &Event, now: Timestamp) -> Result<(), WorkerError> {
        if event.call == Call::Delete {
            self.erase(key)?;
            faults::pass(Point::PersonErased);
            return Ok(());
        }
        let campaigns = self.tools.roster.of(&key.tenant);
        let scene = Scene { key, now, campaigns: &campaigns };
        let effects = step::on_event(&scene, self.shared(key)?, event);
        self.take(key, effects)
    }

    fn fire(&mut self, timer: &TimerKey, now: Timestamp) -> Result<(), WorkerError> {
        faults::pass(Point::TimerFired);
        self.unset(timer.clone());
        let campaigns = self.tools.roster.of(&timer.owner.tenant);
        let campaign = campaigns.iter().find(|campaign| campaign.name == timer.campaign);
        self.causes += 1;
        let person = self.known(&timer.owner)?.as_mut().map(Arc::make_mut);
        let run = person.and_then(|person| person.runs.get_mut(&timer.campaign));
        if !run.is_some_and(|run| run.take_timer(&timer.name, timer.due)) {
            return Ok(());
        }
        match campaign {
            Some(campaign) if campaign.paused => self.wait_for_resumption(timer, now),
            Some(campaign) => {
                let scene = Scene { key: &timer.owner, now, campaigns: &campaigns };
                let effects = step::on_timer(&scene, self.shared(&timer.owner)?, campaign, timer);
                self.take(&timer.owner, effects)
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
        let what =
            What::NotAsked { cause: triggers::timer_cause(timer).0, reason: "the campaign is archived".to_owned() };
        self.record(&timer.owner, &LedgerRow { at: now.as_millis(), campaign: timer.campaign.to_string(), what })
    }

    fn take(&mut self, key: &ProfileKey, effects: Effects) -> Result<(), WorkerError> {
        effects.timers_unset.into_iter().for_each(|timer| self.unset(timer));
        effects.timers_set.into_iter().for_each(|timer| self.set(timer));
        for entry in &effects.promised {
            // At once: a clock that went back, and the moment of arrival with it, holds up nothing.
            self.draft.put(entry, Some(entry.promised_at.min(self.tools.now)));
        }
        effects.ledger.iter().try_for_each(|row| self.record(key, row))
    }

    fn erase(&mut self, key: &ProfileKey) -> Result<(), WorkerError> {
        let runs = self.person(key)?.runs.clone();
        for timer in runs.iter().flat_map(|(campaign, run)| erasure::timers(key, campaign, run)) {
            self.unset(timer);
        }
        self.people.insert(key.clone(), None);
        erasure::erase(&mut self.draft, self.tools.reports, key)
    }

    fn set(&mut self, timer: TimerKey) {
        if timer.due <= self.horizon {
            self.due.insert(timer.clone());
        }
        self.draft.set(timer);
    }

    fn unset(&mut self, timer: TimerKey) {
        self.due.remove(&timer);
        self.draft.unset(timer);
    }
}

/// Where a row of a person's ledger stands.
pub(super) fn ledger_key(key: &ProfileKey, number: u64) -> RowKey {
    RowKey {
        tenant: key.tenant.clone(),
        page: key.profile.to_string(),
        at: i64::try_from(number).expect("a ledger should not outlive its numbers"),
        id: String::new(),
    }
}

fn failure_row(key: &ProfileKey, (row, failed): (&LedgerRow, &Failed), number: u64) -> Row {
    let failure = FailureRow {
        at: row.at,
        campaign: row.campaign.clone(),
        profile: key.profile.to_string(),
        failed: failed.clone(),
    };
    Row {
        key: RowKey {
            tenant: key.tenant.clone(),
            page: String::new(),
            at: row.at,
            id: format!("{}/{number}", key.profile),
        },
        body: serde_json::to_vec(&failure).expect("a failure should be storable"),
    }
}
