//! The agenda: what a loop has to do without anybody sending it something: occurrences of schedules that are to begin, what campaigns
//! have to catch up with, and sweeps that are under way. It is worked out from the roster and the books, and forgotten with the process.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::WorkerError;
use super::catch_up::CatchUp;
use super::roster::{Campaigns, Enlisted, Roster};
use crate::domain::{CampaignName, Json, TenantId, Timestamp, Trigger};
use crate::schedules::{Occurrence, Schedule};
use crate::store::{Book, Partition, Row, RowKey};

/// What is to begin and what is under way, by tenant.
#[derive(Default)]
pub(super) struct Agenda {
    /// Who was to be asked when it was worked out; none before.
    roster: Option<Arc<HashMap<TenantId, Campaigns>>>,
    plans: BTreeMap<TenantId, Plan>,
    /// Each tenant's first moment, in order.
    heads: BTreeSet<(Timestamp, TenantId)>,
    sweeping: BTreeSet<TenantId>,
}

/// What one tenant's campaigns have before them.
#[derive(Default)]
struct Plan {
    appointments: Vec<Appointment>,
    catch_ups: Vec<CatchUp>,
}

/// A schedule of a campaign, and how far it is here.
#[derive(Debug, Clone)]
pub(super) struct Appointment {
    pub(super) campaign: CampaignName,
    /// Which of the campaign's triggers.
    pub(super) number: usize,
    /// As the manifest has it.
    pub(super) json: Json,
    pub(super) schedule: Arc<Schedule>,
    pub(super) published: Timestamp,
    /// The occurrence that was begun, or missed, last.
    pub(super) begun: Option<Timestamp>,
    pub(super) next: Option<Occurrence>,
}

/// How far a schedule is, on disk.
#[derive(Serialize, Deserialize)]
struct Progress {
    begun_ms: i64,
}

impl Agenda {
    /// Works out what changed with the roster; all of it where nothing is known.
    pub(super) fn refresh(&mut self, roster: &Roster, partition: &dyn Partition) -> Result<(), WorkerError> {
        let now = roster.all();
        if self.roster.as_ref().is_some_and(|known| Arc::ptr_eq(known, &now)) {
            return Ok(());
        }
        let known = self.roster.take();
        if known.is_none() {
            self.sweeping = partition.tenants_in(Book::Sweeps)?.into_iter().collect();
        }
        let before = |tenant: &TenantId| known.as_ref().and_then(|known| known.get(tenant));
        let gone: Vec<TenantId> = self.plans.keys().filter(|tenant| !now.contains_key(*tenant)).cloned().collect();
        gone.iter().for_each(|tenant| self.keep(tenant, Plan::default()));
        for (tenant, campaigns) in now.iter() {
            if !before(tenant).is_some_and(|before| before.is_same(campaigns)) {
                self.keep(tenant, Plan::of(tenant, campaigns, partition)?);
            }
        }
        self.roster = Some(now);
        Ok(())
    }

    /// Whether it was worked out from the roster as it is now.
    pub(super) fn is_current(&self, roster: &Roster) -> bool {
        self.roster.as_ref().is_some_and(|known| Arc::ptr_eq(known, &roster.all()))
    }

    /// Looks again at what a commit changed.
    pub(super) fn renew<'a>(
        &mut self,
        tenants: impl IntoIterator<Item = &'a TenantId>,
        partition: &dyn Partition,
    ) -> Result<(), WorkerError> {
        let Some(roster) = self.roster.clone() else { return Ok(()) };
        let mut tenants = tenants.into_iter().peekable();
        if tenants.peek().is_some() {
            self.sweeping = partition.tenants_in(Book::Sweeps)?.into_iter().collect();
        }
        for tenant in tenants {
            let campaigns = roster.get(tenant).cloned().unwrap_or_default();
            self.keep(tenant, Plan::of(tenant, &campaigns, partition)?);
        }
        Ok(())
    }

    /// Forgets everything: what is in the books may not be what was thought.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Who has something to begin at `now` or before, or under way.
    pub(super) fn tenants(&self, now: Timestamp) -> impl Iterator<Item = &TenantId> {
        let due = self.heads.iter().take_while(move |(begins, _)| *begins <= now);
        due.map(|(_, tenant)| tenant).chain(&self.sweeping)
    }

    /// Whether the tenant has sweeps under way.
    pub(super) fn is_sweeping(&self, tenant: &TenantId) -> bool {
        self.sweeping.contains(tenant)
    }

    /// A tenant's schedules.
    pub(super) fn of(&self, tenant: &TenantId) -> &[Appointment] {
        self.plans.get(tenant).map_or(&[], |plan| &plan.appointments)
    }

    /// What a tenant's campaigns have to catch up with.
    pub(super) fn catch_ups(&self, tenant: &TenantId) -> &[CatchUp] {
        self.plans.get(tenant).map_or(&[], |plan| &plan.catch_ups)
    }

    /// When something begins next.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.heads.first().map(|(begins, _)| *begins)
    }

    fn keep(&mut self, tenant: &TenantId, plan: Plan) {
        if let Some(begins) = self.plans.remove(tenant).and_then(|before| before.begins()) {
            self.heads.remove(&(begins, tenant.clone()));
        }
        self.heads.extend(plan.begins().map(|begins| (begins, tenant.clone())));
        if !(plan.appointments.is_empty() && plan.catch_ups.is_empty()) {
            self.plans.insert(tenant.clone(), plan);
        }
    }
}

impl Plan {
    fn of(tenant: &TenantId, campaigns: &[Enlisted], partition: &dyn Partition) -> Result<Self, WorkerError> {
        let catch_ups = campaigns.iter().map(|campaign| CatchUp::of(tenant, campaign, partition));
        let catch_ups = catch_ups.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        Ok(Self { appointments: appointments(tenant, campaigns, partition)?, catch_ups })
    }

    /// When the first of it begins.
    fn begins(&self) -> Option<Timestamp> {
        let moments = self.appointments.iter().filter_map(Appointment::begins);
        moments.chain(self.catch_ups.iter().map(|catch_up| catch_up.since)).min()
    }
}

impl Appointment {
    pub(super) fn begins(&self) -> Option<Timestamp> {
        self.next.map(|next| next.begins)
    }

    /// The occurrence has begun, or is missed.
    pub(super) fn pass(&mut self, moment: Timestamp) {
        self.begun = Some(moment);
        self.next = self.schedule.next(self.published, self.begun);
    }

    /// What is kept of it.
    pub(super) fn row(&self, tenant: &TenantId) -> Row {
        let progress = Progress { begun_ms: self.begun.unwrap_or_default().as_millis() };
        let body = serde_json::to_vec(&progress).expect("a schedule's progress should be storable");
        Row { key: key(tenant, &self.campaign, self.number), body }
    }
}

/// Where it stands how far something of a campaign's is.
pub(super) fn key(tenant: &TenantId, campaign: &CampaignName, what: impl Display) -> RowKey {
    RowKey { tenant: tenant.clone(), page: String::new(), at: 0, id: format!("{campaign}/{what}") }
}

fn appointments(
    tenant: &TenantId,
    campaigns: &[Enlisted],
    partition: &dyn Partition,
) -> Result<Vec<Appointment>, WorkerError> {
    let mut appointments = Vec::new();
    for campaign in campaigns {
        for (number, trigger) in campaign.manifest.triggers.iter().enumerate() {
            let Trigger::Schedule(json) = trigger else { continue };
            // What cannot be read was published before this version knew schedules.
            let Ok(schedule) = Schedule::parse(&json.value()) else { continue };
            let row = partition.row(Book::Schedules, &key(tenant, &campaign.name, number))?;
            let progress: Option<Progress> = row.map(|row| serde_json::from_slice(&row)).transpose()?;
            let begun = progress.map(|progress| Timestamp::from_millis(progress.begun_ms));
            let next = schedule.next(campaign.published, begun);
            let (campaign, published) = (campaign.name.clone(), campaign.published);
            let (json, schedule) = (json.clone(), Arc::new(schedule));
            appointments.push(Appointment { campaign, number, json, schedule, published, begun, next });
        }
    }
    Ok(appointments)
}
