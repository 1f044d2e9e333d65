//! Batches over a store in memory, with campaigns of a few lines: what causes and words of one commit do to one another.

mod counters;
mod echoes;
mod fairness;
mod identity;
mod release;
mod sweeps;

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use tokio::runtime::Runtime;

use super::batch::Batch;
use super::due::Due;
use super::*;
use crate::channels::{self, Addresses, Channel, Delivering, Message};
use crate::domain::{
    Call, CampaignName, Cause, Context, Decision, Delivery, Failure, Inbound, Instruction, Json, Manifest, ManualClock,
    Outcome, ProfileId, ProfileKey, Revision, StateChange, Substance, TimerChange, Trigger,
};
use crate::outbox::Matter;
use crate::sandbox::View;
use crate::settings::Settings;
use crate::store::conformance::{self, NOON, at, person_in, shop};
use crate::store::{Book, Commit, Line, Memory, OutboxRow, Page, Row, RowKey, Store, TimerKey};

type Decide = fn(&Context, &Cause) -> Decision;

struct Answers(Decide);

impl Decider for Answers {
    fn decide(&self, context: &Context, cause: &Cause, _: Arc<dyn View>) -> Outcome {
        let result: Result<Decision, Failure> = Ok((self.0)(context, cause));
        Outcome { result, fuel_used: 7, log: Vec::new() }
    }
}

pub(super) fn campaign(name: &str, decide: Decide) -> Enlisted {
    let manifest = Manifest {
        name: name.to_owned(),
        version: "1".into(),
        summary: String::new(),
        triggers: vec![Trigger::Event("*".into())],
        channels: vec!["push".into()],
        steps: vec!["push".into()],
        configuration: Json::parse("{}").unwrap(),
    };
    Enlisted {
        name: CampaignName::parse(name).unwrap(),
        revision: Revision(1),
        published: Timestamp::EPOCH,
        audiences: Arc::default(),
        standing: Standing::Active,
        since: Timestamp::EPOCH,
        catches_up_since: None,
        // These tests send one person more than anybody would.
        settings: Settings::read(&serde_json::json!({"exempt_from": ["caps"]})).unwrap().into(),
        streak: Arc::default(),
        manifest: Arc::new(manifest),
        decider: Arc::new(Answers(decide)),
    }
}

fn decision(instructions: Vec<Instruction>, timers: Vec<TimerChange>) -> Decision {
    Decision { instructions, timers, state: StateChange::Keep, marks: Vec::new() }
}

fn push() -> Instruction {
    let delivery = Delivery { channel: "push".into(), content: Json::parse("{}").unwrap() };
    Instruction { step: "push".into(), deliveries: vec![delivery], expires: None }
}

fn sends(_: &Context, _: &Cause) -> Decision {
    decision(vec![push()], Vec::new())
}

/// Waits from an even event to an odd one, always until the same moment.
fn toggles(_: &Context, cause: &Cause) -> Decision {
    let Cause::Event(event) = cause else { return decision(Vec::new(), Vec::new()) };
    let is_even = event.id.as_str().trim_start_matches('m').parse::<u32>().unwrap() % 2 == 0;
    let set = TimerChange::Set { name: "wait".into(), at: at(NOON + 3_600_000) };
    decision(Vec::new(), vec![if is_even { set } else { TimerChange::CancelAll }])
}

struct Bench {
    store: Memory,
    partition: Box<dyn Partition>,
    roster: Roster,
    agenda: Agenda,
    switchboard: Arc<Switchboard>,
    person: ProfileKey,
    now: Timestamp,
}

impl Bench {
    fn new(campaigns: Vec<Enlisted>) -> Self {
        let store = Memory::new(Arc::new(ManualClock::new(at(NOON))));
        let partition = conformance::acquire(&store).remove(0);
        let roster = Roster::default();
        roster.replace([(shop(), campaigns.into_iter().collect())].into());
        let person = person_in(&partition.slots(), 0);
        let switchboard = Arc::default();
        Self { store, partition, roster, agenda: Agenda::default(), switchboard, person, now: at(NOON) }
    }

    fn event(&self, number: usize) -> Inbound {
        conformance::event(self.person.profile.as_str(), &format!("m{number}"))
    }

    fn deletion(&self) -> Inbound {
        let mut inbound = self.event(999_999);
        if let Substance::Event { event, .. } = &mut inbound.substance {
            event.call = Call::Delete;
        }
        inbound
    }

    /// One batch of all that came in and was said. Returns how many causes it had.
    fn commit(&mut self, inbounds: Vec<Inbound>, words: &[Word]) -> u64 {
        conformance::append(&self.store, inbounds);
        let Pulled { entries, upto, .. } = conformance::pull(self.partition.as_mut(), usize::MAX).unwrap();
        let reports = self.store.reports();
        let partition = self.partition.as_ref();
        let tools = Tools {
            partition,
            reports: &reports,
            roster: &self.roster,
            switchboard: &self.switchboard,
            agenda: &self.agenda,
            inquiries: None,
            now: self.now,
        };
        let horizon = entries.last().map_or(self.now, |last| last.arrived);
        let mut batch = Batch::open(tools, horizon);
        for entry in &entries {
            fire(&mut batch, entry.arrived);
            batch.consume(entry).unwrap();
        }
        fire(&mut batch, horizon);
        settlement::heed(&mut batch, words, self.now).unwrap();
        let Closed { commit, causes, .. } = batch.close(upto).unwrap();
        self.partition.commit(commit).unwrap();
        self.partition.sync().unwrap();
        causes
    }

    fn outbox(&self) -> Vec<Promised> {
        let rows = self.store.reports().outbox(&shop(), None, usize::MAX).unwrap();
        rows.iter().map(|row| Promised::decode(&row.body).unwrap()).collect()
    }

    fn ledger_rows(&self) -> usize {
        let page = Page { tenant: shop(), page: self.person.profile.to_string(), after: None };
        self.store.reports().rows(Book::Ledger, &page, usize::MAX).unwrap().len()
    }
}

/// One batch, after everything that was asked aside was answered: who is dear on a busy machine is nothing that a test should see. False when
/// there was nothing to do.
fn turn(worker: &mut Worker, now: Timestamp) -> bool {
    worker.commit_batch(now).unwrap() || worker.shared.aside.run_errands() > 0 && turn(worker, now)
}

fn fire(batch: &mut Batch<'_>, moment: Timestamp) {
    while let Due::Timer(timer) = batch.next_due(&shop(), moment).unwrap() {
        batch.fire(&timer, moment).unwrap();
    }
}

/// What comes back from the channel.
fn settled(entry: Promised, channel: Arc<dyn Channel>) -> Word {
    let runtime = Runtime::new().unwrap();
    let lane = Dispatcher::new(runtime.handle().clone(), Arc::new(ManualClock::new(at(NOON)))).lane(Arc::default());
    let (outlet, home) = sync_channel(1);
    let settled = move |settlement| outlet.send(Word::Settled(settlement, "test")).unwrap();
    lane.dispatch(entry, None, channel, Box::new(settled)).unwrap();
    home.recv().unwrap()
}

fn accepting() -> Arc<dyn Channel> {
    Switchboard::default().line(&shop(), "push")
}

#[test]
fn nothing_is_kept_of_somebody_erased_while_a_message_comes_back() {
    type Said = fn(Promised) -> Word;
    let words: [Said; 4] = [
        |entry| settled(entry, accepting()),
        |entry| settled(entry, channels::closed("no".to_owned())),
        Word::Postpone,
        |entry| Word::GiveUp(entry, DeathCause::Withdrawn),
    ];
    for word in words {
        let mut bench = Bench::new(vec![campaign("test", sends)]);
        bench.commit(vec![bench.event(1)], &[]);
        let word = word(bench.outbox().remove(0));
        bench.commit(vec![bench.event(2), bench.deletion()], &[word]);
        assert_eq!(bench.outbox(), []);
        assert_eq!(bench.ledger_rows(), 0);
        assert_eq!(bench.partition.load(&bench.person).unwrap(), None);
        let messages = Page { tenant: shop(), page: String::new(), after: None };
        assert_eq!(bench.store.reports().rows(Book::Messages, &messages, usize::MAX).unwrap(), []);
    }
}

#[test]
fn what_was_delivered_is_not_redelivered_by_a_word_that_comes_at_the_same_time() {
    let mut bench = Bench::new(vec![campaign("test", sends)]);
    bench.commit(vec![bench.event(1)], &[]);
    let entry = bench.outbox().remove(0);
    let redeliver = Word::Redeliver(shop(), vec![entry.id.clone()], sync_channel(1).0);
    bench.commit(Vec::new(), &[settled(entry, accepting()), redeliver]);
    assert_eq!(bench.outbox(), []);
}

#[test]
fn a_timer_that_is_cancelled_again_and_again_in_one_batch_is_cancelled() {
    let mut bench = Bench::new(vec![campaign("test", toggles)]);
    bench.commit(vec![bench.event(0)], &[]);
    assert_eq!(bench.partition.due(&shop(), at(i64::MAX), 9).unwrap().len(), 1);
    bench.commit(vec![bench.event(1), bench.event(2), bench.event(3)], &[]);
    assert_eq!(bench.partition.due(&shop(), at(i64::MAX), 9).unwrap(), []);
}

#[test]
fn a_message_does_not_wait_for_a_clock_that_went_back_behind_its_arrival() {
    let mut bench = Bench::new(vec![campaign("test", sends)]);
    bench.now = at(NOON - 3_600_000);
    bench.commit(vec![bench.event(1)], &[]);
    assert_eq!(bench.partition.lines_due(bench.now).unwrap().len(), 1);
    assert_eq!(bench.outbox()[0].promised_at, at(NOON));
}

#[test]
fn a_timer_for_nobody_goes_and_makes_nobody() {
    let mut bench = Bench::new(vec![campaign("test", sends)]);
    let (due, owner, campaign) = (at(NOON), bench.person.clone(), CampaignName::parse("test").unwrap());
    let timers_set = vec![TimerKey { due, owner, campaign, name: "wait".into() }];
    bench.partition.commit(Commit { timers_set, ..Commit::default() }).unwrap();
    assert_eq!(bench.commit(Vec::new(), &[]), 1, "a batch without a cause would not be committed");
    assert_eq!(bench.partition.due(&shop(), at(NOON), 9).unwrap(), []);
    assert_eq!(bench.partition.load(&bench.person).unwrap(), None);
}

#[test]
fn a_ledger_that_overflows_within_one_batch_keeps_to_its_bound() {
    let mut bench = Bench::new(["a", "b", "c"].map(|name| campaign(name, sends)).into());
    bench.commit((0..256).map(|number| bench.event(number)).collect(), &[]);
    assert_eq!(bench.ledger_rows() as u64, limits::LEDGER_ROWS_MAX);
    bench.commit(vec![bench.deletion()], &[]);
    assert_eq!(bench.ledger_rows(), 0);
}

/// A partition whose disk is gone.
struct Gone;

fn gone<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable("the disk is gone".to_owned()))
}

impl Partition for Gone {
    fn slots(&self) -> Range<u16> {
        0..1
    }

    fn position(&self) -> Position {
        Position::default()
    }

    fn pull(&mut self, _: Position, _: usize) -> Result<Pulled, StoreError> {
        gone()
    }

    fn load(&self, _: &ProfileKey) -> Result<Option<Vec<u8>>, StoreError> {
        gone()
    }

    fn due(&self, _: &TenantId, _: Timestamp, _: usize) -> Result<Vec<TimerKey>, StoreError> {
        gone()
    }

    fn tenants_due(&self, _: Timestamp) -> Result<Vec<TenantId>, StoreError> {
        gone()
    }

    fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        gone()
    }

    fn outbox_due(&self, _: &Line, _: Timestamp, _: usize) -> Result<Vec<OutboxRow>, StoreError> {
        gone()
    }

    fn lines_due(&self, _: Timestamp) -> Result<Vec<Line>, StoreError> {
        gone()
    }

    fn outbox_next_due(&self, _: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        gone()
    }

    fn outbox_entry(&self, _: &TenantId, _: &InstructionId) -> Result<Option<OutboxRow>, StoreError> {
        gone()
    }

    fn people(&self, _: &TenantId, _: Option<&ProfileId>, _: usize) -> Result<Vec<ProfileId>, StoreError> {
        gone()
    }

    fn rows(&self, _: Book, _: &Page, _: usize) -> Result<Vec<Row>, StoreError> {
        gone()
    }

    fn row(&self, _: Book, _: &RowKey) -> Result<Option<Vec<u8>>, StoreError> {
        gone()
    }

    fn tenants_in(&self, _: Book) -> Result<Vec<TenantId>, StoreError> {
        gone()
    }

    fn parked(&self, _: &TenantId, _: usize) -> Result<Vec<Entry>, StoreError> {
        gone()
    }

    fn waiting(&self) -> Result<Vec<(TenantId, Waiting)>, StoreError> {
        gone()
    }

    fn commit(&mut self, _: Commit) -> Result<(), StoreError> {
        gone()
    }

    fn sync(&mut self) -> Result<Position, StoreError> {
        gone()
    }
}

fn shared(store: &Memory, clock: Arc<ManualClock>, campaigns: Vec<Enlisted>, runtime: &Runtime) -> Arc<Shared> {
    let roster = Arc::new(Roster::default());
    roster.replace([(shop(), campaigns.into_iter().collect())].into());
    Arc::new(Shared {
        clock: Arc::<ManualClock>::clone(&clock),
        roster,
        reports: store.reports(),
        switchboard: Arc::default(),
        dispatcher: Dispatcher::new(runtime.handle().clone(), clock),
        sync_beat: Duration::ZERO,
        backlog: Arc::default(),
        aside: Arc::new(Aside::by_hand()),
        suspend: Box::new(drop),
    })
}

#[test]
fn a_loop_whose_store_is_gone_stops_all_the_same() {
    let clock = Arc::new(ManualClock::new(at(NOON)));
    let (store, runtime) = (Memory::new(clock.clone()), Runtime::new().unwrap());
    let handle = start(Box::new(Gone), Arc::default(), shared(&store, clock, Vec::new(), &runtime)).unwrap();
    let (stopped, is_stopped) = sync_channel(1);
    thread::spawn(move || {
        handle.stop();
        stopped.send(()).unwrap();
    });
    is_stopped.recv_timeout(Duration::from_secs(10)).expect("the loop should have stopped");
}

/// A provider that never answers.
struct Silent;

impl Channel for Silent {
    fn provider(&self) -> &'static str {
        "silent"
    }

    fn deliver<'a>(&'a self, _: &'a Message) -> Delivering<'a> {
        Box::pin(std::future::pending())
    }
}

fn entry(number: usize, channel: &str, person: &ProfileKey) -> OutboxRow {
    let entry = Promised {
        id: InstructionId::parse(&format!("msg_{number:032x}")).unwrap(),
        tenant: shop(),
        campaign: CampaignName::parse("test").unwrap(),
        revision: Revision(1),
        variation: None,
        step: "push".into(),
        channel: channel.to_owned(),
        matter: Matter::Message,
        profile: person.profile.clone(),
        user_id: None,
        content: Json::parse("{}").unwrap(),
        addresses: Addresses::default(),
        promised_at: at(NOON),
        good_until: at(NOON),
        expires: None,
        attempts: 0,
        last_error: None,
        dead: None,
    };
    let (channel, id) = (entry.channel.clone(), entry.id.clone());
    OutboxRow { tenant: shop(), channel, id, due: Some(at(NOON)), body: entry.encode() }
}

#[test]
fn a_silent_provider_holds_up_nobody_elses_messages_however_many_wait_for_it() {
    let clock = Arc::new(ManualClock::new(at(NOON)));
    let (store, runtime) = (Memory::new(clock.clone()), Runtime::new().unwrap());
    let mut partition = conformance::acquire(&store).remove(0);
    let person = person_in(&partition.slots(), 0);
    let many = 64 * limits::DISPATCHED_PER_CHANNEL_MAX;
    let mut outbox_put: Vec<_> = (0..many).map(|number| entry(number, "push", &person)).collect();
    outbox_put.push(entry(many, "email", &person));
    partition.commit(Commit { outbox_put, ..Commit::default() }).unwrap();
    partition.sync().unwrap();
    let shared = shared(&store, clock, vec![campaign("test", sends)], &runtime);
    shared.switchboard.replace([((shop(), "push".to_owned()), Arc::new(Silent) as Arc<dyn Channel>)].into());
    let handle = start(partition, Arc::default(), shared).unwrap();
    let page = Page { tenant: shop(), page: String::new(), after: None };
    let has_gone_out = || !store.reports().rows(Book::Messages, &page, 1).unwrap().is_empty();
    let patience = (0..1_000).any(|_| {
        thread::sleep(Duration::from_millis(10));
        has_gone_out()
    });
    assert!(patience, "the e-mail should have gone out");
    assert!(!handle.status().is_settled(store.end(), at(NOON)));
    handle.stop();
}

#[test]
fn a_tenants_dead_channels_leave_other_tenants_messages_alone() {
    let clock = Arc::new(ManualClock::new(at(NOON)));
    let (store, runtime) = (Memory::new(clock.clone()), Runtime::new().unwrap());
    let mut partition = conformance::acquire(&store).remove(0);
    let person = person_in(&partition.slots(), 0);
    let dead: Vec<String> = (0..12).map(|number| format!("dead{number}")).collect();
    let rows = (0..1_200).map(|number| entry(number, &dead[number % dead.len()], &person));
    let other = TenantId::parse("other").unwrap();
    let mine = Promised { tenant: other.clone(), ..Promised::decode(&entry(9_999, "push", &person).body).unwrap() };
    let row = OutboxRow { tenant: other.clone(), body: mine.encode(), ..entry(9_999, "push", &person) };
    let outbox_put = rows.chain([row]).collect();
    partition.commit(Commit { outbox_put, ..Commit::default() }).unwrap();
    partition.sync().unwrap();
    let shared = shared(&store, clock, Vec::new(), &runtime);
    let campaigns = || Campaigns::new([campaign("test", sends)], []);
    shared.roster.replace([(shop(), campaigns()), (other.clone(), campaigns())].into());
    let silent = |channel: &String| ((shop(), channel.clone()), Arc::new(Silent) as Arc<dyn Channel>);
    shared.switchboard.replace(dead.iter().map(silent).collect());
    let handle = start(partition, Arc::default(), shared).unwrap();
    let page = Page { tenant: other, page: String::new(), after: None };
    let has_gone_out = (0..1_000).any(|_| {
        thread::sleep(Duration::from_millis(10));
        !store.reports().rows(Book::Messages, &page, 1).unwrap().is_empty()
    });
    assert!(has_gone_out, "the other tenant's message should have gone out");
    handle.stop();
}
