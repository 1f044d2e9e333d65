//! Asking many, a few at a time. Who is asked and the moved cursor are one commit, and each person keeps what they were asked about last: so
//! each is asked once, whatever crashes, and whoever they turn out to be.
//!
//! A question has its place in each person's life: what arrives, or fires, after the sweep began finds it asked, whether the cursor has
//! come there or not. So what comes of it does not depend on how far the sweep is, and is the same after a crash.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::agenda::Appointment;
use super::batch::{Batch, Here};
use super::moments::{self, Moment};
use super::roster::Enlisted;
use super::step::{self, Effects};
use super::sweep::{self, Question, Sweep, Whom};
use super::triggers::{self, Named};
use super::{WorkerError, catch_up, fanout};
use crate::domain::{CauseId, ProfileId, ProfileKey, TenantId, Timestamp, limits};
use crate::ledger::{LedgerRow, What};
use crate::profiles::SweepMark;
use crate::schedules::Schedule;
use crate::store::{Book, TimerKey};

/// The sweeps and schedules that a batch has to do with.
#[derive(Default)]
pub(super) struct Sweeping {
    open: BTreeMap<TenantId, Vec<Open>>,
    /// Whose campaigns began to catch up.
    pub(super) caught_up: BTreeSet<TenantId>,
    schedules: BTreeMap<TenantId, Vec<Appointment>>,
}

/// An open sweep in a batch.
struct Open {
    sweep: Sweep,
    /// None where the question is no schedule's.
    schedule: Option<Arc<Schedule>>,
    /// Who is next.
    people: VecDeque<ProfileId>,
    /// How many more this batch may pass.
    left: usize,
    is_changed: bool,
    /// Nobody but this batch knows of it yet.
    is_new: bool,
    has_ended: bool,
}

impl Open {
    fn new(sweep: Sweep) -> Self {
        let schedule = match &sweep.question {
            Question::Schedule { schedule, .. } => Schedule::parse(&schedule.value()).ok().map(Arc::new),
            Question::ItemChanged(_) | Question::CatchUp => None,
        };
        let (people, left) = (VecDeque::new(), limits::SWEEP_PEOPLE_MAX);
        Self { sweep, schedule, people, left, is_changed: false, is_new: false, has_ended: false }
    }

    /// Whether it goes on now. What a campaign has to catch up with waits while the campaign is not asked; everything else ends then.
    fn is_on(&self, campaigns: &[Enlisted]) -> bool {
        if self.has_ended {
            return false;
        }
        let is_asked = |campaign: &Enlisted| self.sweep.campaigns.contains(&campaign.name);
        let waits = |campaign: &Enlisted| is_asked(campaign) && campaign.reason_to_wait().is_some();
        self.sweep.question != Question::CatchUp || !campaigns.iter().any(waits)
    }

    fn mark(&self) -> SweepMark {
        SweepMark { at: self.sweep.moment, sweep: self.sweep.id.clone() }
    }
}

impl Batch<'_> {
    /// Begins what the tenant's campaigns have due at `moment` or before.
    pub(super) fn begin_due(&mut self, tenant: &TenantId, moment: Timestamp) -> Result<(), WorkerError> {
        self.begin_catching_up(tenant, moment)?;
        let is_due = |appointment: &Appointment| appointment.begins().is_some_and(|begins| begins <= moment);
        let known = self.sweeping.schedules.get(tenant).map_or(self.tools.agenda.of(tenant), Vec::as_slice);
        if !known.iter().any(is_due) {
            return Ok(());
        }
        let mut appointments = known.to_vec();
        for appointment in appointments.iter_mut().filter(|appointment| is_due(appointment)) {
            self.causes += 1;
            self.begin(tenant, appointment, moment)?;
            self.draft.add(Book::Schedules, appointment.row(tenant));
        }
        self.sweeping.schedules.insert(tenant.clone(), appointments);
        Ok(())
    }

    fn begin(
        &mut self,
        tenant: &TenantId,
        appointment: &mut Appointment,
        moment: Timestamp,
    ) -> Result<(), WorkerError> {
        let due = appointment.schedule.due(appointment.published, appointment.begun, moment);
        if let Some((first, last)) = due.missed {
            let reason = format!("nobody looked in time: from {first} to {last}");
            self.miss(tenant, appointment, (last, moment), &reason);
        }
        let Some(occurrence) = due.occurrence else { return Ok(()) };
        let campaigns = self.tools.roster.of(tenant);
        let campaign = campaigns.named(&appointment.campaign);
        let reason = campaign.map_or(Some("the campaign is archived"), Enlisted::reason_to_wait);
        let open = self.open_sweeps(tenant)?;
        let is_scheduled = |open: &&Open| !open.has_ended && open.schedule.is_some();
        let is_full = open.iter().filter(is_scheduled).count() >= limits::SWEEPS_OPEN_MAX;
        match reason.or(is_full.then_some("too many sweeps are under way")) {
            Some(reason) => self.miss(tenant, appointment, (occurrence.moment, moment), reason),
            None => {
                let sweep = schedule_sweep(appointment, (occurrence.moment, occurrence.begins));
                appointment.pass(occurrence.moment);
                self.open_sweep(tenant, sweep)?;
            }
        }
        Ok(())
    }

    /// Begins a sweep, unless it is under way.
    pub(super) fn open_sweep(&mut self, tenant: &TenantId, sweep: Sweep) -> Result<(), WorkerError> {
        self.draft.add(Book::Sweeps, sweep.row(tenant));
        let open = self.open_sweeps(tenant)?;
        // Where there are more than are read, it comes up when those before it have ended.
        if open.len() < limits::SWEEPS_READ_MAX && !open.iter().any(|open| open.sweep.id == sweep.id) {
            open.push(Open { is_changed: true, is_new: true, ..Open::new(sweep) });
            open.sort_by_key(Open::mark);
        }
        Ok(())
    }

    /// Records that occurrences did not happen.
    fn miss(
        &mut self,
        tenant: &TenantId,
        appointment: &mut Appointment,
        (occurrence, now): (Timestamp, Timestamp),
        reason: &str,
    ) {
        let sweep = schedule_sweep(appointment, (occurrence, occurrence));
        self.draft.add(Book::Swept, sweep.ended(tenant, (now, Some(reason.to_owned()))));
        metrics::counter!("rekindle_worker_sweeps_missed_total").increment(1);
        appointment.pass(occurrence);
    }

    fn open_sweeps(&mut self, tenant: &TenantId) -> Result<&mut Vec<Open>, WorkerError> {
        if !self.sweeping.open.contains_key(tenant) {
            let rows = match self.tools.agenda.is_sweeping(tenant) {
                true => self.tools.partition.rows(Book::Sweeps, &sweep::page(tenant), limits::SWEEPS_READ_MAX)?,
                false => Vec::new(),
            };
            let open = rows.iter().map(|row| Ok(Open::new(Sweep::decode(&row.body)?)));
            let open = open.collect::<Result<_, WorkerError>>()?;
            self.sweeping.open.insert(tenant.clone(), open);
        }
        Ok(self.sweeping.open.get_mut(tenant).expect("the sweeps should be there: they were just put there"))
    }

    /// Asks the next of those whom the tenant's first open sweep means. False when this batch has nobody left to ask.
    pub(super) fn sweep(&mut self, tenant: &TenantId, now: Timestamp) -> Result<bool, WorkerError> {
        let campaigns = self.tools.roster.of(tenant);
        let open = self.open_sweeps(tenant)?;
        let next = open.iter().position(|open| open.is_on(&campaigns));
        let Some(number) = next.filter(|number| open[*number].left > 0) else {
            return Ok(false);
        };
        self.causes += 1;
        if let Some(reason) = self.reason_to_end(tenant, number) {
            self.end(tenant, number, (now, Some(reason)))?;
            return Ok(true);
        }
        let Some(profile) = self.next_of(tenant, number)? else {
            self.end(tenant, number, (now, None))?;
            return Ok(true);
        };
        let key = ProfileKey { tenant: tenant.clone(), profile };
        if self.is_meant(&key, number)? {
            self.ask_of(&key, number, now)?;
        }
        let open = &mut self.open_sweeps(tenant)?[number];
        (open.sweep.after, open.is_changed) = (Some(key.profile), true);
        open.left -= 1;
        Ok(true)
    }

    /// Asks somebody what open sweeps that began at `moment` or before have not asked yet.
    pub(super) fn ask_before(&mut self, key: &ProfileKey, moment: Timestamp) -> Result<(), WorkerError> {
        for number in self.sweeps_upto(&key.tenant, moment)? {
            if self.is_meant(key, number)? {
                self.ask_of(key, number, moment)?;
            }
        }
        Ok(())
    }

    /// Somebody new: what began before is not asked of them.
    pub(super) fn pass_over(&mut self, key: &ProfileKey, moment: Timestamp) -> Result<(), WorkerError> {
        for number in self.sweeps_upto(&key.tenant, moment)? {
            let open = &self.open_sweeps(&key.tenant)?[number];
            let (mark, campaigns) = (open.mark(), open.sweep.campaigns.clone());
            let person = self.person(key)?;
            campaigns.iter().for_each(|campaign| {
                person.meet(campaign, &mark);
            });
        }
        Ok(())
    }

    fn sweeps_upto(&mut self, tenant: &TenantId, moment: Timestamp) -> Result<Vec<usize>, WorkerError> {
        if !self.tools.agenda.is_sweeping(tenant) && !self.sweeping.open.contains_key(tenant) {
            return Ok(Vec::new());
        }
        let campaigns = self.tools.roster.of(tenant);
        let open = self.open_sweeps(tenant)?.iter().enumerate();
        let began = open.filter(|(_, open)| open.is_on(&campaigns) && open.sweep.moment <= moment);
        Ok(began.map(|(number, _)| number).collect())
    }

    fn is_meant(&mut self, key: &ProfileKey, number: usize) -> Result<bool, WorkerError> {
        let Sweep { whom, moment, .. } = &self.open_sweeps(&key.tenant)?[number].sweep;
        let Whom::Interested(item) = whom else { return Ok(true) };
        let (item, moment) = (item.clone(), *moment);
        Ok(matches!(self.here(key)?, Here::Person(person) if person.interests.of(&item, moment).is_some()))
    }

    /// Why nobody is to be asked any more.
    fn reason_to_end(&self, tenant: &TenantId, number: usize) -> Option<String> {
        let sweep = &self.sweeping.open[tenant][number].sweep;
        let campaigns = self.tools.roster.of(tenant);
        let reasons = sweep.campaigns.iter().map(|name| {
            let Some(campaign) = campaigns.named(name) else {
                return Some("the campaign is archived");
            };
            let superseded = (!triggers::wants_sweep(campaign, sweep)).then_some("another revision was published");
            campaign.reason_to_wait().or(superseded)
        });
        let reasons: Option<Vec<&str>> = reasons.collect();
        reasons.map(|reasons| reasons.first().map_or("there is no campaign to ask", |reason| *reason).to_owned())
    }

    fn next_of(&mut self, tenant: &TenantId, number: usize) -> Result<Option<ProfileId>, WorkerError> {
        let partition = self.tools.partition;
        let open = &mut self.open_sweeps(tenant)?[number];
        if open.people.is_empty() {
            let (after, max) = (open.sweep.after.as_ref(), open.left);
            open.people = match &open.sweep.whom {
                Whom::Everybody => partition.people(tenant, after, max)?.into(),
                Whom::Interested(item) => {
                    let (item, after) = (item.clone(), after.cloned());
                    let people = self.interested(tenant, &item, (after.as_ref(), max))?;
                    self.open_sweeps(tenant)?[number].people = people.into();
                    return Ok(self.open_sweeps(tenant)?[number].people.pop_front());
                }
            };
        }
        Ok(open.people.pop_front())
    }

    fn end(&mut self, tenant: &TenantId, number: usize, end: (Timestamp, Option<String>)) -> Result<(), WorkerError> {
        let open = &mut self.open_sweeps(tenant)?[number];
        (open.has_ended, open.is_changed) = (true, true);
        let (row, key) = (open.sweep.ended(tenant, end), open.sweep.key(tenant));
        let is_about_item = matches!(open.sweep.question, Question::ItemChanged(_));
        self.draft.remove(Book::Sweeps, key);
        self.draft.add(Book::Swept, row);
        if is_about_item {
            let asked = self.changes_asked(tenant)?;
            self.count_changes_asked(tenant, asked.saturating_sub(1));
        }
        Ok(())
    }

    /// Asks somebody who is here, unless they were asked.
    fn ask_of(&mut self, key: &ProfileKey, number: usize, now: Timestamp) -> Result<(), WorkerError> {
        let open = &self.open_sweeps(&key.tenant)?[number];
        let (mark, sweep, schedule) = (open.mark(), open.sweep.clone(), open.schedule.clone());
        let campaigns = self.tools.roster.of(&key.tenant);
        let scene = self.scene(key, now, &campaigns);
        let mut asked = 0;
        for campaign in campaigns.iter().filter(|campaign| sweep.campaigns.contains(&campaign.name)) {
            let Here::Person(person) = self.here(key)? else { return Ok(()) };
            if !Arc::make_mut(person).meet(&campaign.name, &mark)
                || campaign.reason_to_wait().is_some()
                || !triggers::wants_sweep(campaign, &sweep)
            {
                continue;
            }
            let effects = match (&sweep.question, &schedule) {
                (Question::ItemChanged(change), _) => {
                    let id = CauseId(format!("item:{}:{}", change.subject, sweep.id));
                    let cause = Arc::new(fanout::cause(change, person, (&scene.catalogue, sweep.moment, now)));
                    step::on_cause(&scene, person, campaign, &Named { id, cause })
                }
                (Question::Schedule { moment, published, schedule: trigger }, Some(schedule)) => {
                    let moment = Moment { campaign, schedule, trigger, moment: *moment };
                    moments::begins(&scene, person, &moment, *published)
                }
                (Question::Schedule { .. }, None) => Effects::default(),
                (Question::CatchUp, _) => catch_up::asks(&scene, person, campaign),
            };
            asked += u64::from(!effects.asked.is_empty() || !effects.timers_set.is_empty());
            self.take(&scene, effects)?;
        }
        let open = &mut self.open_sweeps(&key.tenant)?[number];
        open.sweep.asked += asked;
        open.is_changed |= asked > 0;
        self.swept += asked;
        Ok(())
    }

    /// Fires a schedule's moment that came by the person's own clock.
    pub(super) fn fire_scheduled(&mut self, timer: &TimerKey, now: Timestamp) -> Result<(), WorkerError> {
        let campaigns = self.tools.roster.of(&timer.owner.tenant);
        let scene = self.scene(&timer.owner, now, &campaigns);
        let Some((moment, digest)) = triggers::scheduled(&timer.name) else { return Ok(()) };
        let campaign = campaigns.named(&timer.campaign);
        let trigger = campaign.map(|campaign| triggers::schedule_of(campaign, digest).ok_or(moments::SUPERSEDED));
        let reason = match (campaign, trigger) {
            (Some(campaign), Some(Ok(trigger))) if campaign.reason_to_wait().is_none() => {
                let Ok(schedule) = Schedule::parse(&trigger.value()) else { return Ok(()) };
                let moment = Moment { campaign, schedule: &schedule, trigger, moment };
                let effects = moments::happens(&scene, self.shared(&timer.owner)?, &moment, timer.due);
                return self.take(&scene, effects);
            }
            (Some(campaign), Some(Ok(_))) => campaign.reason_to_wait().unwrap_or_default(),
            (_, Some(Err(reason))) => reason,
            (_, None) | (None, _) => "the campaign is archived",
        };
        let what = What::NotAsked { cause: moments::cause_id(moment).0, reason: reason.to_owned() };
        self.record(&timer.owner, &LedgerRow { at: now.as_millis(), campaign: timer.campaign.to_string(), what })
    }

    /// Puts what changed into the draft. Returns whose agenda did.
    pub(super) fn close_sweeps(&mut self) -> BTreeSet<TenantId> {
        let begun = self.sweeping.schedules.keys().chain(&self.sweeping.caught_up);
        let mut touched: BTreeSet<TenantId> = begun.cloned().collect();
        for (tenant, sweeps) in &self.sweeping.open {
            for open in sweeps.iter().filter(|open| open.is_changed) {
                if open.has_ended || open.is_new {
                    touched.insert(tenant.clone());
                }
                if !open.has_ended {
                    self.draft.add(Book::Sweeps, open.sweep.row(tenant));
                }
            }
        }
        touched
    }
}

fn schedule_sweep(appointment: &Appointment, (moment, begins): (Timestamp, Timestamp)) -> Sweep {
    let Appointment { campaign, number, json, published, .. } = appointment;
    Sweep {
        id: format!("schedule/{campaign}/{number}/{}", moment.as_millis()),
        moment: begins.max(*published),
        question: Question::Schedule { moment, published: *published, schedule: json.clone() },
        whom: Whom::Everybody,
        campaigns: vec![campaign.clone()],
        after: None,
        asked: 0,
    }
}
