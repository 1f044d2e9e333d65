//! A batch: what one commit takes together. It keeps the people it touched and the timers that are due, and comes to one `Commit`.
//! Which causes it takes, and in which order, is the shift's affair.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::agenda::Agenda;
use super::bookkeeping::Counting;
use super::catalogue::{Catalogue, Wares};
use super::draft::Draft;
use super::due::DueTimers;
use super::inquiries::Inquiries;
use super::roster::{Campaigns, Enlisted, Roster};
use super::step::{self, Asked, Effects, Scene};
use super::suspension::{OPERATIONS, Suspension};
use super::sweeping::Sweeping;
use super::{WorkerError, catalogue, quarantine};
use crate::channels::Switchboard;
use crate::domain::{
    Call, Event, Hearer, Inbound, InstructionId, Position, ProfileId, ProfileKey, Substance, TenantId, Timestamp,
};
use crate::ledger::Failed;
use crate::outbox::Entry as Promised;
use crate::profiles::{Kept, Profile};
use crate::store::{Book, Commit, Entry, Partition, Reports, RowKey};

/// What a batch works with.
#[derive(Clone, Copy)]
pub(super) struct Tools<'a> {
    pub(super) partition: &'a dyn Partition,
    pub(super) reports: &'a Arc<dyn Reports>,
    pub(super) roster: &'a Roster,
    pub(super) switchboard: &'a Arc<Switchboard>,
    pub(super) agenda: &'a Agenda,
    /// For a batch whose campaigns are asked aside.
    pub(super) inquiries: Option<&'a Inquiries>,
    /// By the clock, which may have gone back behind what arrived.
    pub(super) now: Timestamp,
}

/// A commit in the making.
pub(super) struct Batch<'a> {
    pub(super) tools: Tools<'a>,
    /// Shared with whoever is asked about them; nobody is while they are changed, so that changing copies nothing.
    pub(super) people: BTreeMap<ProfileKey, Here>,
    /// What they were interested in when they were taken in hand, and items that their events speak of.
    pub(super) wares: Wares,
    pub(super) due: DueTimers,
    pub(super) horizon: Timestamp,
    pub(super) draft: Draft,
    pub(super) causes: u64,
    /// Used by campaigns since it was asked for.
    fuel: u64,
    /// Who was asked since then, of whom and when.
    asked: Vec<(ProfileKey, Timestamp, Asked)>,
    unparked: Vec<(TenantId, Position)>,
    parked: Vec<Entry>,
    told: Vec<Inbound>,
    /// What came in of somebody is to leave the journal.
    erases: bool,
    suspensions: Vec<Suspension>,
    /// How often sweeps asked somebody.
    pub(super) swept: u64,
    pub(super) sweeping: Sweeping,
    pub(super) counting: Counting,
}

/// What is kept under an id.
pub(super) enum Here {
    Nobody,
    Person(Arc<Profile>),
    /// The person is kept under another id.
    Moved(ProfileId),
    /// Under the digest of an id: since when nothing is kept under that.
    Erased(Timestamp),
}

impl Here {
    fn encode(&self) -> Option<Vec<u8>> {
        match self {
            Self::Nobody => None,
            Self::Person(person) => Some(person.encode()),
            Self::Moved(to) => Some(Kept::moved(to)),
            Self::Erased(at) => Some(Kept::erased(*at)),
        }
    }
}

/// What a batch comes to.
pub(super) struct Closed {
    pub(super) commit: Commit,
    pub(super) causes: u64,
    /// To be told once it is committed.
    pub(super) suspensions: Vec<Suspension>,
    /// Whose agenda changed.
    pub(super) touched: BTreeSet<TenantId>,
}

impl<'a> Batch<'a> {
    /// Begins a batch that reaches up to `horizon`.
    pub(super) fn open(tools: Tools<'a>, horizon: Timestamp) -> Self {
        Self {
            tools,
            people: BTreeMap::new(),
            wares: Wares::default(),
            due: DueTimers::until(horizon),
            horizon,
            draft: Draft::default(),
            causes: 0,
            fuel: 0,
            asked: Vec::new(),
            unparked: Vec::new(),
            parked: Vec::new(),
            told: Vec::new(),
            erases: false,
            suspensions: Vec::new(),
            swept: 0,
            sweeping: Sweeping::default(),
            counting: Counting::default(),
        }
    }

    pub(super) fn horizon(&self) -> Timestamp {
        self.horizon
    }

    /// Fuel that was used since the last time that somebody asked.
    pub(super) fn take_fuel(&mut self) -> u64 {
        std::mem::take(&mut self.fuel)
    }

    /// Whether it comes to nothing so far.
    pub(super) fn is_empty(&self) -> bool {
        self.causes == 0
    }

    /// The tenant's first parked causes.
    pub(super) fn parked(&self, tenant: &TenantId, max: usize) -> Result<Vec<Entry>, WorkerError> {
        Ok(self.tools.partition.parked(tenant, max)?)
    }

    /// Passes a cause over, for a later batch.
    pub(super) fn park(&mut self, entry: Entry) {
        self.parked.push(entry);
    }

    /// A parked cause was consumed.
    pub(super) fn unpark(&mut self, entry: &Entry) {
        self.unparked.push((entry.inbound.tenant.clone(), entry.position));
    }

    /// Takes along what another partition is to be told.
    pub(super) fn told(&mut self, inbound: Inbound) {
        self.told.push(inbound);
    }

    /// Takes in an entry of the journal. The timers that were due before it have fired.
    pub(super) fn consume(&mut self, entry: &Entry) -> Result<(), WorkerError> {
        let Inbound { tenant, source, substance } = &entry.inbound;
        self.causes += 1;
        match substance {
            Substance::Event { profile, event } => {
                let key = ProfileKey { tenant: tenant.clone(), profile: profile.clone() };
                self.ask_before(&key, entry.arrived)?;
                self.happen(&key, event, entry.arrived)
            }
            Substance::Quarantined(quarantined) => {
                let row = quarantine::row(tenant, source, quarantined, (entry.position, entry.arrived));
                self.draft.add(Book::Quarantine, row);
                Ok(())
            }
            Substance::Told(told) => {
                let Hearer::Person(profile) = &told.to else { return self.hear_of_all(tenant, &told.news, entry) };
                let key = ProfileKey { tenant: tenant.clone(), profile: profile.clone() };
                self.ask_before(&key, entry.arrived)?;
                self.hear(&key, told)?;
                // Whoever moved here may not have been asked where they were.
                self.ask_before(&key, entry.arrived)
            }
            Substance::Item(word) => self.hear_of_item(tenant, word),
        }
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
    pub(super) fn person(&mut self, key: &ProfileKey) -> Result<&mut Profile, WorkerError> {
        Ok(Arc::make_mut(self.shared(key)?))
    }

    /// A person who did not move, to be asked about and changed.
    pub(super) fn shared(&mut self, key: &ProfileKey) -> Result<&mut Arc<Profile>, WorkerError> {
        let here = self.here(key)?;
        if matches!(here, Here::Nobody) {
            *here = Here::Person(Arc::default());
        }
        match here {
            Here::Person(person) => Ok(person),
            Here::Nobody | Here::Moved(_) | Here::Erased(_) => panic!("who moved should be told elsewhere"),
        }
    }

    /// Where a person moved.
    pub(super) fn moved_to(&mut self, key: &ProfileKey) -> Result<Option<ProfileId>, WorkerError> {
        Ok(match self.here(key)? {
            Here::Moved(to) => Some(to.clone()),
            Here::Nobody | Here::Person(_) | Here::Erased(_) => None,
        })
    }

    /// What is kept under an id.
    pub(super) fn here(&mut self, key: &ProfileKey) -> Result<&mut Here, WorkerError> {
        if !self.people.contains_key(key) {
            let kept = self.tools.partition.load(key)?.map(|record| Kept::decode(&record)).transpose();
            let here = match kept.map_err(|err| WorkerError::of_profile(key, err))? {
                None => Here::Nobody,
                Some(Kept::Person(person)) => Here::Person(person),
                Some(Kept::Moved(to)) => Here::Moved(to),
                Some(Kept::Erased(at)) => Here::Erased(at),
            };
            self.wares.interests.insert(key.clone(), catalogue::interests(&here));
            self.people.insert(key.clone(), here);
        }
        Ok(self.people.get_mut(key).expect("the person should be there: it was just put there"))
    }

    /// A row of a book that is here, as the batch left it so far.
    pub(super) fn row(&self, book: Book, key: &RowKey) -> Result<Option<Vec<u8>>, WorkerError> {
        match self.draft.row(book, key) {
            Some(drafted) => Ok(drafted.cloned()),
            None => Ok(self.tools.partition.row(book, key)?),
        }
    }

    /// A tenant's items, as they were committed last.
    pub(super) fn catalogue(&self, tenant: &TenantId) -> Catalogue {
        Catalogue::new(self.tools.reports, tenant)
    }

    /// What the loop adds of its own: settled messages and the like.
    pub(super) fn draft_mut(&mut self) -> &mut Draft {
        &mut self.draft
    }

    /// Whom something happens to, and what is around them.
    pub(super) fn scene<'s>(&self, key: &'s ProfileKey, now: Timestamp, campaigns: &'s Campaigns) -> Scene<'s>
    where
        'a: 's,
    {
        let Tools { switchboard, inquiries, .. } = self.tools;
        Scene { key, now, campaigns, switchboard, catalogue: self.catalogue(&key.tenant), inquiries }
    }

    /// The draft, and what is kept besides.
    pub(super) fn draft_and_reports(&mut self) -> (&mut Draft, &dyn Reports) {
        (&mut self.draft, self.tools.reports.as_ref())
    }

    /// What came in up to here, somebody's who was erased among it, is to leave the journal.
    pub(super) fn leave_no_trace(&mut self) {
        self.erases = true;
    }

    /// Ends the batch. Causes up to `upto` are consumed, or parked.
    pub(super) fn close(mut self, upto: Position) -> Result<Closed, WorkerError> {
        let touched = self.close_sweeps();
        self.close_counters()?;
        let interests = std::mem::take(&mut self.wares.interests);
        let people = std::mem::take(&mut self.people);
        interests.iter().for_each(|(key, before)| self.index(key, before, &people[key]));
        let records = people.into_iter().map(|(key, here)| (key, here.encode()));
        let commit = self.draft.into_commit(upto, records.collect(), self.horizon);
        let (told, erases) = (self.told, self.erases);
        metrics::counter!("rekindle_worker_swept_total").increment(self.swept);
        let commit = Commit { unparked: self.unparked, parked: self.parked, told, erases, ..commit };
        Ok(Closed { commit, causes: self.causes, suspensions: self.suspensions, touched })
    }

    pub(super) fn happen(&mut self, key: &ProfileKey, event: &Event, now: Timestamp) -> Result<(), WorkerError> {
        if let Some(to) = self.moved_to(key)? {
            self.pass_on(key, &to, (event, now));
            return Ok(());
        }
        let is_new = matches!(self.here(key)?, Here::Nobody);
        if self.is_from_before_erasure(key, event)? {
            self.leave_no_trace();
            metrics::counter!("rekindle_worker_forgotten_total").increment(1);
            return Ok(());
        }
        if event.call == Call::Delete {
            return self.erase(key, event, now);
        }
        if is_new {
            self.pass_over(key, now)?;
        }
        let campaigns = self.tools.roster.of(&key.tenant);
        let scene = self.scene(key, now, &campaigns);
        let effects = step::on_event(&scene, self.shared(key)?, event);
        self.take(&scene, effects)?;
        self.tell_of_items(key, event, now)?;
        self.link(key, event)
    }

    pub(super) fn take(&mut self, scene: &Scene<'_>, effects: Effects) -> Result<(), WorkerError> {
        self.fuel += effects.fuel;
        effects.timers_unset.into_iter().for_each(|timer| self.unset(timer));
        effects.timers_set.into_iter().for_each(|timer| self.set(timer));
        effects.promised.iter().for_each(|entry| self.promise(entry));
        effects.ledger.iter().try_for_each(|row| self.record(scene.key, row))?;
        self.asked.extend(effects.asked.into_iter().map(|asked| (scene.key.clone(), scene.now, asked)));
        Ok(())
    }

    pub(super) fn promise(&mut self, entry: &Promised) {
        // At once: a clock that went back, and the moment of arrival with it, holds up nothing.
        self.draft.put(entry, Some(entry.promised_at.min(self.tools.now)));
    }

    /// Counts failures in a row of those campaigns that were asked; suspends one at the last of too many.
    pub(super) fn tally(&mut self) {
        for (key, now, Asked { campaign, failed }) in std::mem::take(&mut self.asked) {
            let campaigns = self.tools.roster.of(&key.tenant);
            let Some(campaign) = campaigns.named(&campaign) else { continue };
            if campaign.streak.note(failed.is_some())
                && let Some(failed) = failed
            {
                self.suspend(&key, campaign, (&failed, now));
            }
        }
    }

    fn suspend(&mut self, key: &ProfileKey, campaign: &Enlisted, (failed, now): (&Failed, Timestamp)) {
        let suspension = Suspension::new(key, campaign, (failed, now));
        self.draft.add(Book::Failures, suspension.row(key, &failed.cause));
        if self.tools.switchboard.is_connected(&key.tenant, OPERATIONS) {
            self.promise(&suspension.message(key, &failed.cause));
        }
        self.suspensions.push(suspension);
    }
}
