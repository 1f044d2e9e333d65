//! Tenants beside each other in one loop: whatever one costs, floods or gets wrong, the others' causes are decided soon, and
//! everybody's once each and in order, crashes or not. A campaign says by its fuel what it costs, so that no test waits.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use super::*;
use crate::domain::{FailureKind, MessageId, ProfileId};
use crate::ledger::{FailureRow, LedgerRow, What};
use crate::profiles::Profile;

/// What a campaign does, and what it costs.
#[derive(Debug, Clone, Copy)]
enum Habit {
    /// Remembers every cause in order.
    Notes,
    /// The same, and waits a second for many timers.
    Ticks,
    Fails,
}

/// Timers that one event sets.
const TICKS: usize = 20;

struct Costly {
    habit: Habit,
    cost_ms: u64,
    is_ready: Arc<AtomicBool>,
}

impl Decider for Costly {
    fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::SeqCst)
    }

    fn decide(&self, context: &Context, cause: &Cause, _: Arc<dyn View>) -> Outcome {
        let fuel_used = self.cost_ms * 1_000 * limits::FUEL_PER_MICROSECOND;
        let name = match cause {
            Cause::Event(event) => event.id.as_str(),
            _ => "tick",
        };
        let mut state = context.state.clone().unwrap_or_default();
        state.extend(format!("{name} ").bytes());
        let due = context.now.plus(Duration::from_secs(1));
        let tick = |number: usize| TimerChange::Set { name: number.to_string(), at: due };
        let timers = match (self.habit, cause) {
            (Habit::Ticks, Cause::Event(_)) => (0..TICKS).map(tick).collect(),
            _ => Vec::new(),
        };
        let result = match self.habit {
            Habit::Fails => Err(Failure {
                kind: FailureKind::Trap,
                message: "unreachable".to_owned(),
                backtrace: Vec::new(),
                fuel_used,
            }),
            _ => Ok(Decision { state: StateChange::Replace(state), ..decision(Vec::new(), timers) }),
        };
        Outcome { result, fuel_used, log: Vec::new() }
    }
}

fn tenant(number: usize) -> TenantId {
    TenantId::parse(&format!("t{number}")).unwrap()
}

/// One loop over a store in memory, turned by hand.
struct Floor {
    store: Memory,
    clock: Arc<ManualClock>,
    shared: Arc<Shared>,
    worker: Worker,
    suspensions: Arc<Mutex<Vec<Suspension>>>,
    /// Of each tenant's campaign.
    are_ready: Vec<Arc<AtomicBool>>,
    sent: usize,
    _runtime: Runtime,
}

impl Floor {
    /// A tenant for each habit and cost.
    fn new(campaigns: &[(Habit, u64)]) -> Self {
        let clock = Arc::new(ManualClock::new(at(NOON)));
        let (store, runtime) = (Memory::new(clock.clone()), Runtime::new().unwrap());
        let suspensions: Arc<Mutex<Vec<Suspension>>> = Arc::default();
        let noted = Arc::clone(&suspensions);
        let mut shared = Arc::into_inner(shared(&store, clock.clone(), Vec::new(), &runtime)).unwrap();
        shared.suspend = Box::new(move |suspension| noted.lock().unwrap().push(suspension));
        let are_ready: Vec<_> = campaigns.iter().map(|_| Arc::new(AtomicBool::new(true))).collect();
        let enlisted = |(number, (habit, cost_ms)): (usize, &(Habit, u64))| {
            let is_ready = Arc::clone(&are_ready[number]);
            let decider = Arc::new(Costly { habit: *habit, cost_ms: *cost_ms, is_ready });
            (tenant(number), Campaigns::new([Enlisted { decider, ..campaign("test", sends) }], []))
        };
        shared.roster.replace(campaigns.iter().enumerate().map(enlisted).collect());
        let shared = Arc::new(shared);
        let worker = Self::hire(&store, &shared);
        Self { store, clock, shared, worker, suspensions, are_ready, sent: 0, _runtime: runtime }
    }

    fn hire(store: &Memory, shared: &Arc<Shared>) -> Worker {
        let partition = conformance::acquire(store).remove(0);
        Worker::new(partition, Arc::default(), Arc::clone(shared), sync_channel(1).1)
    }

    /// What was not synced is gone, and so is all that the loop knew.
    fn crash(&mut self) {
        self.store.crash();
        self.worker = Self::hire(&self.store, &self.shared);
    }

    fn person(&self, of: usize, number: usize) -> ProfileKey {
        let slots = self.worker.partition.slots();
        let person = |user| ProfileKey { tenant: tenant(of), profile: ProfileId::parse(&format!("u{user}")).unwrap() };
        (0..).map(person).filter(|person| slots.contains(&person.slot().0)).nth(number).unwrap()
    }

    /// An event for somebody of a tenant. Returns its id.
    fn send(&mut self, of: usize, person: usize) -> String {
        let key = self.person(of, person);
        let id = format!("m{}", self.sent);
        self.sent += 1;
        let mut inbound = conformance::event(key.profile.as_str(), &id);
        inbound.tenant = key.tenant;
        conformance::append(&self.store, vec![inbound]);
        assert!(MessageId::parse(&id).is_ok());
        id
    }

    /// One batch, as `turn` has it.
    fn turn(&mut self) -> bool {
        turn(&mut self.worker, self.clock.now())
    }

    fn finish(&mut self) {
        assert!((0..100_000).any(|_| !self.turn()), "the loop should come to rest");
        assert_eq!(self.worker.partition.waiting().unwrap(), []);
    }

    /// What the campaign remembers of somebody.
    fn noted(&self, of: usize, person: usize) -> Vec<String> {
        let key = self.person(of, person);
        let Some(record) = self.worker.partition.load(&key).unwrap() else { return Vec::new() };
        let profile = Profile::decode(&record).unwrap();
        let state = profile.runs.values().find_map(|run| run.state.clone()).unwrap_or_default();
        String::from_utf8(state).unwrap().split_whitespace().map(str::to_owned).collect()
    }

    fn noted_in_all(&self, tenants: Range<usize>) -> usize {
        tenants.map(|of| self.noted(of, 0).len()).sum()
    }

    /// Of so many people of a tenant.
    fn noted_of(&self, of: usize, people: usize) -> usize {
        (0..people).map(|person| self.noted(of, person).len()).sum()
    }

    fn ledger(&self, of: usize, person: usize) -> Vec<LedgerRow> {
        let key = self.person(of, person);
        let page = Page { tenant: key.tenant, page: key.profile.to_string(), after: None };
        let rows = self.store.reports().rows(Book::Ledger, &page, usize::MAX).unwrap();
        rows.iter().map(|row| LedgerRow::decode(&row.body).unwrap()).collect()
    }
}

#[test]
fn beside_six_looping_tenants_a_victim_is_decided_upon_in_its_turn() {
    let mut floor = Floor::new(&[[(Habit::Notes, 11)].repeat(6), vec![(Habit::Notes, 0)]].concat());
    for number in 0..1_200 {
        floor.send(number % 6, 0);
    }
    let mut delays = Vec::new();
    for number in 0..20 {
        let (id, before) = (floor.send(6, number), floor.noted_in_all(0..6));
        let turns = (1..100).find(|_| {
            floor.turn();
            floor.noted(6, number) == [id.as_str()]
        });
        delays.push((turns.expect("the victim should be decided upon"), floor.noted_in_all(0..6) - before));
    }
    // At first nobody knows who is dear, and the journal is read to its end: five windows, with turns of the dear between.
    assert!(delays[0].0 <= 16 && delays[0].1 <= 12, "{delays:?}");
    assert!(delays[1..].iter().all(|(turns, looped)| *turns <= 2 && *looped <= 1), "{delays:?}");
    assert!(floor.shared.backlog.of(&tenant(0)).causes > 100);
    floor.finish();
    assert_eq!(floor.noted_in_all(0..6), 1_200);
    assert_eq!(floor.shared.backlog.of(&tenant(0)), Waiting::default());
}

#[test]
fn loopers_share_alike_however_much_each_sent() {
    let mut floor = Floor::new(&[(Habit::Notes, 11), (Habit::Notes, 11), (Habit::Notes, 22)]);
    for number in 0..900 {
        floor.send(usize::from(number % 9 == 0) + usize::from(number % 3 == 0), 0);
    }
    (0..40).for_each(|_| {
        floor.turn();
    });
    let costs: Vec<usize> = [11, 11, 22].iter().enumerate().map(|(of, ms)| floor.noted(of, 0).len() * ms).collect();
    assert!(costs.iter().max().unwrap() - costs.iter().min().unwrap() <= 100, "{costs:?}");
}

#[test]
fn who_is_alone_and_not_dear_waits_for_nobody_and_is_not_parked() {
    let mut floor = Floor::new(&[(Habit::Notes, 2)]);
    for _ in 0..100 {
        floor.send(0, 0);
    }
    while floor.turn() {
        assert_eq!(floor.worker.partition.waiting().unwrap(), []);
    }
    assert_eq!(floor.noted(0, 0).len(), 100);
}

#[test]
fn a_dear_cause_ends_its_batch_and_who_is_dear_is_decided_upon_all_the_same() {
    let mut floor = Floor::new(&[(Habit::Notes, 11)]);
    for _ in 0..100 {
        floor.send(0, 0);
    }
    for decided in 1..=100 {
        floor.turn();
        assert_eq!(floor.noted(0, 0).len(), decided);
    }
}

#[test]
fn nobody_waits_while_a_dear_cause_is_decided() {
    let mut floor = Floor::new(&[(Habit::Notes, 11), (Habit::Notes, 0)]);
    for number in 0..4 {
        floor.send(0, number);
    }
    while floor.worker.commit_batch(floor.clock.now()).unwrap() {}
    assert_eq!(floor.noted_of(0, 4), 1, "the first was decided by the loop: nobody knew");
    floor.send(1, 0);
    assert!(floor.worker.commit_batch(floor.clock.now()).unwrap());
    assert_eq!((floor.noted_of(0, 4), floor.noted_of(1, 1)), (1, 1));
    assert_eq!(floor.shared.aside.run_errands(), 1, "one cause of a tenant is asked about at a time");
    floor.finish();
    assert_eq!(floor.noted_of(0, 4), 4);
}

#[test]
fn a_campaign_that_is_not_loaded_yet_keeps_its_own_causes_waiting_and_nobody_elses() {
    let mut floor = Floor::new(&[(Habit::Notes, 0), (Habit::Notes, 0)]);
    floor.are_ready[0].store(false, Ordering::SeqCst);
    let ids = [floor.send(0, 0), floor.send(1, 0), floor.send(0, 0)];
    assert!((0..100).any(|_| !floor.turn()), "nobody should ask again and again");
    assert_eq!((floor.noted_of(0, 1), floor.noted_of(1, 1)), (0, 1));
    floor.are_ready[0].store(true, Ordering::SeqCst);
    floor.finish();
    assert_eq!(floor.noted(0, 0), [ids[0].as_str(), &ids[2]]);
}

#[test]
fn whoever_turns_out_not_to_be_dear_elsewhere_is_decided_upon_without_an_answer() {
    let mut floor = Floor::new(&[(Habit::Notes, 11)]);
    floor.send(0, 0);
    floor.send(0, 1);
    while floor.worker.commit_batch(floor.clock.now()).unwrap() {}
    for _ in 0..limits::DEAR_FOR_CAUSES {
        floor.shared.aside.note(&tenant(0), limits::CAUSE_COST_MIN);
    }
    assert!(floor.worker.commit_batch(floor.clock.now()).unwrap());
    assert_eq!(floor.noted_of(0, 2), 2);
}

#[test]
fn a_tenants_flood_of_timers_leaves_the_others_timers_on_time() {
    let mut floor = Floor::new(&[(Habit::Notes, 1), (Habit::Notes, 0)]);
    let timer = |owner: &ProfileKey, name: String| TimerKey {
        due: at(NOON),
        owner: owner.clone(),
        campaign: CampaignName::parse("test").unwrap(),
        name,
    };
    let (flooder, victim) = (floor.person(0, 0), floor.person(1, 0));
    let mut commit = Commit::default();
    for (person, count) in [(&flooder, 500), (&victim, 1)] {
        let mut profile = Profile::default();
        let run = profile.run_mut(&CampaignName::parse("test").unwrap());
        for number in 0..count {
            run.timers.insert(number.to_string(), at(NOON));
            commit.timers_set.push(timer(person, number.to_string()));
        }
        commit.profiles.push((person.clone(), Some(profile.encode())));
    }
    floor.worker.partition.commit(commit).unwrap();
    floor.turn();
    floor.turn();
    assert_eq!(floor.noted(1, 0), ["tick"]);
    let fired = floor.noted(0, 0).len();
    assert!((1..100).contains(&fired), "{fired}");
    floor.finish();
    assert_eq!(floor.noted(0, 0).len(), 500);
}

#[test]
fn timers_set_and_fired_within_a_batch_are_bounded_and_keep_their_order() {
    let mut floor = Floor::new(&[(Habit::Ticks, 0)]);
    let mut expected = Vec::new();
    for number in 0..40 {
        floor.clock.advance_to(at(NOON + 2_000 * number));
        expected.push(floor.send(0, 0));
        expected.extend(["tick"; TICKS].map(str::to_owned));
    }
    floor.turn();
    assert!(floor.noted(0, 0).len() <= limits::COMMIT_TIMERS_MAX + 40);
    floor.finish();
    expected.truncate(expected.len() - TICKS);
    assert_eq!(floor.noted(0, 0), expected);
}

#[test]
fn a_campaign_that_fails_too_often_in_a_row_is_suspended_and_its_tenant_told() {
    let mut floor = Floor::new(&[(Habit::Fails, 0), (Habit::Notes, 0)]);
    floor.shared.switchboard.replace([((tenant(0), "operations".to_owned()), accepting())].into());
    for number in 0..2 * limits::FAILURES_IN_A_ROW_MAX {
        floor.send(0, number as usize % 3);
        floor.send(1, 0);
    }
    floor.finish();
    let rows: Vec<_> = (0..3).flat_map(|person| floor.ledger(0, person)).collect();
    let failed = rows.iter().filter(|row| matches!(row.what, What::Failed(_))).count();
    assert_eq!(failed as u32, limits::FAILURES_IN_A_ROW_MAX);
    let not_asked = rows.iter().filter(|row| row.sentence().starts_with("not asked: the campaign is suspended"));
    assert_eq!(not_asked.count() as u32, limits::FAILURES_IN_A_ROW_MAX);
    assert_eq!(floor.noted(1, 0).len() as u32, 2 * limits::FAILURES_IN_A_ROW_MAX);

    let suspensions = floor.suspensions.lock().unwrap().clone();
    let [Suspension { tenant: whose, reason, .. }] = &suspensions[..] else { panic!("{suspensions:?}") };
    assert_eq!(*whose, tenant(0));
    assert_eq!(reason, "revision 1 failed 20 times in a row, at last with `trap`: unreachable");

    let outbox = floor.store.reports().outbox(&tenant(0), None, 9).unwrap();
    let [row] = &outbox[..] else { panic!("{outbox:?}") };
    let message = Promised::decode(&row.body).unwrap();
    assert_eq!((message.channel.as_str(), message.step.as_str()), ("operations", "suspended"));
    let page = Page { tenant: tenant(0), page: String::new(), after: None };
    let failures = floor.store.reports().rows(Book::Failures, &page, usize::MAX).unwrap();
    let kinds = failures.iter().map(|row| FailureRow::decode(&row.body).unwrap().failed.kind);
    assert_eq!(kinds.filter(|kind| kind == "suspended").count(), 1);
}

#[test]
fn a_suspended_campaigns_failures_are_forgotten_when_it_is_asked_again_and_no_sooner() {
    let failing = || {
        let decider = Arc::new(Costly { habit: Habit::Fails, cost_ms: 0, is_ready: Arc::new(AtomicBool::new(true)) });
        Enlisted { decider, ..campaign("test", sends) }
    };
    let roster = Roster::default();
    let replace = |enlisted: Enlisted| roster.replace_of(&shop(), &Campaigns::new([enlisted], []));
    replace(failing());
    (0..limits::FAILURES_IN_A_ROW_MAX).for_each(|_| {
        roster.of(&shop())[0].streak.note(true);
    });
    replace(failing());
    assert!(roster.of(&shop())[0].reason_to_wait().is_some(), "something else was changed");
    replace(Enlisted { standing: Standing::Suspended, ..failing() });
    replace(failing());
    assert_eq!(roster.of(&shop())[0].reason_to_wait(), None);
    (0..limits::FAILURES_IN_A_ROW_MAX).for_each(|_| {
        roster.of(&shop())[0].streak.note(true);
    });
    replace(Enlisted { revision: Revision(2), ..failing() });
    assert_eq!(roster.of(&shop())[0].reason_to_wait(), None);
}

#[derive(Debug, Clone)]
enum Step {
    Send(Vec<(usize, usize)>),
    Turn(usize),
    Sync,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop::collection::vec((0..4_usize, 0..2_usize), 1..60).prop_map(Step::Send),
        4 => (1..6_usize).prop_map(Step::Turn),
        2 => Just(Step::Sync),
        1 => Just(Step::Crash),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn everybodys_causes_are_decided_once_each_and_in_order(
        costs_ms in prop::collection::vec(prop::sample::select(vec![0, 0, 1, 11, 40]), 4),
        steps in prop::collection::vec(step(), 1..30),
    ) {
        let campaigns: Vec<_> = costs_ms.into_iter().map(|cost_ms| (Habit::Notes, cost_ms)).collect();
        let mut floor = Floor::new(&campaigns);
        let mut sent: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Send(whom) => {
                    for (of, person) in whom {
                        let id = floor.send(of, person);
                        sent.entry((of, person)).or_default().push(id);
                    }
                }
                Step::Turn(turns) => (0..turns).for_each(|_| { floor.turn(); }),
                Step::Sync => floor.worker.sync().unwrap(),
                Step::Crash => floor.crash(),
            }
            for ((of, person), sent) in &sent {
                prop_assert!(sent.starts_with(&floor.noted(*of, *person)));
            }
        }
        floor.finish();
        for ((of, person), sent) in sent {
            prop_assert_eq!(floor.noted(of, person), sent);
        }
    }
}
