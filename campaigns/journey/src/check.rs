//! Whether a journey can work at all: what serde cannot see. Every complaint names its place.

use std::collections::{HashMap, HashSet};

use rekindle_guest::Error;

use crate::configuration::{Action, Journey, Otherwise, Retrigger, Step, Way};
use crate::content::Place;
use crate::interests;
use crate::trigger::Trigger;

/// Steps of one variation.
const STEPS_MAX: usize = 10;
/// Variations of one journey.
const VARIATIONS_MAX: usize = 10;

/// Refuses a journey that cannot work.
pub(crate) fn check(journey: &Journey) -> Result<(), Error> {
    check_ways(journey)?;
    if let Retrigger::Parallel(property) = &journey.retrigger
        && property.is_empty()
    {
        return Err(at("retrigger.parallel", "the property's name is empty"));
    }
    journey.ways().try_for_each(|way| {
        check_way(way)?;
        check_places(journey, way)
    })
}

/// Texts about an item belong to journeys that one begins.
fn check_places(journey: &Journey, way: Way<'_>) -> Result<(), Error> {
    if matches!(journey.trigger, Trigger::Item(_)) {
        return Ok(());
    }
    for (number, step) in way.steps.iter().enumerate() {
        let deliveries = step.message().into_iter().flat_map(|message| &message.deliveries);
        let mut places = deliveries.flat_map(|delivery| delivery.content.places());
        if let Some(Place::Item(attribute)) = places.find(|place| matches!(place, Place::Item(_))) {
            let why =
                format!("`{{{{item.{attribute}}}}}` is about an item that changed, and no `item` begins this journey");
            return Err(at(&format!("{}.to", way.place(number)), why));
        }
    }
    Ok(())
}

fn check_ways(journey: &Journey) -> Result<(), Error> {
    let ways: Vec<Way<'_>> = journey.ways().collect();
    let mut names = HashSet::new();
    if ways.len() > VARIATIONS_MAX {
        return Err(at("variations", format!("{} variations are too many; at most {VARIATIONS_MAX}", ways.len())));
    }
    for way in &ways {
        let Some(number) = way.number else { continue };
        if ways[0].number.is_none() {
            return Err(at("variations", "a journey has either `steps` or `variations`"));
        }
        if way.name.trim().is_empty() {
            return Err(at(&format!("variations[{number}].name"), "the name is empty"));
        }
        if !names.insert(way.name) {
            return Err(at(&format!("variations[{number}].name"), format!("the name `{}` is there twice", way.name)));
        }
    }
    if ways.iter().all(|way| way.weight == 0) {
        return Err(at("variations", "nobody gets any variation: every weight is 0"));
    }
    Ok(())
}

fn check_way(way: Way<'_>) -> Result<(), Error> {
    let here = || way.number.map_or("steps".to_owned(), |number| format!("variations[{number}].steps"));
    if way.steps.is_empty() {
        return Err(at(&here(), "there is no step; write at least a message"));
    }
    if way.steps.len() > STEPS_MAX {
        return Err(at(&way.place(STEPS_MAX), format!("a variation has at most {STEPS_MAX} steps")));
    }
    if way.steps.iter().all(|step| step.message().is_none()) {
        return Err(at(&here(), "no step sends anything; write at least a message"));
    }
    let labels = labels(way)?;
    let mut reached = vec![false; way.steps.len()];
    reached[0] = true;
    for (number, step) in way.steps.iter().enumerate() {
        check_step(step, &way.place(number))?;
        let next = next_steps(step, number, &labels)
            .map_err(|(member, why)| at(&format!("{}.{member}", way.place(number)), why))?;
        if reached[number] {
            next.into_iter()
                .for_each(|next| reached.get_mut(next).into_iter().for_each(|is_reached| *is_reached = true));
        }
    }
    match reached.iter().position(|is_reached| !is_reached) {
        Some(number) => Err(at(&way.place(number), "no way leads to this step; take it out, or go to it")),
        None => Ok(()),
    }
}

fn labels(way: Way<'_>) -> Result<HashMap<&str, usize>, Error> {
    let mut labels = HashMap::new();
    for (number, step) in way.steps.iter().enumerate() {
        let Some(label) = step.label() else { continue };
        if labels.insert(label, number).is_some() {
            return Err(at(&way.place(number), format!("another step is called `{label}` too")));
        }
    }
    Ok(labels)
}

fn check_step(step: &Step, place: &str) -> Result<(), Error> {
    let Action::WaitUntil { condition, .. } = &step.action else { return Ok(()) };
    if interests::of_condition(condition.as_value()).is_empty() {
        let why = "nothing that happens can end this wait; name an `event`, an `engagement` or a `trait` in it";
        return Err(at(&format!("{place}.wait_until"), why));
    }
    Ok(())
}

/// Where a run can go from a step; or which member names a step that cannot be gone to, and why.
fn next_steps(step: &Step, number: usize, labels: &HashMap<&str, usize>) -> Result<Vec<usize>, (&'static str, String)> {
    let go = |member, label: &Option<String>| match label {
        None => Ok(number + 1),
        Some(label) => match labels.get(label.as_str()) {
            Some(next) if *next > number => Ok(*next),
            Some(_) => Err((member, format!("`{label}` comes before; a journey only goes on"))),
            None => Err((member, unknown_step(label, labels))),
        },
    };
    match &step.action {
        Action::Exit(_) => Ok(Vec::new()),
        Action::Split { yes, no, .. } => Ok(vec![go("yes", yes)?, go("no", no)?]),
        Action::WaitUntil { otherwise: Otherwise::Go(label), .. } => {
            Ok(vec![number + 1, go("otherwise", &Some(label.clone()))?])
        }
        _ => Ok(vec![number + 1]),
    }
}

fn unknown_step(label: &str, labels: &HashMap<&str, usize>) -> String {
    let mut known: Vec<String> = labels.keys().map(|known| format!("`{known}`")).collect();
    known.sort();
    match known.as_slice() {
        [] => format!("there is no step `{label}`; give one that `name`"),
        known => format!("there is no step `{label}`; there are {}", known.join(", ")),
    }
}

fn at(place: &str, why: impl AsRef<str>) -> Error {
    Error::new(format!("configuration at `{place}`: {}", why.as_ref()))
}
