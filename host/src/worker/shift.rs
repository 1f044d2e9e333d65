//! A shift: which causes one batch takes, so that no tenant waits for another longer than a few shares. The journal is one queue for
//! all tenants, so it is never waited at: a cause whose tenant has used up its share is *parked*, in the commit that passes over
//! it, and so is everything of that tenant behind it. Parked causes and due timers wait by tenant, and are served in turn. A dear cause ends the shift.
//! Who is dear is parked, has shifts of its own between those of everybody else, and its campaigns are asked aside: so nobody waits for
//! a cause of which it is known beforehand that it is dear.
//!
//! What is decided does not depend on this: a tenant's causes keep their order and their moments, parked or not, and nothing of
//! one tenant depends on another. Passing over and parking are one commit, and so are deciding and unparking: after a crash the
//! same causes are before us once each, and may be parked otherwise than before. An erasure waits behind what came before it, as
//! it would in the journal, so that nothing of that person is parked in front of it any more when it happens.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::WorkerError;
use super::aside::Aside;
use super::batch::{Batch, Tools};
use super::due::Due;
use super::inquiries::Inquiries;
use super::shares::Shares;
use crate::domain::{TenantId, Timestamp, WorkMeter, limits};
use crate::store::Entry;

/// A batch in the making, and what it may still cost.
pub(super) struct Shift<'a> {
    tools: Tools<'a>,
    batch: Batch<'a>,
    aside: &'a Aside,
    inquiries: &'a Inquiries,
    /// Who is dear, or has campaigns that cannot be asked yet: as it was when the shift began, and whoever turned out to be dear meanwhile.
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

/// What a loop keeps of its tenants' costs.
pub(super) struct Fairness<'a> {
    pub(super) shares: &'a mut Shares,
    pub(super) aside: &'a Aside,
    pub(super) inquiries: &'a Inquiries,
}

/// The journal's entries that are before us.
#[derive(Clone, Copy)]
pub(super) struct Window<'a> {
    /// Pulled and not consumed.
    pub(super) entries: &'a VecDeque<Entry>,
    /// Whether there are no others behind them.
    pub(super) is_all: bool,
}

impl Window<'_> {
    /// When the first arrived that is not taken.
    fn reach(&self, taken: usize) -> Option<Timestamp> {
        self.entries.get(taken).map(|next| next.arrived)
    }
}

impl<'a> Shift<'a> {
    /// Begins a shift that reaches up to the last entry of the window, or to now where there is none.
    pub(super) fn open(
        tools: Tools<'a>,
        Fairness { shares, aside, inquiries }: Fairness<'a>,
        parked: BTreeSet<TenantId>,
        horizon: Timestamp,
    ) -> Result<Self, WorkerError> {
        let mut behind = tools.partition.tenants_due(horizon)?;
        behind.extend(parked.iter().cloned());
        behind.extend(tools.agenda.tenants(horizon).cloned());
        let mut dear = aside.dear();
        dear.extend(behind.iter().filter(|tenant| !tools.roster.of(tenant).are_ready()).cloned());
        inquiries.refresh(|tenant| dear.contains(tenant) && behind.contains(tenant));
        Ok(Self {
            tools,
            batch: Batch::open(tools, horizon),
            aside,
            inquiries,
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
        if window.entries.is_empty() || self.shares.is_turn_of_dear() {
            self.serve_dear(window.reach(0).unwrap_or(self.batch.horizon()))?;
        }
        let has_served = !self.batch.is_empty();
        self.shares.begin_shift(has_served);
        if has_served {
            return Ok((self.batch, 0));
        }
        let newcomers: BTreeSet<&TenantId> = window.entries.iter().map(|entry| &entry.inbound.tenant).collect();
        let unready = newcomers.into_iter().filter(|tenant| !self.tools.roster.of(tenant).are_ready());
        self.dear.extend(unready.cloned());
        let taken = self.take_in(window)?;
        self.left = limits::SHARE;
        let (dear, behind) = (&self.dear, std::mem::take(&mut self.behind));
        let waiting = behind.into_iter().filter(|tenant| !dear.contains(tenant)).collect();
        self.catch_up(waiting, window.reach(taken).unwrap_or(self.batch.horizon()))?;
        Ok((self.batch, taken))
    }

    /// Takes up a cause of somebody who is dear, for whom all answers are there, and asks about others'. The batch is empty if there was none.
    fn serve_dear(&mut self, reach: Timestamp) -> Result<(), WorkerError> {
        let waiting: Vec<TenantId> = self.behind.iter().filter(|tenant| self.dear.contains(tenant)).cloned().collect();
        self.left = limits::DEAR_COST;
        self.batch = self.batch_aside();
        self.catch_up(waiting, reach)?;
        self.left = limits::BATCH_COST_MAX;
        if self.batch.is_empty() {
            self.batch = Batch::open(self.tools, self.batch.horizon());
        }
        Ok(())
    }

    /// An empty batch whose campaigns are asked aside.
    fn batch_aside(&self) -> Batch<'a> {
        Batch::open(Tools { inquiries: Some(self.inquiries), ..self.tools }, self.batch.horizon())
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
    fn catch_up(&mut self, waiting: Vec<TenantId>, reach: Timestamp) -> Result<(), WorkerError> {
        let waiting = self.shares.in_turn(waiting);
        if !waiting.iter().any(|tenant| self.shares.has_share(tenant)) {
            self.shares.begin_round(&waiting);
        }
        for tenant in &waiting {
            if self.left.is_zero() {
                break;
            }
            if !self.shares.has_share(tenant) {
                continue;
            }
            if self.dear.contains(tenant) {
                self.serve_aside(tenant, reach)?;
            } else {
                self.serve(tenant, reach)?;
                self.shares.served(tenant);
            }
        }
        Ok(())
    }

    /// Takes up what is next of somebody who is dear; drops what came of it where it cannot go on without an answer.
    fn serve_aside(&mut self, tenant: &TenantId, reach: Timestamp) -> Result<(), WorkerError> {
        let Some(reach) = self.inquiries.begin(tenant, reach) else { return Ok(()) };
        self.serve(tenant, reach)?;
        if self.inquiries.is_awaited(tenant) {
            self.batch = self.batch_aside();
        } else {
            self.inquiries.end(tenant);
            self.shares.served(tenant);
        }
        Ok(())
    }

    /// Decides parked causes of the tenant; when there are none any more, fires what is due.
    fn serve(&mut self, tenant: &TenantId, reach: Timestamp) -> Result<(), WorkerError> {
        if self.parked.contains(tenant) {
            let max = if self.dear.contains(tenant) { 1 } else { limits::COMMIT_CAUSES_MAX };
            let entries = self.batch.parked(tenant, max)?;
            for entry in &entries {
                if !self.may_go_on(tenant) || !self.decide(entry)? {
                    return Ok(());
                }
                self.batch.unpark(entry);
            }
            if entries.len() >= max {
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
        Ok(!self.inquiries.is_awaited(tenant))
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
        !self.left.is_zero() && self.shares.has_share(tenant) && !self.inquiries.is_awaited(tenant)
    }

    /// Charges the tenant for what is done: for the time that it took a processor, or for its fuel where that was more. Who waits for
    /// a processor on a busy machine is not dear by that. What cannot go on yet counts when it is taken up again.
    fn measured(
        &mut self,
        tenant: &TenantId,
        work: impl FnOnce(&mut Batch<'a>) -> Result<(), WorkerError>,
    ) -> Result<(), WorkerError> {
        let meter = WorkMeter::start();
        work(&mut self.batch)?;
        if self.inquiries.is_awaited(tenant) {
            return Ok(());
        }
        self.batch.tally();
        let fuel = Duration::from_micros(self.batch.take_fuel() / limits::FUEL_PER_MICROSECOND);
        let cost = (meter.elapsed() + self.inquiries.end(tenant)).max(fuel) + limits::CAUSE_COST_MIN;
        self.shares.charge(tenant, cost);
        if self.aside.note(tenant, cost) {
            self.dear.insert(tenant.clone());
        }
        self.left = if self.dear.contains(tenant) { Duration::ZERO } else { self.left.saturating_sub(cost) };
        Ok(())
    }
}
