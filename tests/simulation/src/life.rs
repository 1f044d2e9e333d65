//! The month: what people do by themselves, what they do about what they really received, and what the house is told of it, moment by moment.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use fastrand::Rng;
use rekindle::worker::Standing;

use crate::act::{Act, Answer, What};
use crate::calendar::{DAY, HOUR, Tick, moment, tick_after};
use crate::chance::{Chance, happens, hundredths};
use crate::effects::{AGAIN, BY_THEMSELVES, EFFECTS, Effect, IN_TIME, MOVED, Pull, TWICE};
use crate::house::House;
use crate::people::{Person, lateness};
use crate::provider::Taken;
use crate::tape::Tape;

/// Thousandths of calls that are delivered twice, and of answers that a vendor tells twice.
const DELIVERED_TWICE: u32 = 20;
const TOLD_TWICE: u32 = 15;
/// What is older starts nothing.
const FRESHNESS: Tick = DAY;

/// A campaign that is paused for a while: which, from when and until when.
pub(crate) const PAUSE: (&str, Tick, Tick) = ("digest", 10 * DAY, 12 * DAY);

/// Everything that happened outside of the house.
pub(crate) struct Life {
    chance: Chance,
    people: Vec<Person>,
    agenda: BTreeMap<Tick, Vec<Act>>,
    record: Arc<Mutex<Vec<Taken>>>,
    /// Up to where answers to what was received are drawn.
    answered: usize,
    /// Since when people take part in what is tried.
    began: HashMap<(&'static str, u32), Tick>,
    /// Who got a message in time to be moved by it.
    pub(crate) moved: HashSet<(&'static str, u32)>,
    end: Tick,
}

impl Life {
    pub(crate) fn new(chance: Chance, (people, days): (u32, u32), record: &Arc<Mutex<Vec<Taken>>>) -> Self {
        let mut life = Self {
            chance,
            people: Vec::with_capacity(people as usize),
            agenda: BTreeMap::new(),
            record: Arc::clone(record),
            answered: 0,
            began: HashMap::new(),
            moved: HashSet::new(),
            end: days * DAY,
        };
        for number in 0..people {
            let (person, acts) = Person::draw(chance, number, days);
            acts.into_iter().for_each(|act| life.plan(act));
            life.people.push(person);
        }
        life
    }

    /// Lives it, from the first moment to the last.
    pub(crate) async fn live(&mut self, house: &mut House, tape: &mut Tape) -> Result<()> {
        for tick in 0..=self.end {
            house.pass_to(moment(tick)).await?;
            self.pause(house, tick);
            self.answer(tick);
            let acts = self.agenda.remove(&tick).unwrap_or_default();
            self.tell(house, tape, (tick, acts)).await?;
            self.answer(tick);
        }
        Ok(())
    }

    fn pause(&self, house: &mut House, tick: Tick) {
        let (campaign, from, until) = PAUSE;
        if tick == from {
            house.stand(campaign, Standing::Paused);
        } else if tick == until {
            house.stand(campaign, Standing::Active);
        }
    }

    fn plan(&mut self, act: Act) {
        let told = act.told;
        if told <= self.end {
            self.agenda.entry(told).or_default().push(act);
        }
    }

    /// Tells the house what is to be told now.
    async fn tell(&mut self, house: &House, tape: &mut Tape, (tick, acts): (Tick, Vec<Act>)) -> Result<()> {
        let mut told = Vec::with_capacity(acts.len());
        for act in acts {
            let Some(call) = act.call(&self.people[act.person as usize]) else { continue };
            self.begin(&act, tick);
            told.push((act, call));
        }
        // Whatever the order in which threads came to plan it.
        told.sort_by(|(one, call), (other, another)| (one.person, call).cmp(&(other.person, another)));
        let (acts, calls): (Vec<Act>, Vec<String>) = told.into_iter().unzip();
        let fresh = house.hear(&calls).await?;
        tape.record(moment(tick), calls.iter().zip(fresh))?;
        for act in acts {
            self.repeat(&act, tick);
        }
        Ok(())
    }

    /// Some of what is told is told again: the same call, or a vendor's other word for the same.
    fn repeat(&mut self, act: &Act, tick: Tick) {
        if act.repetition > 0 {
            return;
        }
        let mut rng = self.chance.of(&["repeat", &act.person.to_string(), &format!("{act:?}")]);
        let told = tick + rng.u32(1..=2 * HOUR);
        if happens(&mut rng, DELIVERED_TWICE) && act.told == tick && told != act.happened {
            self.plan(Act { told, ..act.clone() });
        } else if happens(&mut rng, TOLD_TWICE) && matches!(act.what, What::Answers { .. }) {
            self.plan(Act { told, repetition: 1, ..act.clone() });
        }
    }

    /// What somebody is moved to by themselves once they take part in what is tried.
    fn begin(&mut self, act: &Act, tick: Tick) {
        if tick - act.happened > FRESHNESS {
            return;
        }
        let campaign = match act.what {
            What::Adds { .. } => "cart",
            What::Views { .. } => "browse",
            What::Rises => "upgrade",
            _ => return,
        };
        let Some(effect) = EFFECTS.iter().find(|effect| effect.campaign == campaign) else { return };
        if self.began.contains_key(&(campaign, act.person)) {
            return;
        }
        self.began.insert((campaign, act.person), tick);
        if destiny(self.chance, effect, act.person) < effect.base.probability {
            let mut rng = self.chance.of(&["by-themselves", campaign, &act.person.to_string()]);
            let at = tick + rng.u32(1..=BY_THEMSELVES);
            self.convert(effect, (act.person, at), effect.base, &mut rng);
        }
    }

    fn convert(&mut self, effect: &Effect, (person, at): (u32, Tick), pull: Pull, rng: &mut Rng) {
        let times = 1 + u32::from(happens(rng, TWICE));
        let mut happened = at;
        for number in 0..times {
            let what = What::Converts { event: effect.event, hundredths: hundredths(rng, pull.mean), number };
            self.plan(Act { person, happened, told: happened + lateness(rng), what, repetition: 0 });
            happened += rng.u32(1..=AGAIN);
        }
    }

    /// What people do about what they received since.
    fn answer(&mut self, tick: Tick) {
        let record = Arc::clone(&self.record);
        let record = record.lock().unwrap_or_else(PoisonError::into_inner);
        for taken in &record[self.answered..] {
            self.react(&Arc::new(taken.clone()), tick);
        }
        self.answered = record.len();
    }

    fn react(&mut self, message: &Arc<Taken>, tick: Tick) {
        let Some(person) = number(&message.profile) else { return };
        let mut rng = self.chance.of(&["answer", &message.id]);
        let received = tick.max(tick_after(message.at));
        for (answer, after) in answers(&mut rng, &message.channel) {
            let (what, happened) = (What::Answers { message: Arc::clone(message), answer }, received + after);
            let told = happened + lateness(&mut rng);
            self.plan(Act { person, happened, told, what, repetition: 0 });
        }
        self.be_moved((message, person), received, &mut rng);
    }

    /// The first message that comes in time moves those whom it can.
    fn be_moved(&mut self, (message, person): (&Taken, u32), received: Tick, rng: &mut Rng) {
        let Some(effect) = Effect::of(&message.campaign) else { return };
        let Some(began) = self.began.get(&(effect.campaign, person)) else { return };
        if received - began > IN_TIME || !self.moved.insert((effect.campaign, person)) {
            return;
        }
        let (destiny, pull) = (destiny(self.chance, effect, person), effect.pull(&message.variation));
        let base = effect.base.probability;
        if (base..base + pull.probability).contains(&destiny) {
            let at = received + rng.u32(1..=MOVED);
            self.convert(effect, (person, at), pull, rng);
        }
    }
}

/// A number between nothing and one: below the base, somebody converts by themselves; below that and what a message adds, by the message.
pub(crate) fn destiny(chance: Chance, effect: &Effect, person: u32) -> f64 {
    chance.of(&["destiny", effect.campaign, &person.to_string()]).f64()
}

/// The number of somebody by an id: what stands behind its letter.
pub(crate) fn number(profile: &str) -> Option<u32> {
    profile.trim_start_matches("anonymous:").get(1..)?.parse().ok()
}

/// What becomes of a message, and how long after.
fn answers(rng: &mut Rng, channel: &str) -> Vec<(Answer, Tick)> {
    let (opens, clicks) = match channel {
        "email" => (350, 300),
        "push" => (200, 250),
        "sms" => (1_000, 120),
        _ => return Vec::new(),
    };
    let mut answers = Vec::new();
    if !happens(rng, 960) {
        return answers;
    }
    answers.push((Answer::Arrived, 1));
    if channel == "email" && happens(rng, 250) {
        answers.push((Answer::OpenedByMachine, 1));
    }
    if happens(rng, opens) {
        let opened = 2 + rng.u32(..DAY);
        if channel != "sms" {
            answers.push((Answer::Opened, opened));
        }
        if happens(rng, clicks) {
            answers.push((Answer::Clicked, opened + rng.u32(..HOUR)));
        }
        if happens(rng, 30) {
            answers.push((Answer::Unsubscribed, opened + 1));
            if happens(rng, 150) {
                answers.push((Answer::Resubscribed, opened + 1 + rng.u32(DAY..4 * DAY)));
            }
        }
    }
    answers
}
