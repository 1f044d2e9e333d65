//! What two campaigns may both be asked about. All that one event brings is judged together, so its call, its engagement and the traits that it
//! changes are one cause here. Where it cannot be told whether two are the same, they are taken to be.

use super::Plan;
use crate::domain::{Call, CampaignName, Target, Trigger, limits};

/// Any name.
const ANY: &str = "*";

/// What both may be asked about, in words, each once.
pub(super) fn shared(plan: &Plan<'_>, other: &Plan<'_>) -> Vec<String> {
    let mut causes = Vec::new();
    for own in plan.triggers() {
        for others in other.triggers() {
            let cause = meet((plan.name, own), (other.name, others));
            causes.extend(cause.filter(|cause| !causes.contains(cause)));
        }
    }
    causes.truncate(limits::CHECKED_CAUSES_MAX);
    causes
}

/// The cause that two campaigns' triggers both are about.
fn meet(one: (&CampaignName, &Trigger), other: (&CampaignName, &Trigger)) -> Option<String> {
    use Trigger::{Call as Calls, Engagement, Event, ItemChanged, Schedule, TraitChanged};
    match (one.1, other.1) {
        (Event(a), Event(b)) => common(a, b, str::eq_ignore_ascii_case).map(event),
        (Event(name), Calls(call)) | (Calls(call), Event(name)) => is(call, Call::Track).then(|| event(name)),
        (Calls(a), Calls(b)) => a.eq_ignore_ascii_case(b).then(|| format!("a call `{a}`")),
        (Calls(call), TraitChanged(name)) | (TraitChanged(name), Calls(call)) => {
            is(call, Call::Identify).then(|| change(name))
        }
        (TraitChanged(a), TraitChanged(b)) => (a == b).then(|| change(a)),
        (Engagement { kind: a, target: ours }, Engagement { kind: b, target: theirs }) => {
            let is_same = a == b && may_meet((one.0, ours), (other.0, theirs));
            is_same.then(|| format!("a message that is {}", a.as_str()))
        }
        (Engagement { kind, .. }, Event(name)) | (Event(name), Engagement { kind, .. }) => {
            (name == ANY).then(|| format!("a message that is {}", kind.as_str()))
        }
        (ItemChanged(a), ItemChanged(b)) => common(a, b, str::eq).map(item),
        (Schedule(a), Schedule(b)) => (a.value() == b.value()).then(|| "the same schedule".to_owned()),
        _ => None,
    }
}

/// The narrower of two names, of which one may be any.
fn common<'a>(a: &'a str, b: &'a str, is_same: impl Fn(&str, &str) -> bool) -> Option<&'a str> {
    match (a, b) {
        (ANY, narrower) | (narrower, ANY) => Some(narrower),
        _ => is_same(a, b).then_some(a),
    }
}

fn is(call: &str, wanted: Call) -> bool {
    call.eq_ignore_ascii_case(wanted.as_str())
}

fn event(name: &str) -> String {
    if name == ANY { "any event".to_owned() } else { format!("the event `{name}`") }
}

fn change(name: &str) -> String {
    format!("a change of the trait `{name}`")
}

fn item(name: &str) -> String {
    if name == ANY { "any change of an item".to_owned() } else { format!("a change of `{name}` of an item") }
}

/// Whether one message can be meant by both campaigns' targets.
fn may_meet(one: (&CampaignName, &Target), other: (&CampaignName, &Target)) -> bool {
    if let (Target::Channel(a), Target::Channel(b)) = (one.1, other.1) {
        return a == b;
    }
    let (Some((a, first)), Some((b, second))) = (named(one), named(other)) else { return true };
    let is_same_campaign = CampaignName::parse(a).map_or(a == b, |known| known.is_spelled(b));
    let is_same_step = first.zip(second).is_none_or(|(first, second)| first == second);
    is_same_campaign && is_same_step
}

/// The campaign, and the step, that a target names.
fn named<'a>((asking, target): (&'a CampaignName, &'a Target)) -> Option<(&'a str, Option<&'a str>)> {
    match target {
        Target::Mine => Some((asking.as_str(), None)),
        Target::Campaign(name) => Some((name, None)),
        Target::Step(name, step) => Some((name, Some(step))),
        Target::Any | Target::Channel(_) | Target::Label(_) => None,
    }
}
