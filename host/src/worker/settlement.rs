//! Messages on their way out: to their providers once they are durable, and back with a receipt, which is committed like everything
//! else.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::batch::{Batch, Here};
use super::redelivery::{self, Obstacle};
use super::suspension::OPERATIONS;
use super::{Word, Worker, WorkerError, echo, messages};
use crate::channels::Channel;
use crate::domain::{InstructionId, Json, Lost, Medium, Membership, ProfileKey, TenantId, Timestamp, limits};
use crate::faults::{self, Point};
use crate::ledger::{Fate as Recorded, LedgerRow, What};
use crate::outbox::{self, DeathCause, Declined, Entry, Fate, Matter, Settlement};
use crate::policy::{self, CampaignPolicy, Moment};
use crate::profiles::Kept;
use crate::store::{Book, Line, Page};

/// An answer that is due once the batch is committed.
pub(super) type Reply = (SyncSender<usize>, usize);

impl Worker {
    /// Takes messages that are due to their providers, line by line, so that a line that is held up, however long it is, holds
    /// up no other. Only what is durable is in the outbox now: everything was just synced.
    pub(super) fn dispatch(&mut self, now: Timestamp) -> Result<(), WorkerError> {
        (self.has_promised, self.is_held_up, self.rested) = (false, false, None);
        for line in self.partition.lines_due(now)? {
            if self.lane.room() == 0 {
                // One that comes back makes room.
                self.is_held_up = true;
                return Ok(());
            }
            if self.words.len() >= limits::COMMIT_CAUSES_MAX {
                self.has_promised = true;
                return Ok(());
            }
            self.dispatch_line(&line, now)?;
        }
        Ok(())
    }

    fn dispatch_line(&mut self, line: &Line, now: Timestamp) -> Result<(), WorkerError> {
        if let Some(until) = self.lane.rests_until(line, now) {
            self.rested = Some(self.rested.map_or(until, |rested| rested.min(until)));
            return Ok(());
        }
        let channel = self.shared.switchboard.line(&line.0, &line.1);
        // As many may be under way, and as many again be next.
        let rows_max = 2 * channel.under_way_max();
        let rows = self.partition.outbox_due(line, now, rows_max)?;
        faults::pass(Point::OutboxReleasing);
        for row in &rows {
            if self.lane.is_under_way(&row.tenant, &row.id) {
                continue;
            }
            let Some(entry) = self.dispatchable(Entry::decode(&row.body)?, now) else { continue };
            let traits = self.traits_for(&entry, channel.as_ref())?;
            if self.hand_over(entry, traits, Arc::clone(&channel)).is_err() {
                self.is_held_up = true;
                return Ok(());
            }
        }
        self.has_promised |= rows.len() >= rows_max;
        Ok(())
    }

    /// What is known of the person now, where the channel speaks of it. Who moved meanwhile cannot be asked here.
    fn traits_for(&self, entry: &Entry, channel: &dyn Channel) -> Result<Option<Json>, WorkerError> {
        if !channel.wants_traits(&entry.content) {
            return Ok(None);
        }
        let key = entry.owner();
        let kept = self.partition.load(&key)?.map(|record| Kept::decode(&record)).transpose();
        Ok(match kept.map_err(|err| WorkerError::of_profile(&key, err))? {
            Some(Kept::Person(person)) => Some(person.traits_document()),
            Some(Kept::Moved(_) | Kept::Erased(_)) | None => None,
        })
    }

    /// The entry, where it goes out now; otherwise the loop takes note of what becomes of it.
    fn dispatchable(&mut self, entry: Entry, now: Timestamp) -> Option<Entry> {
        if entry.matter == Matter::Echo {
            return Some(entry);
        }
        let campaigns = self.shared.roster.of(&entry.tenant);
        let word = match campaigns.named(&entry.campaign) {
            None => Word::GiveUp(entry, DeathCause::Withdrawn),
            // What is said about a campaign does not wait for it.
            Some(campaign) if entry.channel != OPERATIONS && campaign.reason_to_wait().is_some() => {
                Word::Postpone(entry)
            }
            Some(_) if entry.is_expired(now) => Word::GiveUp(entry, DeathCause::Expired),
            Some(_) if entry.channel != OPERATIONS && entry.is_stale(now) => Word::Judge(entry),
            Some(_) => return Some(entry),
        };
        self.words.push(word);
        None
    }

    fn hand_over(&mut self, entry: Entry, traits: Option<Json>, channel: Arc<dyn Channel>) -> Result<(), Declined> {
        let provider = channel.provider();
        let (outlet, signal) = (self.outlet.clone(), Arc::clone(&self.signal));
        let settled = move |settlement: Settlement| {
            // Nobody takes it once the loop has ended: the entry is in the outbox and goes out after the next start.
            drop(outlet.try_send(Word::Settled(settlement, provider)));
            signal.raise();
        };
        self.status.dispatched();
        self.lane.dispatch(entry, traits, channel, Box::new(settled)).inspect_err(|_| self.status.settled(1))
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
            Word::Recount(tenant, reply) => {
                batch.begin_recount(tenant, now)?;
                replies.push((reply.clone(), 1));
            }
            Word::Postpone(entry) if is_kept(batch, entry)? => {
                let due = now.plus(limits::PAUSED_TIMER_RECHECK);
                batch.draft_mut().put(entry, Some(due));
            }
            Word::Judge(entry) if is_kept(batch, entry)? => judge_again(batch, entry, now)?,
            Word::GiveUp(entry, cause) if is_kept(batch, entry)? => {
                give_up(batch, entry.clone().died(*cause, now), "", now)?;
            }
            Word::Postpone(_) | Word::Judge(_) | Word::GiveUp(..) | Word::Stop => {}
        }
    }
    Ok((came_back, replies))
}

/// Before an attempt long after the promise: who does not want it any more, or left the campaign, does not get it, and nobody gets it in
/// quiet hours. Who moved meanwhile cannot be asked here.
fn judge_again(batch: &mut Batch<'_>, entry: &Entry, now: Timestamp) -> Result<(), WorkerError> {
    let key = entry.owner();
    let campaigns = batch.tools.roster.of(&key.tenant);
    let person = match batch.here(&key)? {
        Here::Person(person) => Arc::clone(person),
        Here::Nobody | Here::Moved(_) | Here::Erased(_) => Arc::default(),
    };
    if let Some(obstacle) = redelivery::obstacle(entry, &person, &ledger(batch, &key)?, now) {
        let cause = match obstacle {
            Obstacle::Expired { .. } => DeathCause::Expired,
            Obstacle::Unwanted { .. } | Obstacle::Superseded { .. } | Obstacle::Left { .. } => DeathCause::Unwanted,
        };
        let entry = Entry { last_error: Some(obstacle.to_string()), ..entry.clone() };
        return give_up(batch, entry.died(cause, now), "", now);
    }
    let usual = CampaignPolicy::default();
    let settings = campaigns.named(&entry.campaign).map_or(&usual, |campaign| &campaign.settings.policy);
    let moment = Moment { now, profile: &person, tenant: campaigns.policy() };
    let good_until = policy::good_until(&moment, settings, &entry.channel);
    let quiet = policy::quiet_until(&moment, settings, &entry.channel);
    let due = quiet.filter(|_| !Membership::is_ended_by(&entry.content)).unwrap_or(now);
    batch.draft_mut().put(&Entry { good_until, ..entry.clone() }, Some(due));
    Ok(())
}

/// What is recorded of somebody, up to the last commit.
fn ledger(batch: &Batch<'_>, key: &ProfileKey) -> Result<Vec<LedgerRow>, WorkerError> {
    let page = Page { tenant: key.tenant.clone(), page: key.profile.to_string(), after: None };
    let rows = batch.tools.partition.rows(Book::Ledger, &page, limits::LEDGER_ROWS_MAX as usize)?;
    Ok(rows.iter().map(|row| LedgerRow::decode(&row.body)).collect::<Result<_, _>>()?)
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
    lose(batch, entry, receipt.gone())?;
    match outbox::settle(entry.clone(), receipt.clone(), now) {
        Fate::Delivered { entry, note } => {
            batch.draft_mut().settle(&entry.tenant, &entry.id);
            match entry.matter {
                Matter::Message => note_sent(batch, &entry, (provider, note), now),
                Matter::Echo => Ok(()),
            }
        }
        Fate::Moved { entry, due } => {
            // Who joins an audience may be taken out before that is tried again.
            let may_change = Membership::of(&entry.content).is_some();
            let good_until = if may_change { entry.promised_at } else { entry.good_until };
            let entry = Entry { good_until, ..entry };
            batch.draft_mut().put(&entry, Some(due));
            record(batch, &entry, What::Retried(recorded(&entry, provider, Some(due))), now)
        }
        Fate::Dead { entry } => give_up(batch, entry, provider, now),
    }
}

fn note_sent(
    batch: &mut Batch<'_>,
    entry: &Entry,
    (provider, note): (&str, Option<String>),
    now: Timestamp,
) -> Result<(), WorkerError> {
    batch.draft_mut().add(Book::Messages, messages::row(entry, provider, now));
    let sent = Recorded { reason: note, ..recorded(entry, provider, None) };
    record(batch, entry, What::Sent(sent), now)?;
    echo::promise_sent(batch, entry, provider, now)
}

/// Notes which of the person's addresses the provider found gone. Dated by the promise, so that one that was heard of since is
/// good again. Who moved meanwhile is not told: the next message finds out.
fn lose(batch: &mut Batch<'_>, entry: &Entry, gone: &[String]) -> Result<(), WorkerError> {
    let Some(medium) = Medium::of(&entry.channel).filter(|_| !gone.is_empty()) else { return Ok(()) };
    let key = entry.owner();
    let Here::Person(person) = batch.here(&key)? else { return Ok(()) };
    for address in gone {
        let lost = Lost { medium, address: Some(address.clone()) };
        Arc::make_mut(person).addresses.lose(&lost, entry.promised_at);
    }
    Ok(())
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
        if entry.matter == Matter::Message {
            count_again(batch, &entry)?;
        }
        found += 1;
    }
    Ok(found)
}

/// What is on its way again counts again.
fn count_again(batch: &mut Batch<'_>, entry: &Entry) -> Result<(), WorkerError> {
    let key = entry.owner();
    let campaigns = batch.tools.roster.of(&key.tenant);
    if campaigns.named(&entry.campaign).is_some_and(|campaign| campaign.settings.policy.counts(&entry.channel))
        && let Here::Person(person) = batch.here(&key)?
    {
        Arc::make_mut(person).sends.promise(&entry.id, &entry.campaign, &entry.channel);
    }
    Ok(())
}

/// Records what became of a message; an echo is nobody's.
fn record(batch: &mut Batch<'_>, entry: &Entry, what: What, now: Timestamp) -> Result<(), WorkerError> {
    if entry.matter == Matter::Echo {
        return Ok(());
    }
    let key = entry.owner();
    batch.record(&key, &LedgerRow { at: now.as_millis(), campaign: entry.campaign.to_string(), what })
}

fn recorded(entry: &Entry, provider: &str, next: Option<Timestamp>) -> Recorded {
    Recorded {
        id: entry.id.to_string(),
        step: entry.step.clone(),
        channel: entry.channel.clone(),
        revision: entry.revision.0,
        provider: provider.to_owned(),
        attempts: entry.attempts,
        reason: entry.last_error.clone().or_else(|| entry.dead.map(|dead| dead.cause.as_str().to_owned())),
        next: next.map(Timestamp::as_millis),
        variation: entry.variation.as_ref().map(ToString::to_string),
    }
}
