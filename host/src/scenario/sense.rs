//! Whether scenarios can mean what they say: that nothing is sent to a person who is not there, or of a step that no campaign has,
//! would always be so.

use std::collections::BTreeSet;

use super::expectation::Selection;
use super::script::{Action, Scenario, Script, Step};
use crate::form::{FormError, unknown};
use crate::worker::Enlisted;

/// Refuses expectations that name nobody or nothing.
pub(super) fn check(script: &Script, campaigns: &[Enlisted]) -> Result<(), FormError> {
    script.scenarios.iter().try_for_each(|scenario| {
        let people = people(scenario);
        scenario.steps.iter().try_for_each(|step| check_step(step, people.as_ref(), campaigns))
    })
}

/// Everybody who does something; none where raw calls may be anybody's.
fn people(scenario: &Scenario) -> Option<BTreeSet<&str>> {
    let mut people = BTreeSet::new();
    for step in &scenario.steps {
        match &step.action {
            Action::Segment(_) => return None,
            Action::Happens { person, .. } => {
                people.insert(person.0.as_str());
            }
            _ => {}
        }
    }
    Some(people)
}

fn check_step(step: &Step, people: Option<&BTreeSet<&str>>, campaigns: &[Enlisted]) -> Result<(), FormError> {
    let (member, selection) = match &step.action {
        Action::Expect(expected) => ("expect", &expected.selection),
        Action::ExpectNone(silence) => ("expect_none", &silence.selection),
        _ => return Ok(()),
    };
    let Selection { person, campaign, step: sent, channel } = selection;
    let place = |name: &str| format!("{}/{member}/{name}", step.pointer);
    if let Some(people) = people.filter(|people| !people.contains(person.as_str())) {
        let what = format!("`{person}` does nothing in this scenario");
        return Err(unknown(place("person"), what, person, people.iter().copied()));
    }
    let meant = |enlisted: &&Enlisted| campaign.as_ref().is_none_or(|name| name == enlisted.name.as_str());
    let meant: Vec<&Enlisted> = campaigns.iter().filter(meant).collect();
    if let (Some(name), true) = (campaign, meant.is_empty()) {
        let known = campaigns.iter().map(|enlisted| enlisted.name.as_str());
        return Err(unknown(place("campaign"), format!("there is no campaign `{name}` here"), name, known));
    }
    let steps: Vec<&str> = meant.iter().flat_map(|one| &one.manifest.steps).map(String::as_str).collect();
    let channels: Vec<&str> = meant.iter().flat_map(|one| &one.manifest.channels).map(String::as_str).collect();
    for (name, value, known) in [("step", sent, steps), ("channel", channel, channels)] {
        if let Some(value) = value.as_ref().filter(|value| !known.contains(&value.as_str())) {
            let what = format!("no campaign here has the {name} `{value}`");
            return Err(unknown(place(name), what, value, known));
        }
    }
    Ok(())
}
