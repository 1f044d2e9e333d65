//! One person under several ids. Whoever sees that two ids are one person tells the lesser of them, whose partition gives the person
//! away to the greater: what was known is told there, and from then on whatever comes under the old id. Everything goes
//! through the journal, in its order; ids only ever move up (`ProfileId::in_order`), so it ends, whatever comes first.
//!
//! Messages that are promised stay where they are until they went out; what becomes of them is told.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::batch::{Batch, Here};
use super::bookkeeping::Passage;
use super::{WorkerError, erasure, trials};
use crate::domain::{
    CampaignName, Event, Hearer, Inbound, Json, Link, MessageId, News, ProfileId, ProfileKey, Revision, SourceId,
    Substance, Timestamp, Told,
};
use crate::faults::{self, Point};
use crate::ledger::LedgerRow;
use crate::profiles::{Joined, Profile, Recount, TimerEffects};
use crate::store::TimerKey;

impl Batch<'_> {
    /// Takes in what another partition told.
    pub(super) fn hear(&mut self, key: &ProfileKey, told: &Told) -> Result<(), WorkerError> {
        match &told.news {
            News::Same { of, is_alias } => self.is_same(key, told, &Link { profile: of.clone(), is_alias: *is_alias }),
            News::Joined { from, person } => self.welcome(key, told, (from, person)),
            News::Happened { event, arrived } => self.happen(key, event, *arrived),
            News::Noted(row) => self.note(key, told, row),
            // Everybody is told, nobody in particular.
            News::ItemChanged(_) => Ok(()),
            News::Erased { of, at } => self.is_erased(key, of, *at),
        }
    }

    /// Tells of the other ids that an event names.
    pub(super) fn link(&mut self, key: &ProfileKey, event: &Event) -> Result<(), WorkerError> {
        for link in event.identities.links() {
            let may_be = link.is_alias || !(link.profile.is_own() && key.profile.is_own());
            if may_be && self.person(key)?.link(&link.profile) {
                self.tell_same(key, event.id.as_str(), (key.profile.clone(), link));
            }
        }
        Ok(())
    }

    /// An event that came under an id which moved.
    pub(super) fn pass_on(&mut self, key: &ProfileKey, to: &ProfileId, (event, arrived): (&Event, Timestamp)) {
        let news = News::Happened { event: Box::new(event.clone()), arrived };
        self.tell(key, &["happened", event.id.as_str()], (to.clone(), news));
    }

    /// A row for the ledger of somebody who moved. Those of one mark are the same, and are noted once.
    pub(super) fn note_elsewhere(&mut self, key: &ProfileKey, (to, mark): (&ProfileId, &str), row: &[u8]) {
        let text = str::from_utf8(row).expect("a ledger row should be text");
        let note = Json::parse(text).expect("a ledger row should be json");
        self.tell(key, &["noted", mark], (to.clone(), News::Noted(note)));
    }

    /// These two are one person: the one who is kept under `key`, and another.
    fn is_same(&mut self, key: &ProfileKey, told: &Told, other: &Link) -> Result<(), WorkerError> {
        let is_own = |id: &ProfileId| id.is_own() && other.profile.is_own() && !other.is_alias;
        match self.here(key)? {
            Here::Moved(to) if *to == other.profile || is_own(to) => Ok(()),
            Here::Moved(to) => {
                let to = to.clone();
                self.tell_same(key, told.id.as_str(), (to, other.clone()));
                Ok(())
            }
            Here::Nobody | Here::Person(_) if is_own(&key.profile) => Ok(()),
            here => {
                let person = std::mem::replace(here, Here::Moved(other.profile.clone()));
                if let Here::Person(person) = person {
                    self.give_away(key, told, (&other.profile, &person))?;
                }
                faults::pass(Point::PersonMoved);
                Ok(())
            }
        }
    }

    fn give_away(
        &mut self,
        key: &ProfileKey,
        told: &Told,
        (to, person): (&ProfileId, &Profile),
    ) -> Result<(), WorkerError> {
        for (campaign, run) in &person.runs {
            erasure::timers(key, campaign, run).into_iter().for_each(|timer| self.unset(timer));
        }
        let news = News::Joined { from: key.profile.clone(), person: person.text() };
        self.tell(key, &["joined", told.id.as_str()], (to.clone(), news));
        self.give_ledger_away(key, to)
    }

    fn note(&mut self, key: &ProfileKey, told: &Told, row: &Json) -> Result<(), WorkerError> {
        match self.here(key)? {
            Here::Moved(to) => {
                let to = to.clone();
                self.note_elsewhere(key, (&to, told.id.as_str()), row.as_str().as_bytes());
            }
            Here::Person(_) => drop(self.enter(key, &LedgerRow::decode(row.as_str().as_bytes())?)?),
            // Erased meanwhile.
            Here::Nobody | Here::Erased(_) => {
                self.count(key, &LedgerRow::decode(row.as_str().as_bytes())?, Passage::FoundNobody)?;
            }
        }
        Ok(())
    }

    fn welcome(
        &mut self,
        key: &ProfileKey,
        told: &Told,
        (from, person): (&ProfileId, &Json),
    ) -> Result<(), WorkerError> {
        if let Some(to) = self.moved_to(key)? {
            self.tell(key, &["joined", told.id.as_str()], (to, told.news.clone()));
            return Ok(());
        }
        let joining = Profile::of_text(person).map_err(|err| WorkerError::of_profile(key, err))?;
        if joining.first_seen.map(|seen| self.is_forgotten(key, seen)).transpose()?.unwrap_or(false) {
            self.leave_no_trace();
            return Ok(());
        }
        let person = Arc::make_mut(self.shared(key)?);
        person.link(from);
        let Joined { timers, recounts } = person.join(joining);
        for (campaign, TimerEffects { unset, set }) in timers {
            unset.iter().for_each(|(name, due)| self.unset(timer_key(key, &campaign, (name, *due))));
            set.iter().for_each(|(name, due)| self.set(timer_key(key, &campaign, (name, *due))));
        }
        self.recount_trials(key, told, &recounts)?;
        faults::pass(Point::PersonJoined);
        Ok(())
    }

    /// What both counted for in experiments is corrected.
    fn recount_trials(
        &mut self,
        key: &ProfileKey,
        told: &Told,
        recounts: &[(CampaignName, Recount)],
    ) -> Result<(), WorkerError> {
        let (campaigns, at) = (self.tools.roster.of(&key.tenant), self.horizon().as_millis());
        for (campaign, recount) in recounts {
            let revision = campaigns.named(campaign).map_or(Revision(0), |known| known.revision);
            for what in trials::recounted(told.id.as_str(), revision, recount) {
                self.record(key, &LedgerRow { at, campaign: campaign.to_string(), what })?;
            }
        }
        Ok(())
    }

    /// Somebody was erased under another id: this one goes, too, unless it leads to somebody else.
    fn is_erased(&mut self, key: &ProfileKey, of: &ProfileId, at: Timestamp) -> Result<(), WorkerError> {
        match self.here(key)? {
            Here::Moved(to) if to == of || !to.is_own() => self.forget(key, at).map(drop),
            Here::Moved(_) | Here::Nobody | Here::Person(_) | Here::Erased(_) => Ok(()),
        }
    }

    /// Tells the lesser of two ids that it is the same person as the greater.
    fn tell_same(&mut self, key: &ProfileKey, cause: &str, (one, other): (ProfileId, Link)) {
        let (stays, moves) = one.in_order(other.profile);
        let cause = ["same", cause, stays.as_str()];
        self.tell(key, &cause, (moves, News::Same { of: stays.clone(), is_alias: other.is_alias }));
    }

    /// Tells somebody's partition something. The id follows from the cause.
    pub(super) fn tell(&mut self, key: &ProfileKey, cause: &[&str], (to, news): (ProfileId, News)) {
        let mut digest = Sha256::new();
        for part in cause.iter().copied().chain([key.profile.as_str(), to.as_str()]) {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let id = MessageId::parse(&format!("told:{hex}")).expect("a digest should be a message id");
        let substance = Substance::Told(Told { id, to: Hearer::Person(to), news });
        self.told(Inbound { tenant: key.tenant.clone(), source: SourceId::house(), substance });
    }
}

fn timer_key(key: &ProfileKey, campaign: &CampaignName, (name, due): (&String, Timestamp)) -> TimerKey {
    TimerKey { due, owner: key.clone(), campaign: campaign.clone(), name: name.clone() }
}
