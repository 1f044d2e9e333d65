//! From a document to a design.

use std::time::Duration;

use super::{Design, Measure, Metric, Variation, WinnerRule};
use crate::domain::{Attribution, TouchKind, VariationName, limits};
use crate::form::{Place, Result, unknown};

/// What can be said of an experiment.
const MEMBERS: [&str; 6] = ["variations", "hold_out_percent", "salt", "conversion", "attribution", "winner"];
/// Days of the longest window.
const WINDOW_DAYS_MAX: u64 = limits::ATTRIBUTION_WINDOW_MAX.as_secs() / (24 * 3600);

impl Design {
    /// Reads what stands at a place.
    pub(crate) fn read_at(place: &Place<'_>) -> Result<Self> {
        place.object(&MEMBERS)?;
        let read = Self {
            variations: optional(place, "variations", variations)?.unwrap_or_default(),
            hold_out_percent: whole_or(place, "hold_out_percent", (0, limits::HOLD_OUT_PERCENT_MAX), 0)?,
            salt: optional(place, "salt", salt)?,
            conversion: optional(place, "conversion", conversion)?,
            attribution: optional(place, "attribution", attribution)?.unwrap_or_default(),
            winner: optional(place, "winner", winner)?.unwrap_or_default(),
        };
        read.check(place)?;
        Ok(read)
    }

    /// Refuses a winner's rule that nothing can come of.
    fn check(&self, place: &Place<'_>) -> Result<()> {
        let Some(rule) = place.member("winner") else { return Ok(()) };
        let has_no_value = self.conversion.as_ref().is_some_and(|metric| metric.value.is_none());
        if let Some(by) = rule.member("by")
            && self.winner.by == Measure::Value
            && has_no_value
        {
            return Err(by.error("the conversion has no value", "write `value` of `conversion`, or compare by `rate`"));
        }
        if let Some(apply) = rule.member("apply")
            && self.winner.apply
            && self.variations.is_empty()
        {
            return Err(apply.error("there is nothing to choose from", "write `variations`, or leave it out"));
        }
        Ok(())
    }
}

fn optional<T>(place: &Place<'_>, name: &str, read: fn(&Place<'_>) -> Result<T>) -> Result<Option<T>> {
    place.member(name).map(|place| read(&place)).transpose()
}

/// A whole number within bounds, or what is usual where nothing is said.
fn whole_or<T: TryFrom<u64>>(place: &Place<'_>, name: &str, bounds: (u64, u64), usual: T) -> Result<T> {
    let Some(place) = place.member(name) else { return Ok(usual) };
    let number = place.whole(bounds.0..=bounds.1)?;
    Ok(T::try_from(number).ok().expect("what is within the bounds should fit"))
}

fn variations(place: &Place<'_>) -> Result<Vec<Variation>> {
    let variations: Vec<Variation> = match place.value {
        serde_json::Value::Array(_) => listed(place)?,
        _ => named(place)?,
    };
    if !(2..=limits::VARIATIONS_MAX).contains(&variations.len()) {
        let what = format!("the number of variations is {}", variations.len());
        return Err(place.error(what, format!("write 2 to {}", limits::VARIATIONS_MAX)));
    }
    if variations.iter().all(|variation| variation.weight == 0) {
        return Err(place.error("no variation has a weight", "give at least one more than 0"));
    }
    Ok(variations)
}

/// In the order of the list.
fn listed(place: &Place<'_>) -> Result<Vec<Variation>> {
    let mut variations: Vec<Variation> = Vec::new();
    for element in place.list(limits::VARIATIONS_MAX)? {
        element.object(&["name", "weight"])?;
        let stated = element.required("name")?;
        let name = name(&stated, stated.text()?)?;
        if variations.iter().any(|other| other.name == name) {
            return Err(stated.error(format!("the variation `{name}` is there twice"), "write it once"));
        }
        variations.push(Variation { name, weight: whole_or(&element, "weight", WEIGHTS, 1)? });
    }
    Ok(variations)
}

/// In the order of their names.
fn named(place: &Place<'_>) -> Result<Vec<Variation>> {
    let mut variations = Vec::new();
    for (text, stated) in place.members()? {
        let weight = stated.whole(WEIGHTS.0..=WEIGHTS.1)?;
        let weight = u32::try_from(weight).expect("what is within the bounds should fit");
        variations.push(Variation { name: name(&stated, text)?, weight });
    }
    variations.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(variations)
}

const WEIGHTS: (u64, u64) = (0, limits::VARIATION_WEIGHT_MAX);

fn name(place: &Place<'_>, text: &str) -> Result<VariationName> {
    VariationName::parse(text).map_err(|err| place.error(err.to_string(), "use another name"))
}

fn salt(place: &Place<'_>) -> Result<String> {
    let text = place.text()?;
    if text.len() > limits::SALT_BYTES_MAX || text.chars().any(char::is_control) {
        let next = format!("use at most {} bytes without control characters", limits::SALT_BYTES_MAX);
        return Err(place.error("this is no salt", next));
    }
    Ok(text.to_owned())
}

fn conversion(place: &Place<'_>) -> Result<Metric> {
    place.object(&["event", "value"])?;
    let event = place.required("event")?;
    let name = event.text()?;
    if name.len() > limits::EVENT_NAME_BYTES_MAX {
        let next = format!("use at most {}", limits::EVENT_NAME_BYTES_MAX);
        return Err(event.error(format!("the name has {} bytes", name.len()), next));
    }
    let value = place.text_member("value")?;
    if let Some(long) = value.as_deref().filter(|value| value.len() > limits::POINTER_BYTES_MAX) {
        let next = format!("use at most {}", limits::POINTER_BYTES_MAX);
        return Err(place.required("value")?.error(format!("the pointer has {} bytes", long.len()), next));
    }
    Ok(Metric { event: name.to_owned(), value })
}

fn attribution(place: &Place<'_>) -> Result<Attribution> {
    place.object(&["hours", "days", "to"])?;
    let usual = Attribution::default();
    let hours = place.member("hours").map(|hours| hours.whole(1..=24 * WINDOW_DAYS_MAX)).transpose()?;
    let days = place.member("days").map(|days| days.whole(1..=WINDOW_DAYS_MAX)).transpose()?;
    let window = match (hours, days) {
        (None, None) => usual.window,
        (Some(hours), None) => Duration::from_secs(hours * 3600),
        (None, Some(days)) => Duration::from_secs(days * 24 * 3600),
        (Some(_), Some(_)) => return Err(place.error("there are two windows", "write `hours` or `days`")),
    };
    Ok(Attribution { window, to: optional(place, "to", touch)?.unwrap_or_default() })
}

fn touch(place: &Place<'_>) -> Result<TouchKind> {
    let text = place.text()?;
    let known = TouchKind::ALL.map(TouchKind::as_str);
    let what = || format!("nothing can be credited to `{text}`");
    TouchKind::parse(text).ok_or_else(|| unknown(place.pointer.clone(), what(), text, known))
}

fn winner(place: &Place<'_>) -> Result<WinnerRule> {
    place.object(&["by", "probability_percent", "days", "people", "apply"])?;
    let usual = WinnerRule::default();
    Ok(WinnerRule {
        by: optional(place, "by", measure)?.unwrap_or_default(),
        probability_percent: whole_or(place, "probability_percent", (51, 99), usual.probability_percent)?,
        days: whole_or(place, "days", (1, limits::WINNER_DAYS_MAX), usual.days)?,
        people: whole_or(place, "people", (1, limits::WINNER_PEOPLE_MAX), usual.people)?,
        apply: optional(place, "apply", |place| place.flag())?.unwrap_or_default(),
    })
}

fn measure(place: &Place<'_>) -> Result<Measure> {
    let text = place.text()?;
    let known = Measure::ALL.map(Measure::as_str);
    let found = Measure::ALL.into_iter().find(|measure| measure.as_str() == text);
    found.ok_or_else(|| unknown(place.pointer.clone(), format!("variations are not compared by `{text}`"), text, known))
}
