//! Calls of our own that come back: a source that the house tells may lead to a destination that is the house. By either of the two marks
//! of `domain/echo` they are known, and go no further: to take them in would count a message's fate twice, and campaigns could
//! answer to themselves for ever.

use std::borrow::Cow;

use serde::Deserialize;

use crate::domain::{ECHO_MADE_BY, is_echo_id, limits};

/// In every call of ours, and in few of others.
const TRACE: &str = "ekindle";

#[derive(Deserialize)]
struct Marks<'a> {
    #[serde(borrow, rename = "messageId")]
    message_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    context: Option<Context<'a>>,
}

#[derive(Deserialize)]
struct Context<'a> {
    #[serde(borrow)]
    integration: Option<Integration<'a>>,
}

#[derive(Deserialize)]
struct Integration<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
}

/// Whether an element is a call of ours. What cannot be read is none.
pub(crate) fn is_echo(text: &[u8]) -> bool {
    let may_be = text.len() <= limits::EVENT_BYTES_MAX && str::from_utf8(text).is_ok_and(|text| text.contains(TRACE));
    may_be && serde_json::from_slice::<Marks<'_>>(text).is_ok_and(|marks| marks.are_ours())
}

impl Marks<'_> {
    fn are_ours(&self) -> bool {
        let integration = self.context.as_ref().and_then(|context| context.integration.as_ref());
        let made_by = integration.and_then(|integration| integration.name.as_deref());
        made_by == Some(ECHO_MADE_BY) || self.message_id.as_deref().is_some_and(is_echo_id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn is_ours(call: &Value) -> bool {
        is_echo(call.to_string().as_bytes())
    }

    #[test]
    fn either_mark_is_enough() {
        let id = "rekindle:msg_00112233445566778899aabbccddeeff";
        let integration = json!({"integration": {"name": "Rekindle", "version": "1"}});
        let of = |id: &str, context: Value| json!({"type": "track", "event": "Email Sent", "messageId": id, "context": context});
        assert!(is_ours(&of(id, integration.clone())));
        assert!(is_ours(&of(id, Value::Null)), "a function of the tenant's may have dropped the context");
        assert!(is_ours(&of("m1", integration)));
    }

    #[test]
    fn what_only_speaks_of_us_is_somebody_elses() {
        for call in [
            json!({"messageId": "m1", "event": "Rekindle Opened", "properties": {"name": "Rekindle"}}),
            json!({"messageId": "rekindle:1", "context": {"library": {"name": "Rekindle"}}}),
            json!({"messageId": "m1", "context": {"integration": {"name": "Rekindled"}}}),
            json!({"messageId": "m1", "context": {"integration": "Rekindle"}}),
            json!({"messageId": "m1", "context": ["Rekindle"]}),
            json!(["Rekindle"]),
        ] {
            assert!(!is_ours(&call), "{call}");
        }
        for text in ["", "Rekindle", r#"{"messageId": "rekindle:msg_0"#, "{\"ekindle\":\u{0}}"] {
            assert!(!is_echo(text.as_bytes()), "{text}");
        }
        assert!(!is_echo(b"{\"messageId\": \"\xffRekindle\"}"));
        let nested = format!("{{\"a\": {}\"Rekindle\"", "[".repeat(100_000));
        assert!(!is_echo(nested.as_bytes()), "depth is refused by whoever reads it next");
    }
}
