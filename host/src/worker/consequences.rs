//! What a row of the ledger means for the person whom it is about: what a provider took counts against caps from then on and is a touch in an
//! experiment; what was given up is given back, and what waited for room among the caps may go. A row that moves along with its person says
//! nothing new.

use std::sync::Arc;

use super::WorkerError;
use super::batch::{Batch, Here};
use super::trials;
use super::verdicts;
use crate::domain::{CampaignName, InstructionId, ProfileKey, Revision, Timestamp, TouchKind};
use crate::ledger::{Fate, LedgerRow, What};
use crate::policy::CAPS;
use crate::profiles::{Profile, Recredit, Touch};
use crate::store::TimerKey;

impl Batch<'_> {
    /// Does what follows from a row.
    pub(super) fn heed(&mut self, key: &ProfileKey, row: &LedgerRow) -> Result<(), WorkerError> {
        let at = Timestamp::from_millis(row.at);
        match &row.what {
            What::Sent(fate) => self.heed_sent(key, (&row.campaign, fate), at),
            What::Dead(fate) => self.heed_dead(key, fate, at),
            _ => Ok(()),
        }
    }

    fn heed_sent(
        &mut self,
        key: &ProfileKey,
        (campaign, fate): (&str, &Fate),
        at: Timestamp,
    ) -> Result<(), WorkerError> {
        let person = self.person(key)?;
        if let Ok(id) = InstructionId::parse(&fate.id) {
            person.sends.accept(&id, at);
        }
        for moved in touch(person, (campaign, fate), at) {
            let row = LedgerRow {
                at: at.as_millis(),
                campaign: campaign.to_owned(),
                what: trials::credited(&fate.id, &moved),
            };
            self.record(key, &row)?;
        }
        Ok(())
    }

    fn heed_dead(&mut self, key: &ProfileKey, fate: &Fate, at: Timestamp) -> Result<(), WorkerError> {
        let Here::Person(person) = self.here(key)? else { return Ok(()) };
        if let Ok(id) = InstructionId::parse(&fate.id)
            && person.sends.holds(&id)
        {
            let freed = free(Arc::make_mut(person), &id, (key, at));
            for (before, now) in freed {
                self.unset(before);
                self.set(now);
            }
        }
        Ok(())
    }
}

/// A message went out, which conversions may be credited to.
fn touch(person: &mut Profile, (campaign, fate): (&str, &Fate), at: Timestamp) -> Vec<Recredit> {
    let trial = CampaignName::parse(campaign).ok().and_then(|campaign| person.trials.get_mut(&campaign));
    let (step, channel) = (fate.step.clone(), fate.channel.clone());
    let touch = Touch { at, kind: TouchKind::Send, step, channel, revision: Revision(fate.revision) };
    trial.map(|trial| trial.touch(touch)).unwrap_or_default()
}

/// Gives a message back to the caps, and has what they hold judged anew. Returns the timers that change.
fn free(person: &mut Profile, id: &InstructionId, (key, now): (&ProfileKey, Timestamp)) -> Vec<(TimerKey, TimerKey)> {
    person.sends.give_back(id);
    let mut moved = Vec::new();
    for (campaign, run) in &mut person.runs {
        for held in run.held.iter_mut().filter(|held| held.rule == CAPS) {
            let name = verdicts::held_timer(&held.id);
            let timer = |due| TimerKey { due, owner: key.clone(), campaign: campaign.clone(), name: name.clone() };
            moved.push((timer(held.until), timer(now)));
            run.timers.insert(name.clone(), now);
            held.until = now;
        }
    }
    moved
}
