//! A schedule's moment over people who do things meanwhile, turn out to be one, and are many: each is asked once, with kills anywhere.

mod catch_up;
mod items;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::domain::{
    Attributes, Change, Event, Identities, ItemDeed, ItemFacts, ItemId, MessageId, PersonFacts, SourceId,
};
use crate::outbox::Entry as Promised;
use crate::profiles::{Kept, Profile};
use crate::worker::sweep::{Question, Sweep, Whom};

const CASES: u32 = 1_000;
const HOUR: Duration = Duration::from_secs(3_600);
const USERS: [&str; 5] = ["u1", "u2", "u3", "u4", "u5"];
const DEVICES: [&str; 3] = ["a1", "a2", "a3"];

/// What happens to the house.
#[derive(Debug, Clone)]
enum Step {
    /// A user does something.
    Does(usize),
    /// A user turns out to have that device.
    Links(usize, usize),
    /// Somebody new does something.
    Comes(usize),
    TimePasses,
    Turns(usize),
    Syncs(usize),
    Crashes,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let partition = || select(vec![0, 1, 2, 3]);
    let step = prop_oneof![
        4 => (0..USERS.len()).prop_map(Step::Does),
        3 => (0..USERS.len(), 0..DEVICES.len()).prop_map(|(user, device)| Step::Links(user, device)),
        2 => (0..3_usize).prop_map(Step::Comes),
        3 => Just(Step::TimePasses),
        10 => partition().prop_map(Step::Turns),
        3 => partition().prop_map(Step::Syncs),
        2 => Just(Step::Crashes),
    ];
    prop::collection::vec(step, 0..50)
}

/// Sends when its moment comes, and notes it.
fn sends_at_its_moment(context: &Context, cause: &Cause) -> Decision {
    let Cause::Schedule(moment) = cause else { return decision(Vec::new(), Vec::new()) };
    let text = serde_json::Value::from(format!("{} {moment}", context.profile));
    let delivery = Delivery { channel: "push".into(), content: Json::from(&text) };
    decision(vec![Instruction { step: "push".into(), deliveries: vec![delivery], expires: None }], Vec::new())
}

/// So many hours after the beginning, as a schedule writes it.
fn in_hours(hours: u32) -> String {
    at(NOON).plus(hours * HOUR).to_string()[..16].to_owned()
}

fn scheduled(name: &str, schedule: &serde_json::Value) -> Enlisted {
    let enlisted = campaign(name, sends_at_its_moment);
    let triggers = vec![Trigger::Schedule(Json::from(schedule)), Trigger::Event("*".into())];
    let manifest = Arc::new(Manifest { triggers, ..Manifest::clone(&enlisted.manifest) });
    Enlisted { manifest, published: at(NOON), ..enlisted }
}

struct Hall {
    store: Memory,
    clock: Arc<ManualClock>,
    shared: Arc<Shared>,
    workers: Vec<Worker>,
    events: usize,
}

impl Hall {
    fn new(runtime: &Runtime, campaigns: Vec<Enlisted>) -> Self {
        let clock = Arc::new(ManualClock::new(at(NOON)));
        let store = Memory::new(clock.clone());
        let shared = shared(&store, clock.clone(), campaigns, runtime);
        let workers = Self::hire(&store, &shared);
        Self { store, clock, shared, workers, events: 0 }
    }

    fn hire(store: &Memory, shared: &Arc<Shared>) -> Vec<Worker> {
        let hire = |partition| Worker::new(partition, Arc::default(), Arc::clone(shared), sync_channel(1).1);
        conformance::acquire(store).into_iter().map(hire).collect()
    }

    fn arrives(&mut self, call: Call, identities: Identities, zone: Option<&str>) {
        self.events += 1;
        let event = Event {
            id: MessageId::parse(&format!("m{}", self.events)).unwrap(),
            call,
            name: if call == Call::Track { "Product Viewed".into() } else { String::new() },
            at: self.clock.now(),
            facts: PersonFacts { time_zone: zone.map(str::to_owned), ..PersonFacts::default() },
            identities,
            engagement: None,
            test: false,
            body: Json::parse("{}").unwrap(),
        };
        let profile = event.identities.profile().unwrap();
        let substance = Substance::Event { profile, event: Box::new(event) };
        let source = SourceId::parse("web").unwrap();
        conformance::append(&self.store, vec![Inbound { tenant: shop(), source, substance }]);
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Does(number) => self.arrives(Call::Track, user(USERS[*number]), None),
            Step::Links(number, device) => {
                let anonymous_id = Some(DEVICES[*device].to_owned());
                self.arrives(Call::Identify, Identities { anonymous_id, ..user(USERS[*number]) }, None);
            }
            Step::Comes(number) => self.arrives(Call::Track, user(&format!("new{number}")), None),
            Step::TimePasses => self.clock.advance_to(self.clock.now().plus(HOUR / 4)),
            Step::Turns(number) => {
                self.turn(*number);
            }
            Step::Syncs(number) => {
                self.workers[*number].partition.sync().unwrap();
            }
            Step::Crashes => {
                self.store.crash();
                self.workers = Self::hire(&self.store, &self.shared);
            }
        }
    }

    fn turn(&mut self, number: usize) -> bool {
        turn(&mut self.workers[number], self.clock.now())
    }

    fn turn_all(&mut self) {
        for number in 0..self.workers.len() {
            self.turn(number);
        }
    }

    fn settle(&mut self) {
        for _ in 0..10_000 {
            let turned: Vec<bool> = (0..self.workers.len()).map(|number| self.turn(number)).collect();
            if !turned.contains(&true) {
                return;
            }
        }
        panic!("it should come to rest");
    }

    fn sync(&mut self) {
        for worker in &mut self.workers {
            worker.partition.sync().unwrap();
        }
    }

    /// How many messages each id was sent.
    fn messages(&self) -> BTreeMap<String, usize> {
        let mut messages = BTreeMap::new();
        for row in self.store.reports().outbox(&shop(), None, usize::MAX).unwrap() {
            *messages.entry(Promised::decode(&row.body).unwrap().profile.to_string()).or_default() += 1;
        }
        messages
    }

    fn texts(&self) -> Vec<String> {
        let rows = self.store.reports().outbox(&shop(), None, usize::MAX).unwrap();
        let text = |row: &OutboxRow| Promised::decode(&row.body).unwrap().content.value().as_str().unwrap().to_owned();
        let mut texts: Vec<String> = rows.iter().map(text).collect();
        texts.sort();
        texts
    }

    /// Where an id leads.
    fn found(&self, id: &ProfileId) -> ProfileId {
        let key = ProfileKey { tenant: shop(), profile: id.clone() };
        match self.store.reports().profile(&key).unwrap().map(|record| Kept::decode(&record).unwrap()) {
            Some(Kept::Moved(to)) => self.found(&to),
            _ => id.clone(),
        }
    }

    fn ended(&self) -> Vec<SweepRow> {
        let rows = self.store.reports().rows(Book::Swept, &sweep::page(&shop()), usize::MAX).unwrap();
        rows.iter().map(|row| SweepRow::decode(&row.body).unwrap()).collect()
    }

    fn asked(&self) -> u64 {
        self.ended().iter().map(|row| row.asked).sum()
    }

    fn reasons(&self) -> Vec<String> {
        let mut reasons: Vec<String> = self.ended().into_iter().filter_map(|row| row.reason).collect();
        reasons.dedup();
        reasons
    }

    fn replace(&self, campaigns: Vec<Enlisted>) {
        self.shared.roster.replace_of(&shop(), &campaigns.into_iter().collect());
    }

    fn pass(&mut self, duration: Duration) {
        self.clock.advance_to(self.clock.now().plus(duration));
        self.settle();
    }
}

fn user(id: &str) -> Identities {
    Identities { user_id: Some(id.to_owned()), ..Identities::default() }
}

fn device(id: &str) -> Identities {
    Identities { anonymous_id: Some(id.to_owned()), ..Identities::default() }
}

fn all_people() -> Vec<Identities> {
    USERS.iter().map(|id| user(id)).chain(DEVICES.iter().map(|id| device(id))).collect()
}

fn check(hall: &mut Hall, steps: &[Step]) -> Result<(), TestCaseError> {
    for identities in all_people() {
        hall.arrives(Call::Track, identities, None);
    }
    hall.settle();
    hall.sync();
    steps.iter().for_each(|step| hall.step(step));
    hall.settle();
    (0..30).for_each(|_| hall.pass(HOUR));
    let messages = hall.messages();
    prop_assert!(messages.values().all(|count| *count == 1), "nobody is asked twice: {:?}", messages);
    for identities in all_people() {
        let id = identities.profile().unwrap();
        let found = hall.found(&id);
        let is_asked = messages.contains_key(id.as_str()) || messages.contains_key(found.as_str());
        prop_assert!(is_asked, "{} was there and was not asked: {:?}", id, messages);
    }
    Ok(())
}

#[test]
fn whatever_happens_meanwhile_everybody_is_asked_once() {
    let runtime = Runtime::new().unwrap();
    let at_once = serde_json::json!({"at": in_hours(1)});
    let by_own_clock = serde_json::json!({"at": in_hours(15), "zone": "person", "otherwise": "America/New_York"});
    let cases = (steps(), select(vec![at_once, by_own_clock]));
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    runner
        .run(&cases, |(steps, schedule)| check(&mut Hall::new(&runtime, vec![scheduled("monday", &schedule)]), &steps))
        .unwrap();
}

/// A house of people who did something before the moment.
fn hall(runtime: &Runtime, people: usize, schedule: &serde_json::Value) -> Hall {
    let mut hall = Hall::new(runtime, vec![scheduled("monday", schedule)]);
    (0..people).for_each(|number| hall.arrives(Call::Track, user(&format!("p{number:05}")), None));
    hall.settle();
    hall.sync();
    hall
}

#[test]
fn each_of_many_is_asked_once_with_kills_between() {
    let runtime = Runtime::new().unwrap();
    let mut hall = hall(&runtime, 2_000, &serde_json::json!({"at": in_hours(1)}));
    hall.clock.advance_to(at(NOON).plus(HOUR));
    for round in 0..40 {
        hall.turn_all();
        if round % 3 == 0 {
            hall.workers[round % 4].partition.sync().unwrap();
        }
        if round % 5 == 4 {
            hall.step(&Step::Crashes);
        }
    }
    hall.settle();
    assert_eq!((hall.messages().len(), hall.texts().len(), hall.asked()), (2_000, 2_000, 2_000));
    hall.pass(48 * HOUR);
    assert_eq!(hall.texts().len(), 2_000, "it was to happen once");
}

#[test]
fn each_is_asked_when_their_own_clock_shows_it() {
    let runtime = Runtime::new().unwrap();
    let schedule = serde_json::json!({"at": in_hours(15), "zone": "person", "otherwise": "America/New_York"});
    let mut hall = Hall::new(&runtime, vec![scheduled("monday", &schedule)]);
    for (id, zone) in [("u1", Some("Europe/Berlin")), ("u2", Some("Asia/Tokyo")), ("u3", Some("Nowhere/At all"))] {
        hall.arrives(Call::Track, user(id), zone);
    }
    hall.settle();
    let mut expected = Vec::new();
    let ago = [("u2", 6), ("u1", 13), ("u3", 19)];
    for hours in 1..24 {
        hall.pass(HOUR);
        let now = at(NOON).plus(hours * HOUR);
        expected.extend(ago.iter().filter(|(_, at)| *at == hours).map(|(id, _)| format!("{id} {now}")));
        expected.sort();
        assert_eq!(hall.texts(), expected, "after {hours} h");
    }
}

#[test]
fn what_is_due_while_nobody_may_be_asked_is_missed_and_said_so() {
    let runtime = Runtime::new().unwrap();
    let schedule = serde_json::json!({"cron": "0 * * * *"});
    let mut hall = hall(&runtime, 3, &schedule);
    hall.replace(vec![Enlisted { standing: Standing::Paused, ..scheduled("monday", &schedule) }]);
    hall.pass(HOUR);
    assert_eq!((hall.texts().len(), hall.reasons()), (0, vec!["the campaign is paused".to_owned()]));
    hall.replace(vec![scheduled("monday", &schedule)]);
    hall.settle();
    assert_eq!(hall.texts().len(), 0, "what was missed does not come back");
    hall.pass(HOUR);
    assert_eq!(hall.texts().len(), 3);
    // Nobody looks for three hours: the latest happens, the others are missed.
    hall.pass(3 * HOUR);
    assert_eq!(hall.texts().len(), 6);
    assert!(hall.reasons().iter().any(|reason| reason.starts_with("nobody looked in time")), "{:?}", hall.reasons());
}

#[test]
fn a_new_revision_with_another_schedule_ends_what_is_under_way_and_begins_anew() {
    let runtime = Runtime::new().unwrap();
    let mut hall = hall(&runtime, 2_000, &serde_json::json!({"at": in_hours(1)}));
    hall.clock.advance_to(at(NOON).plus(HOUR));
    hall.turn_all();
    let before = hall.texts().len();
    assert!(0 < before && before < 2_000, "it should be under way: {before}");
    let other = scheduled("monday", &serde_json::json!({"every": "day", "at": "23:00"}));
    hall.replace(vec![Enlisted { revision: Revision(2), published: at(NOON).plus(HOUR), ..other }]);
    hall.settle();
    assert_eq!(hall.texts().len(), before);
    assert_eq!(hall.reasons(), ["another revision was published"]);
    hall.pass(10 * HOUR);
    assert_eq!(hall.texts().len(), before + 2_000);
}

#[test]
fn only_who_is_meant_is_asked() {
    let runtime = Runtime::new().unwrap();
    let bought = serde_json::json!({"event": "Product Viewed", "count": {"at_least": 2}});
    let schedule = serde_json::json!({"at": in_hours(1), "audience": bought});
    let mut hall = hall(&runtime, 3, &schedule);
    hall.arrives(Call::Track, user("p00001"), None);
    hall.pass(HOUR);
    assert_eq!(hall.texts(), [format!("p00001 {}", at(NOON).plus(HOUR))]);
    assert_eq!(hall.asked(), 1);
}

#[test]
fn a_sweep_over_who_has_to_do_with_an_item_asks_nobody_else() {
    let runtime = Runtime::new().unwrap();
    let enlisted = campaign("drop", |context, cause| match cause {
        Cause::ItemChanged { .. } => sends(context, cause),
        _ => decision(Vec::new(), Vec::new()),
    });
    let triggers = vec![Trigger::ItemChanged("price".into()), Trigger::Event("*".into())];
    let manifest = Arc::new(Manifest { triggers, ..Manifest::clone(&enlisted.manifest) });
    let mut hall = Hall::new(&runtime, vec![Enlisted { manifest, ..enlisted }]);
    let item = ItemId::parse("i1").unwrap();
    (0..300).for_each(|number| {
        let items = ItemFacts { deed: ItemDeed::Views, items: vec![(item.clone(), Attributes::new())] };
        let mut inbound = conformance::event(&format!("p{number:05}"), &format!("view {number}"));
        let Substance::Event { event, .. } = &mut inbound.substance else { panic!("it should be an event") };
        event.facts.items = (number % 3 == 0).then_some(items);
        conformance::append(&hall.store, vec![inbound]);
    });
    hall.settle();
    let change = Change { subject: "i1/price".into(), before: None, after: Some(Json::parse("15").unwrap()) };
    let sweep = Sweep {
        id: "item/i1/1".into(),
        moment: at(NOON),
        question: Question::ItemChanged(change),
        whom: Whom::Interested(item),
        campaigns: vec![CampaignName::parse("drop").unwrap()],
        after: None,
        asked: 0,
    };
    for worker in &mut hall.workers {
        let rows_added = vec![(Book::Sweeps, sweep.row(&shop()))];
        worker.partition.commit(Commit { rows_added, ..Commit::default() }).unwrap();
        worker.partition.sync().unwrap();
    }
    hall.step(&Step::Crashes);
    // Whoever does something now was asked before; who has nothing to do with the item is not.
    ["p00003", "p00004"].iter().for_each(|id| hall.arrives(Call::Track, user(id), None));
    hall.settle();
    let messages = hall.messages();
    assert!(messages.len() == 100 && messages.values().all(|count| *count == 1), "{messages:?}");
    assert!(messages.contains_key("p00003") && !messages.contains_key("p00004"));
}

#[test]
fn a_tenants_events_do_not_wait_for_its_sweep() {
    let runtime = Runtime::new().unwrap();
    let mut hall = hall(&runtime, 3_000, &serde_json::json!({"at": in_hours(1)}));
    hall.clock.advance_to(at(NOON).plus(HOUR));
    hall.turn_all();
    hall.arrives(Call::Track, user("p00000"), None);
    hall.turn_all();
    hall.turn_all();
    let key = ProfileKey { tenant: shop(), profile: ProfileId::parse("p00000").unwrap() };
    let person = Profile::decode(&hall.store.reports().profile(&key).unwrap().unwrap()).unwrap();
    assert_eq!(person.events, 2, "the event was decided upon");
    assert!(hall.texts().len() < 3_000, "the sweep is under way");
    hall.settle();
    assert_eq!(hall.texts().len(), 3_000);
}
