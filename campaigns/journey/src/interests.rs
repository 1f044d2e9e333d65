//! What a journey has to be asked about, and what it has to remember of its trigger: found in its conditions and texts.

use rekindle_guest::{Condition, EngagementKind, Target, Trigger as Asked};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::configuration::{Action, Journey, Retrigger, Step};
use crate::content::Place;
use crate::trigger::target;

/// What a journey wants to know.
#[derive(Debug)]
pub(crate) struct Interests {
    /// What it is asked about.
    pub(crate) triggers: Vec<Asked>,
    /// Places of the trigger's event that conditions and texts ask for, as JSON Pointers.
    pub(crate) pointers: Vec<String>,
}

impl Interests {
    pub(crate) fn of(journey: &Journey) -> Self {
        let mut interests = Self { triggers: Vec::new(), pointers: Vec::new() };
        interests.ask(journey.trigger.asked());
        if let Retrigger::Parallel(property) = &journey.retrigger {
            interests.remember(property);
        }
        // The others are asked at moments that come by themselves.
        let asked_any_time =
            journey.exit.iter().map(|exit| &exit.when).chain(journey.goal.iter().map(|goal| &goal.when));
        asked_any_time.for_each(|condition| interests.watch(condition));
        journey.filter.iter().chain(&journey.dont_send_if).for_each(|condition| interests.note(condition.as_value()));
        journey.ways().flat_map(|way| way.steps).for_each(|step| interests.step(step));
        interests
    }

    fn step(&mut self, step: &Step) {
        match &step.action {
            Action::Wait { unless, .. } => unless.iter().for_each(|condition| self.watch(condition)),
            Action::WaitUntil { condition, unless, .. } => {
                self.watch(condition);
                unless.iter().for_each(|condition| self.watch(condition));
            }
            Action::Split { condition, .. } => self.note(condition.as_value()),
            Action::Message(message) => {
                for place in message.deliveries.iter().flat_map(|delivery| delivery.content.places()) {
                    match place {
                        Place::Trigger(property) => self.remember(property),
                        Place::Item(attribute) => self.remember(&item_pointer(attribute)),
                        Place::Count | Place::Items | Place::Trait(_) => {}
                    }
                }
            }
            Action::Exit(_) => {}
        }
    }

    /// A condition that is asked whenever something happens that it is about.
    fn watch(&mut self, condition: &Condition) {
        of_condition(condition.as_value()).into_iter().for_each(|asked| self.ask(asked));
        self.note(condition.as_value());
    }

    fn ask(&mut self, asked: Asked) {
        if !self.triggers.contains(&asked) {
            self.triggers.push(asked);
        }
    }

    /// Remembers what a condition asks of the trigger.
    fn note(&mut self, condition: &Value) {
        match condition {
            Value::Object(members) => {
                if let Some(property) = members.get("trigger").and_then(Value::as_str) {
                    self.remember(property);
                }
                members.values().for_each(|value| self.note(value));
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.note(element)),
            _ => {}
        }
    }

    fn remember(&mut self, property: &str) {
        let pointer = pointer(property);
        if !self.pointers.contains(&pointer) {
            self.pointers.push(pointer);
        }
    }
}

/// What a condition is about, that can happen.
pub(crate) fn of_condition(condition: &Value) -> Vec<Asked> {
    let text = |member: &str| condition.get(member).and_then(Value::as_str);
    if let Some(name) = text("event") {
        return vec![Asked::Event(name.to_owned())];
    }
    if let Some(kind) = text("engagement") {
        let target = condition.get("of").map_or(Some(Target::Any), target);
        return target.map(|target| Asked::Engagement(EngagementKind::from(kind), target)).into_iter().collect();
    }
    if let Some(name) = text("trait") {
        let name = name.strip_prefix('/').map_or(name, |path| path.split('/').next().unwrap_or(path));
        return vec![Asked::TraitChanged(name.to_owned())];
    }
    let joined = ["all", "any"].iter().filter_map(|member| condition.get(member)?.as_array()).flatten();
    let single = ["not", "happening"].iter().filter_map(|member| condition.get(member));
    joined.chain(single).flat_map(of_condition).collect()
}

/// Where a property stands in an event.
pub(crate) fn pointer(property: &str) -> String {
    if property.starts_with('/') {
        return property.to_owned();
    }
    format!("/properties/{}", property.replace('~', "~0").replace('/', "~1"))
}

/// Where an attribute of the item stands that changed.
pub(crate) fn item_pointer(attribute: &str) -> String {
    format!("/item{}", pointer(attribute).trim_start_matches("/properties"))
}

/// Reads a condition in which what somebody did counts from a moment on that the run knows: where it does not say itself
/// since when, it is since `trigger`, whose timestamp is that moment when the condition is asked.
pub(crate) fn counted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Condition, D::Error> {
    // First as it was written, so that a complaint is about that.
    let written = Condition::deserialize(deserializer)?;
    let mut condition = written.as_value().clone();
    count_since_trigger(&mut condition);
    Condition::new(condition).map_err(de::Error::custom)
}

/// The same, where there may be none.
pub(crate) fn counted_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Condition>, D::Error> {
    counted(deserializer).map(Some)
}

fn count_since_trigger(condition: &mut Value) {
    let Value::Object(members) = condition else { return };
    let is_of_history = members.contains_key("event") || members.contains_key("engagement");
    if is_of_history && !members.contains_key("since") && !members.contains_key("last") {
        members.insert("since".to_owned(), "trigger".into());
    }
    for member in ["all", "any"] {
        members.get_mut(member).and_then(Value::as_array_mut).into_iter().flatten().for_each(count_since_trigger);
    }
    members.get_mut("not").into_iter().for_each(count_since_trigger);
}
