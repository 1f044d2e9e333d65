//! The recount: what the figures ought to be, in the slowest and plainest way. No word of ledger or counters reaches it.

use std::collections::{BTreeMap, HashSet};

use super::belonging::Belonging;
use super::hearing::{Answered, Heard, Person, Word};
use super::plan::{DAY_MS, Plan, Trigger};
use crate::calendar::moment;
use crate::documents::Documents;
use crate::figures::{Figures, Line};
use crate::life::PAUSE;

/// Whoever takes part in a campaign: since when, and where they belong.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) belonging: Belonging,
    pub(super) order: u64,
    pub(super) began: i64,
}

/// Of one person, the campaigns in which they take part, by place.
pub(crate) type Parts = BTreeMap<usize, Part>;

/// Something that a conversion can be credited to; the last in this order is.
type Touch = (i64, String, String);

/// Who takes part in what.
pub(super) fn parts(person: &Person, plans: &[Plan], documents: &Documents) -> Parts {
    let percent = documents.tenant["hold_out_percent"].as_u64().unwrap_or_default();
    let mut parts = Parts::new();
    for (place, plan) in plans.iter().enumerate() {
        let Some(first) = begins(person, plan) else { continue };
        let linked = person.heard.iter().find(|heard| heard.links && heard.order <= first.order);
        let id = linked.map_or(&first.by, |heard| &heard.by);
        let belonging = Belonging::of(&documents.campaigns[place], percent, id);
        parts.insert(place, Part { belonging, order: first.order, began: first.arrived });
    }
    parts
}

/// What begins a campaign for somebody.
fn begins<'a>(person: &'a Person, plan: &Plan) -> Option<&'a Heard> {
    let (mut is_plan, mut is_club, mut told) = (None, false, HashSet::new());
    for (number, heard) in person.heard.iter().enumerate() {
        let is_meant = match (&heard.word, &plan.trigger) {
            (Word::Done { event, .. }, Trigger::Event(wanted)) => event == wanted,
            (Word::Answered(answered), Trigger::Clicked(campaign)) => {
                let is_new = told.insert((answered, heard.happened));
                is_new && answered.kind == "clicked" && *answered.campaign == **campaign
            }
            (Word::Is { plan, .. }, Trigger::Trait { from, to }) => {
                plan.as_ref() == Some(to) && is_plan.as_ref() == Some(from)
            }
            _ => false,
        };
        if let Word::Is { plan, club } = &heard.word {
            is_plan = plan.clone().or(is_plan);
            is_club = club.unwrap_or(is_club);
        }
        let is_wanted = is_meant && (plan.filter.is_none() || is_club);
        if is_wanted && is_asked(heard, plan) && !is_over(&person.heard[..number], heard, plan) {
            return Some(heard);
        }
    }
    None
}

/// What is older than a day starts nothing, nor does a campaign that is paused.
fn is_asked(heard: &Heard, plan: &Plan) -> bool {
    let (campaign, from, until) = PAUSE;
    let paused = moment(from).as_millis()..moment(until).as_millis();
    heard.arrived - heard.happened <= DAY_MS && !(plan.name == campaign && paused.contains(&heard.arrived))
}

/// What ends it was heard before what begins it, and happened after.
fn is_over(before: &[Heard], begins: &Heard, plan: &Plan) -> bool {
    let ends = |heard: &Heard| match &heard.word {
        Word::Done { event, .. } => plan.exits.contains(event) && heard.happened >= begins.happened,
        _ => false,
    };
    before.iter().any(ends)
}

/// What one person adds to the figures.
pub(super) fn count(person: &Person, parts: &Parts, plans: &[Plan], figures: &mut Figures) {
    let place = |campaign: &str| plans.iter().position(|plan| plan.name == campaign);
    let mut touches: BTreeMap<usize, Vec<(String, Touch)>> = BTreeMap::new();
    for taken in &person.taken {
        let Some(place) = place(&taken.campaign) else { continue };
        let line = message(&plans[place], parts.get(&place), (&taken.step, &taken.channel));
        figures.add(line.on(taken.at.as_millis()), "sent", 1);
        let touch = (taken.at.as_millis(), taken.step.to_string(), taken.channel.to_string());
        touches.entry(place).or_default().push(("send".to_owned(), touch));
    }
    let mut told = HashSet::new();
    for heard in &person.heard {
        let Word::Answered(answered) = &heard.word else { continue };
        let Some(place) = place(&answered.campaign).filter(|_| told.insert(mark(answered, heard))) else { continue };
        let line = message(&plans[place], parts.get(&place), (&answered.step, answered.channel));
        figures.add(line.on(heard.happened), answered.kind, 1);
        let kind = answered.kind.trim_end_matches("ed").to_owned();
        let touch = (heard.happened, answered.step.to_string(), answered.channel.to_owned());
        touches.entry(place).or_default().push((kind, touch));
    }
    for (place, part) in parts {
        let plan = &plans[*place];
        let touches = touches.remove(place).unwrap_or_default();
        let touches: Vec<Touch> =
            touches.into_iter().filter(|(kind, _)| *kind == plan.to).map(|(_, touch)| touch).collect();
        convert(person, (*place, part), plan, &touches, figures);
    }
}

/// Told twice, it is one: by the second.
fn mark(answered: &Answered, heard: &Heard) -> (Answered, i64) {
    // What a machine did and what the person did is one and the same, if in the same second.
    let kind = answered.kind.trim_end_matches("_by_machines");
    (Answered { kind, ..answered.clone() }, heard.happened / 1_000)
}

fn convert(person: &Person, (place, part): (usize, &Part), plan: &Plan, touches: &[Touch], figures: &mut Figures) {
    let Belonging { variation, held_out } = &part.belonging;
    let own = Line {
        campaign: plan.name.clone(),
        variation: variation.clone(),
        held_out: held_out.clone(),
        ..Line::default()
    };
    figures.add(own.on(part.began), "people", 1);
    let (mut worth_before, mut has_converted) = (0, false);
    for heard in person.heard.iter().filter(|heard| heard.order > part.order) {
        let Word::Done { worth, .. } = &heard.word else { continue };
        let Some((_, micros)) = worth.iter().find(|(campaign, _)| *campaign == place) else { continue };
        let within = |since: i64| since <= heard.happened && heard.happened - since <= plan.window_ms;
        if within(part.began) {
            let (before, after) = (hundredths(worth_before), hundredths(worth_before + micros));
            let line = own.on(heard.happened);
            figures.add(line.clone(), "conversions", 1);
            figures.add(line.clone(), "value_micros", i128::from(*micros));
            figures.add(line.clone(), "people_converted", i128::from(!has_converted));
            figures.add(line.clone(), "value_hundredths", after - before);
            figures.add(line, "value_squares", after * after - before * before);
            (worth_before, has_converted) = (worth_before + micros, true);
        }
        let credited = touches.iter().filter(|(at, ..)| within(*at)).max();
        if let Some((_, step, channel)) = credited {
            let line = message(plan, Some(part), (step, channel)).on(heard.happened);
            figures.add(line.clone(), "credited", 1);
            figures.add(line, "credited_micros", i128::from(*micros));
        }
    }
}

fn hundredths(micros: i64) -> i128 {
    i128::from((micros + 5_000) / 10_000)
}

fn message(plan: &Plan, part: Option<&Part>, (step, channel): (&str, &str)) -> Line {
    Line {
        campaign: plan.name.clone(),
        variation: part.map(|part| part.belonging.variation.clone()).unwrap_or_default(),
        step: step.to_owned(),
        channel: channel.to_owned(),
        ..Line::default()
    }
}
