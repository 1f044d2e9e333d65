//! One person under up to six ids, whose events arrive in any order, with any partition before any other, and kills between: in
//! the end there is one profile, the same as if all had come in order under one id, and every event was decided upon once.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::domain::{
    Consent, Engagement, EngagementKind, Event, Identities, Lost, Medium, MessageId, PersonFacts, ProfileId, Scope,
    SourceId, Wish,
};
use crate::outbox::Entry as Promised;
use crate::profiles::{Kept, Profile};
use crate::reports::Measure;

/// Not the one over which messages go here: every one of them is counted.
const CHANNELS: [&str; 2] = ["email", "sms"];
const CASES: u32 = 10_000;

/// The ids of one person.
const IDS: [Id; 6] =
    [Id::User("u1"), Id::User("u2"), Id::Device("a1"), Id::Device("a2"), Id::Email("e1@x"), Id::Email("e2@x")];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Id {
    User(&'static str),
    Device(&'static str),
    Email(&'static str),
}

/// What somebody does, and what happens to the house meanwhile.
#[derive(Debug, Clone)]
enum Step {
    Arrives(usize),
    /// A partition works.
    Turns(usize),
    Syncs(usize),
    Crashes,
    /// A partition is to count again.
    Recounts(usize),
}

impl Id {
    fn name(self, identities: &mut Identities) {
        match self {
            Self::User(id) => identities.user_id = Some(id.into()),
            Self::Device(id) => identities.anonymous_id = Some(id.into()),
            Self::Email(id) => identities.email = Some(id.into()),
        }
    }

    /// Under which id a person is kept who is called so and nothing else.
    fn profile(self) -> ProfileId {
        named(&[self]).profile().unwrap()
    }
}

fn named(ids: &[Id]) -> Identities {
    let mut identities = Identities::default();
    ids.iter().for_each(|id| id.name(&mut identities));
    identities
}

/// Two ids are one person: by an identify, or by an alias where one call cannot carry both.
fn link(one: Id, other: Id) -> (Call, Identities) {
    match (one, other) {
        (Id::User(_), Id::User(previous)) | (Id::Device(_), Id::Device(previous)) => {
            (Call::Alias, Identities { previous_id: Some(previous.into()), ..named(&[one]) })
        }
        _ => (Call::Identify, named(&[one, other])),
    }
}

fn event(number: usize, call: Call, identities: Identities, seconds: i64) -> Event {
    Event {
        id: MessageId::parse(&format!("m{number}")).unwrap(),
        call,
        name: if call == Call::Track { format!("event {}", number % 2) } else { String::new() },
        at: at(NOON - 60_000 + seconds * 1_000 + i64::try_from(number).unwrap()),
        identities,
        facts: PersonFacts {
            traits: vec![("plan".into(), Json::parse(&format!("{number}")).unwrap())],
            push_token: number.is_multiple_of(3).then(|| format!("token {number}")),
            phone: number.is_multiple_of(4).then(|| format!("+49{number}")),
            consents: vec![said(number)],
            lost: (number % 5 == 1).then(|| lost(number)).into_iter().collect(),
            ..PersonFacts::default()
        },
        engagement: (call == Call::Track).then(|| told(number)),
        test: false,
        body: Json::parse("{}").unwrap(),
    }
}

/// Channels are left and come back to.
fn said(number: usize) -> Consent {
    if number.is_multiple_of(7) {
        return Consent { scope: Scope::Everything, wish: Wish::Welcome };
    }
    let wish = if number.is_multiple_of(3) { Wish::Unwanted } else { Wish::Welcome };
    Consent { scope: Scope::Channel(CHANNELS[number % 2].into()), wish }
}

/// Some token that was heard of, or all.
fn lost(number: usize) -> Lost {
    Lost { medium: Medium::Push, address: number.is_multiple_of(2).then(|| format!("token {}", number - number % 3)) }
}

fn told(number: usize) -> Engagement {
    Engagement {
        kind: [EngagementKind::Opened, EngagementKind::Unsubscribed][number % 2],
        channel: CHANNELS[number / 2 % 2].into(),
        campaign: None,
        step: None,
        detail: Some(number.to_string()),
        by_machine: false,
        dispatch: None,
    }
}

/// No call says that two addresses are one person's.
fn may_link(one: Id, other: Id) -> bool {
    !matches!((one, other), (Id::Email(_), Id::Email(_)))
}

/// Everything that a person does, under ids of which each is linked with one before it: two of the tenant's own by an alias,
/// because nothing else makes one person of them.
fn life() -> impl Strategy<Value = Vec<Event>> {
    let ids = prop::sample::subsequence(IDS.to_vec(), 2..=6).prop_shuffle();
    let linked = ids.prop_filter("two addresses need something between them", |ids| {
        !matches!(ids[..2], [Id::Email(_), Id::Email(_)])
    });
    let more = (
        prop::collection::vec(any::<prop::sample::Index>(), 6),
        prop::collection::vec((any::<prop::sample::Index>(), 0..50_i64), 1..8),
    );
    (linked, more, prop::collection::vec(0..50_i64, 6)).prop_map(|(ids, (parents, tracks), moments)| {
        let mut calls = Vec::new();
        for (number, id) in ids.iter().enumerate().skip(1) {
            let before: Vec<Id> = ids[..number].iter().copied().filter(|before| may_link(*id, *before)).collect();
            let user = before.iter().find(|before| matches!((id, before), (Id::User(_), Id::User(_))));
            let (call, identities) = link(*user.unwrap_or_else(|| parents[number].get(&before)), *id);
            calls.push((call, identities, moments[number]));
        }
        calls.extend(tracks.iter().map(|(id, moment)| (Call::Track, named(&[*id.get(&ids)]), *moment)));
        calls.into_iter().enumerate().map(|(number, (call, who, moment))| event(number, call, who, moment)).collect()
    })
}

fn steps(events: usize) -> impl Strategy<Value = Vec<Step>> {
    let arrivals = Just((0..events).map(Step::Arrives).collect::<Vec<_>>()).prop_shuffle();
    let between = prop::collection::vec(
        prop_oneof![
            8 => select(vec![0, 1, 2, 3]).prop_map(Step::Turns),
            2 => select(vec![0, 1, 2, 3]).prop_map(Step::Syncs),
            1 => Just(Step::Crashes),
            1 => select(vec![0, 1, 2, 3]).prop_map(Step::Recounts),
        ],
        0..40,
    );
    (arrivals, between, any::<u64>()).prop_map(|(arrivals, between, mix)| {
        let mut steps = arrivals;
        for (number, step) in between.into_iter().enumerate() {
            let place = (mix.rotate_left(u32::try_from(number).unwrap() * 7) % (steps.len() as u64 + 1)) as usize;
            steps.insert(place, step);
        }
        steps
    })
}

/// Sends at once what tells of the event, and an hour later, once, however many there were.
fn tells_and_waits(context: &Context, cause: &Cause) -> Decision {
    let (what, timers) = match cause {
        Cause::Event(event) => {
            (event.id.to_string(), vec![TimerChange::Set { name: "wait".into(), at: context.now.plus(HOUR) }])
        }
        _ => ("timer".to_owned(), Vec::new()),
    };
    let content = Json::from(&serde_json::Value::from(what));
    let delivery = Delivery { channel: "push".into(), content };
    decision(vec![Instruction { step: "push".into(), deliveries: vec![delivery], expires: None }], timers)
}

const HOUR: Duration = Duration::from_secs(3_600);

/// All partitions of a house, turned by hand.
struct Whole {
    store: Memory,
    clock: Arc<ManualClock>,
    shared: Arc<Shared>,
    workers: Vec<Worker>,
}

impl Whole {
    fn new(runtime: &Runtime) -> Self {
        let clock = Arc::new(ManualClock::new(at(NOON)));
        let store = Memory::new(clock.clone());
        let shared = shared(&store, clock.clone(), vec![campaign("test", tells_and_waits)], runtime);
        let workers = Self::hire(&store, &shared);
        Self { store, clock, shared, workers }
    }

    fn hire(store: &Memory, shared: &Arc<Shared>) -> Vec<Worker> {
        let hire = |partition| Worker::new(partition, Arc::default(), Arc::clone(shared), sync_channel(1).1);
        conformance::acquire(store).into_iter().map(hire).collect()
    }

    fn step(&mut self, step: &Step, events: &[Event]) {
        match step {
            Step::Arrives(number) => drop(conformance::append(&self.store, vec![inbound(&events[*number])])),
            Step::Turns(number) => drop(self.turn(*number)),
            Step::Syncs(number) => drop(self.workers[*number].partition.sync().unwrap()),
            Step::Recounts(number) => {
                self.workers[*number].words.push(Word::Recount(shop(), sync_channel(1).0));
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

    /// Until nobody has anything to do.
    fn settle(&mut self) {
        for _ in 0..1_000 {
            let turned: Vec<bool> = (0..self.workers.len()).map(|number| self.turn(number)).collect();
            if !turned.contains(&true) {
                return;
            }
        }
        panic!("it should come to rest");
    }

    fn kept(&self, id: &ProfileId) -> Option<Kept> {
        let key = ProfileKey { tenant: shop(), profile: id.clone() };
        self.store.reports().profile(&key).unwrap().map(|record| Kept::decode(&record).unwrap())
    }

    /// Where an id leads.
    fn found(&self, id: &ProfileId) -> Option<(ProfileId, Profile)> {
        match self.kept(id)? {
            Kept::Person(person) => Some((id.clone(), Arc::unwrap_or_clone(person))),
            Kept::Moved(to) => self.found(&to),
            Kept::Erased(_) => None,
        }
    }

    fn messages(&self) -> Vec<String> {
        let rows = self.store.reports().outbox(&shop(), None, usize::MAX).unwrap();
        let texts = rows.iter().map(|row| Promised::decode(&row.body).unwrap().content.value().to_string());
        let mut texts: Vec<String> = texts.map(|text| text.trim_matches('"').to_owned()).collect();
        texts.sort();
        texts
    }
}

fn inbound(event: &Event) -> Inbound {
    let profile = event.identities.profile().unwrap();
    let substance = Substance::Event { profile, event: Box::new(event.clone()) };
    Inbound { tenant: shop(), source: SourceId::parse("web").unwrap(), substance }
}

/// What is known of a person, without what depends on where it was found out.
fn known(profile: &Profile) -> Profile {
    Profile { linked: BTreeSet::new(), runs: [].into(), ledger_next: 0, ..profile.clone() }
}

fn oracle(events: &[Event]) -> Profile {
    let mut events: Vec<&Event> = events.iter().collect();
    events.sort_by_key(|event| event.at);
    let mut profile = Profile::default();
    events.into_iter().for_each(|event| drop(profile.apply(event)));
    profile
}

fn check(whole: &mut Whole, events: &[Event], steps: &[Step]) -> Result<(), TestCaseError> {
    steps.iter().for_each(|step| whole.step(step, events));
    whole.settle();
    let keys = events.iter().filter_map(|event| whole.found(&event.identities.profile()?));
    let keys: BTreeSet<ProfileId> = keys.map(|(key, _)| key).collect();
    prop_assert_eq!(keys.len(), 1, "one person, but {:?}", keys);
    let (key, person) = whole.found(keys.first().unwrap()).unwrap();
    prop_assert_eq!(known(&person), known(&oracle(events)));
    for id in IDS {
        prop_assert!(whole.found(&id.profile()).is_none_or(|(found, _)| found == key));
    }
    let tracks = events.iter().filter(|event| event.call == Call::Track);
    let mut expected: Vec<String> = tracks.map(|event| event.id.to_string()).collect();
    expected.sort();
    prop_assert_eq!(&whole.messages(), &expected);
    whole.clock.advance_to(at(NOON).plus(2 * HOUR));
    whole.settle();
    expected.push("timer".into());
    prop_assert_eq!(whole.messages(), &expected[..], "one timer, of one run");
    let counters = counters::of(&whole.store);
    prop_assert_eq!(counters::sum(&counters).get(&Measure::Instructed), expected.len() as i128);
    prop_assert_eq!(&counters, &counters::of_rows(&whole.store, [&key]), "counted as if all came at once");
    let recounts = recounts(whole.store.reports().as_ref(), &shop()).unwrap();
    prop_assert!(recounts.iter().all(|recount| !recount.is_open() && recount.differed == 0), "{:?}", recounts);
    Ok(())
}

#[test]
fn whatever_comes_first_there_is_one_person_and_nothing_happens_twice() {
    let runtime = Runtime::new().unwrap();
    let lives = life().prop_flat_map(|events| {
        let steps = steps(events.len());
        (Just(events), steps)
    });
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    runner.run(&lives, |(events, steps)| check(&mut Whole::new(&runtime), &events, &steps)).unwrap();
}

#[test]
fn a_device_that_two_users_share_stays_with_the_first() {
    let runtime = Runtime::new().unwrap();
    let mut whole = Whole::new(&runtime);
    let both = |user| link(Id::User(user), Id::Device("a1"));
    for (number, user) in ["u1", "u2"].into_iter().enumerate() {
        let (call, identities) = both(user);
        whole.step(&Step::Arrives(0), &[event(number, call, identities, 0)]);
        whole.settle();
    }
    whole.step(&Step::Arrives(0), &[event(2, Call::Track, named(&[Id::Device("a1")]), 0)]);
    whole.settle();
    let events = ["u1", "u2"].map(|user| whole.found(&Id::User(user).profile()).unwrap().1.events);
    assert_eq!(events, [2, 1]);
}

#[test]
fn who_was_erased_is_erased_under_every_id_and_nothing_from_before_comes_back() {
    let runtime = Runtime::new().unwrap();
    let mut whole = Whole::new(&runtime);
    let (call, identities) = link(Id::User("u1"), Id::Device("a1"));
    let before = event(0, Call::Track, named(&[Id::Device("a1")]), 0);
    whole.step(&Step::Arrives(0), std::slice::from_ref(&before));
    whole.step(&Step::Arrives(0), &[event(1, call, identities, 1)]);
    // Before what the device did has moved to the user.
    whole.step(&Step::Arrives(0), &[event(2, Call::Delete, named(&[Id::User("u1")]), 2)]);
    whole.settle();
    for id in [Id::User("u1"), Id::Device("a1")] {
        assert_eq!(whole.kept(&id.profile()), None, "{id:?}");
    }
    whole.step(
        &Step::Arrives(0),
        &[Event { id: MessageId::parse("late").unwrap(), ..event(3, Call::Track, named(&[Id::User("u1")]), 3) }],
    );
    whole.settle();
    assert_eq!(whole.kept(&Id::User("u1").profile()), None, "it happened before the erasure");
    whole.clock.advance_to(at(NOON).plus(HOUR));
    let again = Event { at: at(NOON).plus(HOUR), ..event(4, Call::Track, named(&[Id::User("u1")]), 4) };
    whole.step(&Step::Arrives(0), &[again]);
    whole.settle();
    assert_eq!(whole.found(&Id::User("u1").profile()).unwrap().1.events, 1, "who comes back is somebody new");
}
