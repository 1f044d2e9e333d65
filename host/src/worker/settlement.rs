//! Messages on their way out: to their providers once they are durable, and back with a receipt, which is committed like everything
//! else.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::batch::Batch;
use super::ledger::{Fate as Recorded, LedgerRow, What};
use super::{Word, Worker, WorkerError, messages};
use crate::domain::{InstructionId, ProfileKey, TenantId, Timestamp, limits};
use crate::faults::{self, Point};
use crate::outbox::{self, DeathCause, Entry, Fate, Settlement};
use crate::store::Book;

/// An answer that is due once the batch is committed.
pub(super) type Reply = (SyncSender<usize>, usize);

impl Worker {
    /// Takes messages that are due to their providers. Only what is durable is in the outbox now: everything was just synced.
    pub(super) fn dispatch(&mut self, now: Timestamp) -> Result<(), WorkerError> {
        let after = self.looked_at.take();
        if after.is_none() {
            (self.has_promised, self.is_held_up) = (false, false);
        }
        let rows = self.partition.outbox_due(now, after.as_ref(), limits::OUTBOX_SCAN_MAX)?;
        if !rows.is_empty() {
            faults::pass(Point::OutboxReleasing);
        }
        for row in &rows {
            if self.lane.room() == 0 {
                // One that comes back makes room, and then those that are due first go first.
                return Ok(());
            }
            if !self.lane.is_under_way(&row.tenant, &row.id) {
                self.dispatch_entry(Entry::decode(&row.body)?, now);
            }
        }
        // A page may be full of what a busy channel holds up: others are behind it.
        self.looked_at = rows.into_iter().nth(limits::OUTBOX_SCAN_MAX - 1);
        Ok(())
    }

    fn dispatch_entry(&mut self, entry: Entry, now: Timestamp) {
        let campaigns = self.shared.roster.of(&entry.tenant);
        match campaigns.iter().find(|campaign| campaign.name == entry.campaign) {
            None => self.words.push(Word::GiveUp(entry, DeathCause::Withdrawn)),
            Some(campaign) if campaign.paused => self.words.push(Word::Postpone(entry)),
            Some(_) if entry.is_expired(now) => self.words.push(Word::GiveUp(entry, DeathCause::Expired)),
            Some(_) => self.hand_over(entry),
        }
    }

    fn hand_over(&mut self, entry: Entry) {
        let channel = self.shared.switchboard.line(&entry.tenant, &entry.channel);
        let provider = channel.provider();
        let (outlet, signal) = (self.outlet.clone(), Arc::clone(&self.signal));
        let settled = move |settlement: Settlement| {
            // Nobody takes it once the loop has ended: the entry is in the outbox and goes out after the next start.
            drop(outlet.try_send(Word::Settled(settlement, provider)));
            signal.raise();
        };
        self.status.dispatched();
        if self.lane.dispatch(entry, channel, Box::new(settled)).is_err() {
            self.status.settled(1);
            self.is_held_up = true;
        }
    }
}

/// Takes what the loop was told into the batch. Returns how many dispatched messages came back.
pub(super) fn heed(batch: &mut Batch<'_>, words: &[Word], now: Timestamp) -> Result<(u64, Vec<Reply>), WorkerError> {
    let (mut came_back, mut replies) = (0, Vec::new());
    for word in words {
        match word {
            Word::Settled(settlement, provider) => {
                came_back += 1;
                settle(batch, settlement, provider, now)?;
            }
            Word::Redeliver(tenant, ids, reply) => replies.push((reply.clone(), redeliver(batch, tenant, ids, now)?)),
            Word::Postpone(entry) if is_kept(batch, entry)? => {
                let due = now.plus(limits::PAUSED_TIMER_RECHECK);
                batch.draft_mut().put(entry, Some(due));
            }
            Word::GiveUp(entry, cause) if is_kept(batch, entry)? => {
                give_up(batch, entry.clone().died(*cause, now), "", now)?;
            }
            Word::Postpone(_) | Word::GiveUp(..) | Word::Stop => {}
        }
    }
    Ok((came_back, replies))
}

/// Whether the entry still is in the outbox: it is not when the person was erased meanwhile.
fn is_kept(batch: &Batch<'_>, entry: &Entry) -> Result<bool, WorkerError> {
    Ok(batch.outbox_entry(&entry.tenant, &entry.id)?.is_some())
}

fn settle(batch: &mut Batch<'_>, settlement: &Settlement, provider: &str, now: Timestamp) -> Result<(), WorkerError> {
    let Settlement { entry, receipt, .. } = settlement;
    faults::pass(Point::FateTaken);
    if !is_kept(batch, entry)? {
        return Ok(());
    }
    match outbox::settle(entry.clone(), receipt.clone(), now) {
        Fate::Delivered { entry, .. } => {
            batch.draft_mut().settle(&entry.tenant, &entry.id);
            batch.draft_mut().add(Book::Messages, messages::row(&entry, provider, now));
            record(batch, &entry, What::Sent(recorded(&entry, provider, None)), now)
        }
        Fate::Moved { entry, due } => {
            batch.draft_mut().put(&entry, Some(due));
            record(batch, &entry, What::Retried(recorded(&entry, provider, Some(due))), now)
        }
        Fate::Dead { entry } => give_up(batch, entry, provider, now),
    }
}

fn give_up(batch: &mut Batch<'_>, entry: Entry, provider: &str, now: Timestamp) -> Result<(), WorkerError> {
    batch.draft_mut().put(&entry, None);
    record(batch, &entry, What::Dead(recorded(&entry, provider, None)), now)
}

fn redeliver(
    batch: &mut Batch<'_>,
    tenant: &TenantId,
    ids: &[InstructionId],
    now: Timestamp,
) -> Result<usize, WorkerError> {
    let mut found = 0;
    for id in ids {
        let Some(kept) = batch.outbox_entry(tenant, id)? else { continue };
        let Ok(entry) = kept.redelivered(now) else { continue };
        batch.draft_mut().put(&entry, Some(now));
        found += 1;
    }
    Ok(found)
}

fn record(batch: &mut Batch<'_>, entry: &Entry, what: What, now: Timestamp) -> Result<(), WorkerError> {
    let key = ProfileKey { tenant: entry.tenant.clone(), profile: entry.profile.clone() };
    batch.record(&key, &LedgerRow { at: now.as_millis(), campaign: entry.campaign.to_string(), what })
}

fn recorded(entry: &Entry, provider: &str, next: Option<Timestamp>) -> Recorded {
    Recorded {
        id: entry.id.to_string(),
        step: entry.step.clone(),
        channel: entry.channel.clone(),
        provider: provider.to_owned(),
        attempts: entry.attempts,
        reason: entry.last_error.clone().or_else(|| entry.dead.map(|dead| dead.cause.as_str().to_owned())),
        next: next.map(Timestamp::as_millis),
    }
}
