//! Segment's own audiences: what Engage says about who is in one. Sources: Segment's documentation of Engage, and the rule by which its
//! own destinations tell a member (action-destinations, `audience-membership`).

use serde_json::Value;

use super::fields::Fields;
use crate::domain::{Call, limits};

/// Classes of computations that have members.
const CLASSES: [&str; 2] = ["audience", "journey_step"];

/// The audience that a call is about, and whether the person is in it from now on.
pub(crate) fn membership(kind: Call, call: Fields<'_>) -> Option<(String, bool)> {
    let personas = call.within("context").within("personas");
    let said = call.within(if kind == Call::Identify { "traits" } else { "properties" });
    let class = personas.text("computation_class").filter(|class| CLASSES.contains(&class.as_str()));
    let name = call.text("event").filter(|_| kind == Call::Track).unwrap_or_default();
    let moved = ["Audience Entered", "Audience Exited"].iter().position(|event| name.eq_ignore_ascii_case(event));
    let computed = personas.text("computation_key").filter(|_| class.is_some());
    let audience = computed.or_else(|| said.text("audience_key").filter(|_| moved.is_some()))?;
    let value = said.members().find(|(key, _)| **key == audience).and_then(|(_, value)| truth(value));
    let is_in = value.or(moved.map(|place| place == 0));
    // A step of a journey only adds, and may do so without a word.
    let is_in = is_in.or((class.as_deref() == Some("journey_step")).then_some(true))?;
    (audience.len() <= limits::ENGAGE_AUDIENCE_BYTES_MAX).then_some((audience, is_in))
}

/// Journeys have been seen to spell it as a text.
fn truth(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(kind: Call, call: &Value) -> Option<(String, bool)> {
        membership(kind, Fields::of(call))
    }

    #[test]
    fn an_identify_of_an_audience_says_who_is_in_it() {
        let call = |class: &str, value: Value| {
            json!({
                "traits": {"big_spenders": value},
                "context": {"personas": {"computation_class": class, "computation_key": "big_spenders"}},
            })
        };
        let said = |class, value| of(Call::Identify, &call(class, value)).map(|(_, is_in)| is_in);
        assert_eq!(of(Call::Identify, &call("audience", json!(true))), Some(("big_spenders".to_owned(), true)));
        assert_eq!(said("audience", json!(false)), Some(false));
        assert_eq!(said("audience", json!("true")), Some(true));
        assert_eq!(said("audience", json!(7)), None, "what is neither true nor false says nothing");
        assert_eq!(said("trait", json!(true)), None, "a computed trait has no members");
        assert_eq!(said("journey_step", json!({})), Some(true), "a step only adds");
    }

    #[test]
    fn a_track_of_an_audience_says_who_came_and_who_left() {
        let track = |event: &str, properties: Value| json!({"event": event, "properties": properties});
        let said = |event, properties| of(Call::Track, &track(event, properties));
        let key = json!({"audience_key": "big_spenders"});
        assert_eq!(said("Audience Entered", key.clone()), Some(("big_spenders".to_owned(), true)));
        assert_eq!(said("audience exited", key.clone()), Some(("big_spenders".to_owned(), false)));
        assert_eq!(said("Order Completed", key), None);
        let left = json!({"audience_key": "big_spenders", "big_spenders": false});
        assert!(!said("Audience Entered", left).unwrap().1, "the value counts more than the name");
        let renamed = json!({
            "event": "Joined", "properties": {"big_spenders": true},
            "context": {"personas": {"computation_class": "audience", "computation_key": "big_spenders"}},
        });
        assert_eq!(of(Call::Track, &renamed), Some(("big_spenders".to_owned(), true)), "names can be chosen");
    }
}
