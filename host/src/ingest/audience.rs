//! Webhook Audiences ask for an id before they send: `{"audienceName": …}` to create, `{"externalId": …}` to look one up,
//! both unsigned, both possibly among the tenant's `extras`. The id follows from source and name, so nothing is kept.

use axum::http::StatusCode;

use super::answer::Answer;
use super::digest;
use super::outline::{items, member};
use super::split::Batch;
use crate::tenants::Source;

const MARK: &str = "aud_";
const DIGITS: usize = 32;

/// Members that only an event has.
const OF_EVENTS: [&[u8]; 5] = [b"\"type\"", b"\"event\"", b"\"messageId\"", b"\"userId\"", b"\"anonymousId\""];

/// What is asked about an audience.
#[derive(Debug, PartialEq)]
pub(crate) enum AudienceCall {
    /// Gives a name an id.
    Create(String),
    /// Asks whether an id is one of ours.
    Get(String),
}

impl AudienceCall {
    /// Reads it from a body that is no event.
    pub(crate) fn of(batch: &Batch<'_>) -> Option<Self> {
        let [only] = batch.elements.as_slice() else { return None };
        let object = only.text.as_ref();
        object.first().filter(|byte| **byte == b'{')?;
        let members = || items(object).into_iter().flatten().filter_map(|item| member(&object[item]));
        if members().any(|(key, _)| OF_EVENTS.contains(&key)) {
            return None;
        }
        let text = |name: &[u8]| {
            let (_, value) = members().find(|(key, _)| *key == name)?;
            serde_json::from_slice::<String>(value).ok()
        };
        text(b"\"audienceName\"").map(Self::Create).or_else(|| text(b"\"externalId\"").map(Self::Get))
    }

    /// Answers it.
    pub(crate) fn answer(self, source: &Source) -> Answer {
        match self {
            Self::Create(name) => Answer::Audience(id_of(source, &name)),
            Self::Get(id) if is_ours(&id) => Answer::Audience(id),
            Self::Get(_) => Answer::Refused(
                StatusCode::NOT_FOUND,
                "no audience has this `externalId`: create one first, its id begins with `aud_`".to_owned(),
            ),
        }
    }
}

fn id_of(source: &Source, name: &str) -> String {
    let whole = [source.tenant.as_str(), source.id.as_str(), name].join("\0");
    let mut id = digest::hex(whole.as_bytes());
    id.truncate(DIGITS);
    format!("{MARK}{id}")
}

fn is_ours(id: &str) -> bool {
    id.strip_prefix(MARK).is_some_and(|digits| {
        digits.len() == DIGITS && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::split::split;
    use crate::ingest::testing;

    fn call(body: &str) -> Option<AudienceCall> {
        AudienceCall::of(&split(body.as_bytes()).unwrap())
    }

    #[test]
    fn the_two_calls_are_told_from_events() {
        assert_eq!(call(r#"{"audienceName":"VIPs"}"#), Some(AudienceCall::Create("VIPs".into())));
        assert_eq!(call(r#"{"region":"eu","audienceName":"VIPs"}"#), Some(AudienceCall::Create("VIPs".into())));
        assert_eq!(call(r#"{"externalId":"aud_1"}"#), Some(AudienceCall::Get("aud_1".into())));
        for other in [
            r#"{"type":"track","externalId":"x"}"#,
            r#"{"userId":"u","audienceName":"x"}"#,
            r#"[{"audienceName":"a"},{"audienceName":"b"}]"#,
            r#"{"audienceName":1}"#,
            r#""audienceName""#,
            "{}",
            "",
        ] {
            assert_eq!(call(other), None, "{other}");
        }
    }

    #[test]
    fn the_same_name_has_the_same_id_and_ids_are_known_again() {
        let source = testing::source(&[]);
        let answer = AudienceCall::Create("VIPs".into()).answer(&source);
        assert_eq!(answer, AudienceCall::Create("VIPs".into()).answer(&source));
        let Answer::Audience(id) = answer else { panic!("{answer:?}") };
        assert_eq!(AudienceCall::Get(id.clone()).answer(&source), Answer::Audience(id.clone()));
        assert_ne!(AudienceCall::Create("VIP".into()).answer(&source), Answer::Audience(id));
        for unknown in ["", "aud_", "aud_XYZ", "other"] {
            let answer = AudienceCall::Get(unknown.into()).answer(&source);
            assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        }
    }
}
