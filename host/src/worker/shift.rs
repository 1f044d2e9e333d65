//! A shift: which causes one batch takes, so that no tenant waits for another longer than a few shares. The journal is one queue for
//! all tenants, so it is never waited at: a cause whose tenant has used up its share is *parked*, in the commit that passes over
//! it, and so is everything of that tenant behind it. Parked causes and due timers wait by tenant, and are served in turn. A dear cause ends the shift.
//! Who is dear is parked, and has shifts of its own between those of everybody else, when its loop may pass the gate: so who
//! comes waits for one dear cause at the most.
//!
//! What is decided does not depend on this: a tenant's causes keep their order and their moments, parked or not, and nothing of
//! one tenant depends on another. Passing over and parking are one commit, and so are deciding and unparking: after a crash the
//! same causes are before us once each, and may be parked otherwise than before. An erasure waits behind what came before it, as
//! it would in the journal, so that nothing of that person is parked in front of it any more when it happens.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::WorkerError;
use super::batch::{Batch, Tools};
use super::due::Due;
use super::gate::Place;
use super::shares::Shares;
use crate::domain::{TenantId, Timestamp, WorkMeter, limits};
use crate::store::Entry;

/// A batch in the making, and what it may still cost.
pub(super) struct Shift<'a> {
    batch: Batch<'a>,
    place: &'a Place,
    /// Who is dear: as it was when the shift began, and whoever turned out to be meanwhile.
    dear: BTreeSet<TenantId>,
    shares: &'a mut Shares,
    /// Who has parked causes in the store.
    parked: BTreeSet<TenantId>,
    /// Who has parked causes, due timers, or sweeps.
    behind: Vec<TenantId>,
    /// Whose causes were parked by this batch.
    put_aside: BTreeSet<TenantId>,
    /// What the part of the shift under way may still cost.
    left: Duration,
}

/// The journal's entries that are before us.
#[derive(Clone, Copy)]
pub(super) struct Window<'a> {
    /// Pulled and not consumed.
    pub(super) entries: &'a VecDeque<Entry>,
    /// Whether there are no others behind them.
    pub(super) is_all: bool,
}

impl<'a> Shift<'a> {
    /// Begins a shift that reaches up to the last entry of the window, or to now where there is none.
    pub(super) fn open(
        tools: Tools<'a>,
        (shares, place): (&'a mut Shares, &'a Place),
        parked: BTreeSet<TenantId>,
        horizon: Timestamp,
    ) -> Result<Self, WorkerError> {
        let mut behind = tools.partition.tenants_due(horizon)?;
        behind.extend(parked.iter().cloned());
        behind.extend(tools.agenda.tenants(horizon).cloned());
        let batch = Batch::open(tools, horizon);
        let dear = place.dear();
        Ok(Self {
            batch,
            place,
            dear,
            shares,
            parked,
            behind,
            put_aside: BTreeSet::new(),
            left: limits::BATCH_COST_MAX,
        })
    }

    /// Takes in the window as far as the shift goes, and serves who is behind. Returns how many entries were taken.
    pub(super) fn work(mut self, window: Window<'_>) -> Result<(Batch<'a>, usize), WorkerError> {
        let is_dear = self.is_for_dear(window);
        self.shares.begin_shift(is_dear);
        let taken = if is_dear { 0 } else { self.take_in(window)? };
        let stopped_at = window.entries.get(taken).map(|next| next.arrived);
        let reach = stopped_at.unwrap_or(self.batch.horizon());
        self.behind.retain(|tenant| self.dear.contains(tenant) == is_dear);
        self.left = if is_dear { limits::DEAR_COST } else { limits::SHARE };
        self.catch_up(reach)?;
        if is_dear {
            self.place.leave();
        }
        Ok((self.batch, taken))
    }

    /// Whether it is the turn of those who are dear.
    fn is_for_dear(&self, window: Window<'_>) -> bool {
        if !self.behind.iter().any(|tenant| self.dear.contains(tenant)) {
            // Those who were are not any more, by what they had at other loops.
            self.place.leave();
            return false;
        }
        (window.entries.is_empty() || self.shares.is_turn_of_dear()) && self.place.may_pass()
    }

    fn take_in(&mut self, window: Window<'_>) -> Result<usize, WorkerError> {
        for (number, entry) in window.entries.iter().enumerate() {
            let tenant = &entry.inbound.tenant;
            if !self.is_behind_itself(tenant) && !self.shares.has_share(tenant) && !self.others_wait(window, number) {
                self.shares.begin_round([tenant]);
            }
            if self.is_behind_itself(tenant) || !self.shares.has_share(tenant) {
                self.park(entry);
            } else if self.left.is_zero() {
                return Ok(number);
            } else if !self.decide(entry)? {
                if self.left.is_zero() && self.shares.has_share(tenant) {
                    return Ok(number);
                }
                self.park(entry);
            }
        }
        Ok(window.entries.len())
    }

    /// Whether earlier causes of the tenant are parked: order holds. Who is dear always waits its turn.
    fn is_behind_itself(&self, tenant: &TenantId) -> bool {
        self.parked.contains(tenant) || self.put_aside.contains(tenant) || self.dear.contains(tenant)
    }

    /// Whether somebody who has a share left waits, or may: nobody knows what is behind the window.
    fn others_wait(&self, window: Window<'_>, from: usize) -> bool {
        let is_next = |entry: &Entry| {
            !self.is_behind_itself(&entry.inbound.tenant) && self.shares.has_share(&entry.inbound.tenant)
        };
        !window.is_all
            || self.behind.iter().any(|tenant| self.shares.has_share(tenant))
            || window.entries.iter().skip(from).any(is_next)
    }

    fn park(&mut self, entry: &Entry) {
        self.put_aside.insert(entry.inbound.tenant.clone());
        self.batch.park(entry.clone());
    }

    /// Serves those who are behind, in turn, for one share in all.
    fn catch_up(&mut self, reach: Timestamp) -> Result<(), WorkerError> {
        let waiting = self.shares.in_turn(std::mem::take(&mut self.behind));
        if !waiting.iter().any(|tenant| self.shares.has_share(tenant)) {
            self.shares.begin_round(&waiting);
        }
        for tenant in &waiting {
            if self.left.is_zero() {
                break;
            }
            if self.shares.has_share(tenant) {
                self.serve(tenant, reach)?;
                self.shares.served(tenant);
            }
        }
        Ok(())
    }

    /// Decides parked causes of the tenant; when there are none any more, fires what is due.
    fn serve(&mut self, tenant: &TenantId, reach: Timestamp) -> Result<(), WorkerError> {
        if self.parked.contains(tenant) {
            let entries = self.batch.parked(tenant)?;
            for entry in &entries {
                if !self.may_go_on(tenant) || !self.decide(entry)? {
                    return Ok(());
                }
                self.batch.unpark(entry);
            }
            if entries.len() >= limits::COMMIT_CAUSES_MAX {
                return Ok(());
            }
        }
        if !self.put_aside.contains(tenant) && self.fire_until(tenant, (reach, reach))? {
            self.sweep(tenant, reach)?;
        }
        Ok(())
    }

    /// Asks who is next in the tenant's sweeps, when nothing else of the tenant's is before us.
    fn sweep(&mut self, tenant: &TenantId, now: Timestamp) -> Result<(), WorkerError> {
        let mut has_more = true;
        while has_more && self.may_go_on(tenant) {
            self.measured(tenant, |batch| {
                has_more = batch.sweep(tenant, now)?;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Decides an entry, after the timers that were due before it. False when it came to none of that.
    fn decide(&mut self, entry: &Entry) -> Result<bool, WorkerError> {
        let tenant = &entry.inbound.tenant;
        if !self.fire_until(tenant, (entry.arrived, entry.arrived))? || !self.may_go_on(tenant) {
            return Ok(false);
        }
        self.measured(tenant, |batch| batch.consume(entry))?;
        Ok(true)
    }

    /// Begins the tenant's occurrences and fires its timers that are due at `moment` or before, telling campaigns that it is `now`. False when some are left.
    fn fire_until(&mut self, tenant: &TenantId, (moment, now): (Timestamp, Timestamp)) -> Result<bool, WorkerError> {
        self.batch.begin_due(tenant, moment)?;
        loop {
            match self.batch.next_due(tenant, moment)? {
                Due::Nothing => return Ok(true),
                Due::TooMuch => {
                    // Another batch's: what else the tenant has waits behind it.
                    return Ok(false);
                }
                Due::Timer(_) if !self.may_go_on(tenant) => return Ok(false),
                Due::Timer(timer) => self.measured(tenant, |batch| batch.fire(&timer, now.max(timer.due)))?,
            }
        }
    }

    fn may_go_on(&self, tenant: &TenantId) -> bool {
        !self.left.is_zero() && self.shares.has_share(tenant)
    }

    /// Charges the tenant for what is done: for the time that it took a processor, or for its fuel where that was more. Who waits for
    /// a processor on a busy machine is not dear by that.
    fn measured(
        &mut self,
        tenant: &TenantId,
        work: impl FnOnce(&mut Batch<'a>) -> Result<(), WorkerError>,
    ) -> Result<(), WorkerError> {
        let meter = WorkMeter::start();
        work(&mut self.batch)?;
        let fuel = Duration::from_micros(self.batch.take_fuel() / limits::FUEL_PER_MICROSECOND);
        let cost = meter.elapsed().max(fuel) + limits::CAUSE_COST_MIN;
        self.shares.charge(tenant, cost);
        if self.place.note(tenant, cost) {
            self.dear.insert(tenant.clone());
        }
        self.left = if self.dear.contains(tenant) { Duration::ZERO } else { self.left.saturating_sub(cost) };
        Ok(())
    }
}
