//! The people: who they are, where they live, how they can be reached, and what they do by themselves, by seed.

use fastrand::Rng;

use crate::act::{Act, What};
use crate::calendar::{DAY, HOUR, Tick};
use crate::chance::{Chance, happens};

/// Where people live; nobody is asked twice, and some are not asked.
const ZONES: [&str; 12] = [
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
    "Africa/Nairobi",
];

/// Days before the end in which nobody begins anything: what begins has to be over by then, in everybody's window.
const LAST_DAYS: u32 = 8;
/// How long after it happened most that is late is told, and the rest: what is older than a day starts nothing.
const LATE: (Tick, Tick) = (6 * HOUR, 40 * HOUR);

/// A person.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) number: u32,
    pub(crate) zone: Option<&'static str>,
    pub(crate) has_email: bool,
    pub(crate) has_phone: bool,
    pub(crate) has_token: bool,
    pub(crate) is_member: bool,
    /// When somebody who came without a name says it.
    pub(crate) logs_in: Option<Tick>,
}

impl Person {
    /// Somebody, and what they do by themselves.
    pub(crate) fn draw(chance: Chance, number: u32, days: u32) -> (Self, Vec<Act>) {
        let mut rng = chance.of(&["person", &number.to_string()]);
        let person = Self {
            number,
            zone: (!happens(&mut rng, 80)).then(|| ZONES[rng.usize(..ZONES.len())]),
            has_email: happens(&mut rng, 900),
            has_phone: happens(&mut rng, 500),
            has_token: happens(&mut rng, 700),
            is_member: happens(&mut rng, 150),
            logs_in: happens(&mut rng, 80).then(|| rng.u32(2 * DAY..10 * DAY)),
        };
        let acts = person.life(&mut rng, days.saturating_sub(LAST_DAYS) * DAY);
        (person, acts)
    }

    fn life(&self, rng: &mut Rng, end: Tick) -> Vec<Act> {
        let arrives = rng.u32(..DAY);
        let mut acts = vec![self.act(arrives, What::Arrives)];
        acts.extend(self.logs_in.filter(|at| *at < end).map(|at| self.act(at, What::LogsIn)));
        if end <= 2 * DAY {
            return acts;
        }
        for _ in 0..rng.u32(..6) {
            let begins = rng.u32(DAY..end);
            self.visit(rng, begins, &mut acts);
        }
        if happens(rng, 400) {
            acts.push(self.act(rng.u32(DAY..end), What::Rises));
        }
        acts
    }

    /// A visit to the shop.
    fn visit(&self, rng: &mut Rng, begins: Tick, acts: &mut Vec<Act>) {
        let product = rng.u32(..500);
        acts.push(self.late(rng, begins, What::Views { product }));
        if happens(rng, 300) {
            let later = begins + rng.u32(1..=HOUR);
            acts.push(self.late(rng, later, What::Views { product: product + 1 }));
        }
        if happens(rng, 400) {
            let later = begins + rng.u32(1..=HOUR);
            acts.push(self.late(rng, later, What::Adds { product }));
        }
    }

    fn act(&self, happens: Tick, what: What) -> Act {
        Act { person: self.number, happened: happens, told: happens, what, repetition: 0 }
    }

    fn late(&self, rng: &mut Rng, happened: Tick, what: What) -> Act {
        Act { told: happened + lateness(rng), ..self.act(happened, what) }
    }
}

/// How long after it happened something is told: mostly at once.
pub(crate) fn lateness(rng: &mut Rng) -> Tick {
    match rng.u32(..1_000) {
        ..950 => 0,
        950..990 => rng.u32(1..=LATE.0),
        _ => rng.u32(LATE.0..=LATE.1),
    }
}
