//! The judge: knows from people's habits alone what must have happened, and compares it with what providers did, with what the house
//! recorded, and with what Segment was told. Pure.
//!
//! Everything happens once. A provider does something again only where its last answer was lost, or where the house was killed meanwhile; and
//! then under the same id. Where the house never heard that something was done, and the person left the campaign before it could ask again, the
//! message stays in its outbox.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::people::{Habit, Person};
use super::providers::{Providers, Step};
use crate::emulators::{Execution, Facebook};

/// What should not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Something did not happen.
    Lost,
    /// Something happened more often than it had to.
    Doubled,
    /// Something happened that nobody wanted.
    Invented,
    /// Somebody is in the audience and should not be, or the other way round.
    Misplaced,
    /// A provider would not have taken it.
    Fault,
}

/// What the house keeps of the campaign's messages once it has come to rest.
#[derive(Debug, Default)]
pub struct Kept {
    taken: Vec<Message>,
    /// What is in its outbox.
    held: Vec<Message>,
}

/// A message, as the house knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Message {
    person: String,
    step: Step,
    id: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What should not be.
    pub complaints: Vec<(Flaw, String)>,
    /// How many messages each provider carried out, repetitions not counted.
    pub executed: BTreeMap<&'static str, u64>,
    /// Repetitions after an answer that was lost.
    pub repeated_after_loss: u64,
    /// Repetitions because the house was killed.
    pub repeated_after_kill: u64,
    /// What Segment was told.
    pub told: u64,
}

/// A fact as Segment was told it: of whom, the event's name, the step.
type Fact = (String, String, String);

/// Compares.
pub fn judge(people: &[Person], providers: &Providers, kept: &Kept) -> Verdict {
    let mut verdict = Verdict::default();
    for step in Step::ALL {
        judge_step(&mut verdict, step, people, (providers, kept));
    }
    judge_audience(&mut verdict, people, &providers.facebook.executions());
    judge_told(&mut verdict, providers, &kept.taken);
    for (name, provider) in providers.all() {
        provider.faults().into_iter().for_each(|fault| verdict.complain(Flaw::Fault, format!("{name}: {fault}")));
    }
    verdict
}

impl Kept {
    /// Reads the house's lists of messages and of its outbox.
    pub fn read(messages: &[Value], outbox: &[Value]) -> Self {
        let is_message = |entry: &&Value| entry["channel"] != "segment";
        Self {
            taken: messages.iter().filter_map(Message::read).collect(),
            held: outbox.iter().filter(is_message).filter_map(Message::read).collect(),
        }
    }
}

impl Message {
    /// None where it is no step of the campaign.
    fn read(message: &Value) -> Option<Self> {
        let text = |member: &str| message[member].as_str().map(str::to_owned);
        Some(Self { person: text("profile")?, step: Step::named(&text("step")?)?, id: text("id")? })
    }

    fn is_of(&self, person: &Person, step: Step) -> bool {
        self.person == person.id && self.step == step
    }
}

impl Verdict {
    /// How many complaints are of that kind.
    pub fn count(&self, flaw: Flaw) -> usize {
        self.complaints.iter().filter(|(of, _)| *of == flaw).count()
    }

    fn complain(&mut self, flaw: Flaw, what: String) {
        self.complaints.push((flaw, what));
    }
}

fn judge_step(verdict: &mut Verdict, step: Step, people: &[Person], (providers, kept): (&Providers, &Kept)) {
    let executions = providers.executions(step);
    let mut of_person = grouped(&executions, |execution| execution.order.person.clone());
    for person in people {
        let executions = of_person.remove(&person.id).unwrap_or_default();
        let what = format!("`{}` of `{}`", step.name(), person.id);
        match (person.habit.steps().contains(&step), executions.is_empty()) {
            (true, true) => verdict.complain(Flaw::Lost, what.clone()),
            (false, false) => verdict.complain(Flaw::Invented, what.clone()),
            (false, true) => {}
            (true, false) => *verdict.executed.entry(step.provider()).or_default() += 1,
        }
        judge_repetitions(verdict, &what, &executions);
        let of_step = |messages: &[Message]| messages.iter().filter(|one| one.is_of(person, step)).cloned().collect();
        let kept = Kept { taken: of_step(&kept.taken), held: of_step(&kept.held) };
        let was_heard =
            executions.last().is_some_and(|last| last.is_answered && last.life == providers.of(step).life());
        judge_record(verdict, &what, (&executions, was_heard), &kept);
    }
    of_person
        .into_keys()
        .for_each(|stranger| verdict.complain(Flaw::Invented, format!("somebody called `{stranger}`")));
}

fn judge_repetitions(verdict: &mut Verdict, what: &str, executions: &[&Execution]) {
    for pair in executions.windows(2) {
        let [first, second] = pair else { continue };
        if !first.is_answered {
            verdict.repeated_after_loss += 1;
        } else if first.life < second.life {
            verdict.repeated_after_kill += 1;
        } else {
            verdict.complain(Flaw::Doubled, format!("{what}, though it was answered"));
        }
    }
}

/// What was done has one id, under which the house has recorded it, or which it holds in its outbox where it cannot have heard of it.
fn judge_record(
    verdict: &mut Verdict,
    what: &str,
    (executions, was_heard): (&[&Execution], bool),
    Kept { taken, held }: &Kept,
) {
    let told = executions.iter().filter_map(|execution| execution.order.message.as_deref());
    let ids: BTreeSet<&str> = told.chain(taken.iter().chain(held).map(|message| message.id.as_str())).collect();
    if ids.len() > 1 || taken.len() + held.len() > 1 {
        verdict.complain(Flaw::Doubled, format!("{what}, under {ids:?}, recorded {taken:?}, in the outbox {held:?}"));
    }
    match (executions.is_empty(), taken.is_empty()) {
        (true, false) => verdict.complain(Flaw::Invented, format!("{what}, in the record alone")),
        (false, true) if was_heard || held.is_empty() => {
            verdict.complain(Flaw::Lost, format!("{what}, in the record"));
        }
        _ => {}
    }
}

fn judge_audience(verdict: &mut Verdict, people: &[Person], executions: &[Execution]) {
    let members = Facebook::members(executions);
    let belongs = |person: &&Person| person.habit == Habit::Overlooks;
    let wanted: BTreeSet<String> = people.iter().filter(belongs).map(|person| person.id.clone()).collect();
    for person in members.symmetric_difference(&wanted) {
        let is_in = members.contains(person);
        verdict.complain(Flaw::Misplaced, format!("`{person}` is in the audience: {is_in}"));
    }
}

/// Each fact under one id: that a message was taken, and what Customer.io reported of it.
fn judge_told(verdict: &mut Verdict, providers: &Providers, taken: &[Message]) {
    let executions = providers.segment.executions();
    for (id, told) in grouped(&executions, |execution| execution.order.message.clone().unwrap_or_default()) {
        judge_repetitions(verdict, &format!("what Segment was told as `{id}`"), &told);
    }
    let mut facts = told(&executions);
    verdict.told = facts.values().map(|ids| ids.len() as u64).sum();
    for (fact, most) in expected_facts(providers, taken) {
        match facts.remove(&fact).map_or(0, |ids| ids.len()) {
            0 => verdict.complain(Flaw::Lost, format!("Segment was not told {fact:?}")),
            count if count > most => {
                verdict.complain(Flaw::Doubled, format!("Segment was told {fact:?} {count} times"))
            }
            _ => {}
        }
    }
    facts.into_keys().for_each(|fact| verdict.complain(Flaw::Invented, format!("Segment was told {fact:?}")));
}

/// The ids under which each fact was told.
fn told(executions: &[Execution]) -> BTreeMap<Fact, BTreeSet<&str>> {
    let mut facts: BTreeMap<Fact, BTreeSet<&str>> = BTreeMap::new();
    for Execution { order, .. } in executions {
        let step = order.said["properties"]["step"].as_str().unwrap_or_default().to_owned();
        let fact = (order.person.clone(), order.what.clone(), step);
        facts.entry(fact).or_default().extend(order.message.as_deref());
    }
    facts
}

/// What Segment has to be told, and how often at the most: an e-mail that went out twice is delivered twice.
fn expected_facts(providers: &Providers, taken: &[Message]) -> BTreeMap<Fact, usize> {
    let sent = taken.iter().map(|message| {
        let name = message.step.sent();
        ((message.person.clone(), name.to_owned(), message.step.name().to_owned()), 1)
    });
    let mut facts: BTreeMap<Fact, usize> = sent.collect();
    for (person, copies) in grouped(&providers.executions(Step::Email), |execution| execution.order.person.clone()) {
        let opens = Person::known_as(&person).is_some_and(|person| person.habit == Habit::OpensEmail);
        let names = if opens { &["Email Delivered", "Email Opened"][..] } else { &["Email Delivered"] };
        for name in names {
            facts.insert((person.clone(), (*name).to_owned(), String::new()), copies.len());
        }
    }
    facts
}

fn grouped(executions: &[Execution], key: impl Fn(&Execution) -> String) -> BTreeMap<String, Vec<&Execution>> {
    let mut groups: BTreeMap<String, Vec<&Execution>> = BTreeMap::new();
    for execution in executions {
        groups.entry(key(execution)).or_default().push(execution);
    }
    groups
}
