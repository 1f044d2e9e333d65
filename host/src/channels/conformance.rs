//! What every channel owes its callers, run for each against a provider that misbehaves in every way of `scripted`:
//!
//! - what it validates it can open, and validating twice changes nothing; an unknown setting is named, never its value;
//! - whatever the provider does, an attempt ends with a receipt in time, and with the one that the provider's rules say;
//! - an attempt is one request (or as many as the channel declares), redirects not followed, nothing tried twice;
//! - every request carries the message's id, the same at every attempt;
//! - notes and reasons hold nothing of content, addresses, secrets and the URL's path.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::scripted::{Behaviour, Scripted};
use super::{Addresses, Channel, Http, Message, Provider, Reach, Receipt};
use crate::domain::{CampaignName, InstructionId, Json, ProfileId, TenantId, Timestamp};

/// In every message, setting and address of the suite; in no note and no reason.
const PRIVATE: &str = "hush";

/// A channel under test.
pub(super) struct Subject {
    pub(super) provider: &'static dyn Provider,
    /// Settings that lead to an address.
    pub(super) settings: fn(url: &str) -> Value,
    /// What a provider's behaviour comes to.
    pub(super) expected: fn(Behaviour) -> Expected,
    pub(super) requests_per_attempt: usize,
}

/// A receipt without its words.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Accepted,
    Retry,
    RetryAfter(Duration),
    Refused,
}

pub(super) fn check(subject: &Subject) {
    check_settings(subject);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for behaviour in Behaviour::ALL {
        runtime.block_on(check_behaviour(subject, behaviour));
    }
}

/// A message for the given attempt.
pub(super) fn message(attempt: u32) -> Message {
    Message {
        id: InstructionId::parse("msg_00112233445566778899aabbccddeeff").unwrap(),
        tenant: TenantId::parse("shop").unwrap(),
        campaign: CampaignName::parse("three-lines").unwrap(),
        step: "push".to_owned(),
        channel: "push".to_owned(),
        profile: ProfileId::parse("u1").unwrap(),
        user_id: Some("user-1".to_owned()),
        addresses: Addresses {
            push_tokens: vec!["token-hush".to_owned()],
            email: Some("hush@example.com".to_owned()),
            phone: Some("+4930000hush".to_owned()),
        },
        content: Json::parse(r#"{"title": "hush", "size":1.50}"#).unwrap(),
        promised_at: Timestamp::from_millis(1_767_323_045_678),
        at: Timestamp::from_millis(1_767_323_045_678 + i64::from(attempt) * 1_000),
        attempt,
    }
}

pub(super) fn open(subject: &Subject, scripted: &Scripted, attempt_max: Duration) -> Arc<dyn Channel> {
    let settings = (subject.settings)(&format!("http://{}/{PRIVATE}?key={PRIVATE}", scripted.address));
    let kept = subject.provider.validate(&settings, &loopback()).unwrap();
    subject.provider.open(&kept, &Http::new(attempt_max, loopback()).unwrap()).unwrap()
}

/// Where the scripted providers are.
pub(super) fn loopback() -> Reach {
    Reach::new(vec!["127.0.0.0/8".parse().unwrap()])
}

fn check_settings(subject: &Subject) {
    let provider = subject.provider;
    let kept = provider.validate(&(subject.settings)("http://127.0.0.1:9999/"), &loopback()).unwrap();
    assert_eq!(provider.validate(&kept, &loopback()).unwrap(), kept, "validating twice should change nothing");

    let mut misspelled = kept;
    misspelled["no_such_setting"] = PRIVATE.into();
    for wrong in [misspelled, json!(PRIVATE), json!([PRIVATE]), Value::Null] {
        let err = provider.validate(&wrong, &loopback()).expect_err("wrong settings should be refused").to_string();
        assert!(!err.contains(PRIVATE), "an error should not repeat a value: {err}");
        assert!(!wrong.is_object() || err.contains("no_such_setting"), "an error should name the setting: {err}");
    }
}

async fn check_behaviour(subject: &Subject, behaviour: Behaviour) {
    let scripted = Scripted::start(behaviour);
    let patience = Duration::from_millis(if behaviour.never_answers() { 200 } else { 5_000 });
    let channel = open(subject, &scripted, patience);
    assert_eq!(channel.provider(), subject.provider.name());

    for attempt in 1..=2 {
        let message = message(attempt);
        let delivering = tokio::time::timeout(Duration::from_secs(10), channel.deliver(&message));
        let receipt = delivering.await.unwrap_or_else(|_| panic!("{behaviour:?}: no receipt in time"));
        check_receipt(behaviour, &receipt, &(subject.expected)(behaviour));
    }
    let wanted = if behaviour.listens() { 2 * subject.requests_per_attempt } else { 0 };
    let requests = scripted.requests();
    assert_eq!(requests.len(), wanted, "{behaviour:?}: requests");
    let id = message(1).id;
    assert!(requests.iter().all(|request| format!("{request:?}").contains(id.as_str())), "{behaviour:?}: the id");
}

fn check_receipt(behaviour: Behaviour, receipt: &Receipt, expected: &Expected) {
    let actual = match receipt {
        Receipt::Accepted { .. } | Receipt::Partly { .. } => Expected::Accepted,
        Receipt::Retry { after: None, .. } => Expected::Retry,
        Receipt::Retry { after: Some(after), .. } => Expected::RetryAfter(*after),
        Receipt::Refused { .. } | Receipt::Gone { .. } => Expected::Refused,
    };
    assert_eq!(actual, *expected, "{behaviour:?}: {receipt:?}");
    assert!(!format!("{receipt:?}").contains(PRIVATE), "{behaviour:?}: {receipt:?}");
}
