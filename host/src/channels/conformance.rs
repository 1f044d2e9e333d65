//! What every channel owes its callers, run for each against a provider that misbehaves in every way of `scripted`:
//!
//! - what it validates it can open, and validating twice changes nothing; an unknown setting is named, never its value;
//! - whatever the provider does, an attempt ends with a receipt in time, and with the one that the provider's rules say;
//! - an attempt is one request (or as many as the channel declares), redirects not followed, nothing tried twice;
//! - what a provider took and never answered, and what it turns away from the midst of a batch on because a key expired, is lost to
//!   nobody: it is said again, under the same id or in the same words, and taken;
//! - a request carries the message's id, the same at every attempt, where the provider has a place for it;
//! - of several messages in one request, each has the receipt that the provider gave it;
//! - notes and reasons hold nothing of content, addresses, secrets and the URL's path, even where the provider repeats them.
//!
//! What providers do is printed as a matrix: `cargo test --package rekindle --lib matrix -- --nocapture`.

use std::collections::HashSet;
use std::fmt::{self, Display, Formatter, Write};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::scripted::{Answers, Behaviour, Request, Scripted};
use super::{Addresses, Channel, Http, Message, Provider, Reach, Receipt};
use crate::domain::{CampaignName, InstructionId, Json, ProfileId, TenantId, Timestamp};

/// In every message, setting and address of the suite; in no note and no reason.
const PRIVATE: &str = "hush";

/// A channel under test.
pub(super) struct Subject {
    pub(super) provider: &'static dyn Provider,
    /// Settings that lead to an address.
    pub(super) settings: fn(url: &str) -> Value,
    /// A message of the shape that this provider takes, made of `message`.
    pub(super) message: fn(Message) -> Message,
    /// The provider's words for what it took, and for what it took of several messages: all but the second.
    pub(super) answers: Answers,
    /// What a provider's behaviour comes to.
    pub(super) expected: fn(Behaviour) -> Expected,
    pub(super) requests_per_attempt: usize,
    /// Whether requests carry the message's id.
    pub(super) carries_id: bool,
}

impl Subject {
    /// Takes any message, and answers nothing of its own.
    pub(super) const PLAIN: Self = Self {
        provider: &super::preview::Preview,
        settings: |_| Value::Null,
        message: |message| message,
        answers: Answers::PLAIN,
        expected: |_| Expected::Accepted,
        requests_per_attempt: 1,
        carries_id: true,
    };
}

/// Every channel that leads to a provider over HTTP.
const SUBJECTS: &[&Subject] = &[
    &super::adroll::tests::SUBJECT,
    &super::batch::tests::SUBJECT,
    &super::braze::tests::SUBJECT,
    &super::customer_io::tests::SUBJECT,
    &super::dynamic_yield::tests::SUBJECT,
    &super::facebook::tests::SUBJECT,
    &super::mailchimp::tests::SUBJECT,
    &super::mandrill::tests::SUBJECT,
    &super::segment::tests::SUBJECT,
    &super::sendgrid::tests::SUBJECT,
    &super::webhook::tests::SUBJECT,
];
/// One leads nowhere, and one has a suite of its own, because it does not speak HTTP.
const OTHERS: [&str; 2] = ["preview", "smtp"];

/// What passes, in the midst of a batch: before and after it, the provider takes what it is sent. No channel fetches keys itself, so an
/// expired one is only ever another 401.
const PASSING: [(&str, Behaviour); 2] =
    [("executed and then timed out", Behaviour::StaysSilent), ("expired token mid-batch", Behaviour::KnowsUsNot)];

/// A receipt without its words.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Accepted,
    Retry,
    RetryAfter(Duration),
    Refused,
}

impl Display for Expected {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.pad("accepted"),
            Self::Retry => f.pad("retry"),
            Self::RetryAfter(after) => f.pad(&format!("retry {after:?}")),
            Self::Refused => f.pad("refused"),
        }
    }
}

/// What comes of an API whose answers are read as `common` says, and whose successes say something in their bodies.
pub(super) fn expected_of_api(behaviour: Behaviour) -> Expected {
    use Behaviour::*;
    match behaviour {
        Accepts | TakesAllButTheSecond => Expected::Accepted,
        FindsItBad | HasItAlready | IsGone | RepeatsTheRequest => Expected::Refused,
        AsksForSeconds => Expected::RetryAfter(Duration::from_secs(120)),
        AsksForMoment => Expected::RetryAfter(Duration::from_secs(60)),
        AsksForTenYears => Expected::RetryAfter(Duration::from_secs(315_360_000)),
        Redirects | KnowsUsNot | IsBusy | AsksForGarbage | Fails | IsDown => Expected::Retry,
        StaysSilent | DripsItsHead | RefusesConnections | ResetsTheConnection => Expected::Retry,
        BreaksOffInTheHead | AnswersGarbage => Expected::Retry,
        AcceptsWithoutBody | SaysNonsense | BreaksOffInTheBody | DripsItsBody | AnswersWithoutEnd => Expected::Retry,
    }
}

pub(super) fn check(subject: &Subject) {
    check_settings(subject);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for behaviour in Behaviour::ALL {
        runtime.block_on(check_behaviour(subject, behaviour));
    }
    for (name, behaviour) in PASSING.iter().filter(|_| subject.requests_per_attempt > 0) {
        runtime.block_on(check_passing(subject, name, *behaviour));
    }
    if subject.answers.partly.is_some() {
        runtime.block_on(check_parts(subject));
    }
}

/// All channels, all behaviours: what a provider does, and what becomes of the message.
#[test]
fn matrix() {
    let mut matrix = format!("{:<28}", "");
    SUBJECTS.iter().for_each(|subject| write!(matrix, "{:<18}", subject.provider.name()).unwrap());
    for behaviour in Behaviour::ALL {
        write!(matrix, "\n{:<28}", format!("{behaviour:?}")).unwrap();
        for subject in SUBJECTS {
            write!(matrix, "{:<18}", (subject.expected)(behaviour)).unwrap();
        }
    }
    for (name, behaviour) in PASSING {
        write!(matrix, "\n{name:<28}").unwrap();
        for subject in SUBJECTS {
            let [first, second] = [behaviour, Behaviour::Accepts].map(subject.expected);
            write!(matrix, "{:<18}", format!("{first}, {second}")).unwrap();
        }
    }
    println!("{matrix}");
    let providers: HashSet<_> = SUBJECTS.iter().map(|subject| subject.provider.name()).collect();
    let others = super::PROVIDERS.iter().map(|provider| provider.name()).filter(|name| !providers.contains(name));
    assert_eq!(others.collect::<Vec<_>>(), OTHERS, "every provider should be in the table");
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
        traits: None,
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

/// The receipts of messages that are dispatched at one time.
pub(super) fn deliver_all(channel: &Arc<dyn Channel>, messages: &[Message]) -> Vec<Receipt> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let deliver = |message: &Message| {
            let (channel, message) = (Arc::clone(channel), message.clone());
            tokio::spawn(async move { channel.deliver(&message).await })
        };
        let mut receipts = Vec::new();
        for delivering in messages.iter().map(deliver).collect::<Vec<_>>() {
            receipts.push(delivering.await.unwrap());
        }
        receipts
    })
}

/// A receipt as a line of a table.
pub(super) fn in_words(receipt: &Receipt) -> String {
    match receipt {
        Receipt::Accepted { note } | Receipt::Partly { note, .. } => {
            format!("accepted: {}", note.as_deref().unwrap_or_default())
        }
        Receipt::Retry { reason, .. } => format!("retry: {reason}"),
        Receipt::Refused { reason } | Receipt::Gone { reason, .. } => format!("refused: {reason}"),
    }
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
    let scripted = Scripted::answering(behaviour, subject.answers);
    let channel = open(subject, &scripted, patience(behaviour));
    assert_eq!(channel.provider(), subject.provider.name());

    for attempt in 1..=2 {
        let message = (subject.message)(message(attempt));
        let delivering = tokio::time::timeout(Duration::from_secs(10), channel.deliver(&message));
        let receipt = delivering.await.unwrap_or_else(|_| panic!("{behaviour:?}: no receipt in time"));
        check_receipt(behaviour, &receipt, &(subject.expected)(behaviour));
    }
    let wanted = if behaviour.listens() { 2 * subject.requests_per_attempt } else { 0 };
    let requests = scripted.requests();
    assert_eq!(requests.len(), wanted, "{behaviour:?}: requests");
    let id = message(1).id;
    let carries_id = |request: &Request| format!("{request:?}").contains(id.as_str());
    assert!(!subject.carries_id || requests.iter().all(carries_id), "{behaviour:?}: the id");
}

/// Three messages for three people at one time, the second of which the provider does not take.
async fn check_parts(subject: &Subject) {
    let scripted = Scripted::answering(Behaviour::TakesAllButTheSecond, subject.answers);
    let channel = open(subject, &scripted, Duration::from_secs(5));
    let receipts = deliver_three(&channel, &three(subject, 1)).await;
    assert_eq!(scripted.requests().len(), subject.requests_per_attempt, "one request for all three");
    let behaviour = Behaviour::TakesAllButTheSecond;
    for (receipt, expected) in receipts.iter().zip([Expected::Accepted, Expected::Refused, Expected::Accepted]) {
        check_receipt(behaviour, receipt, &expected);
    }
}

/// A batch whose first message is taken, the three behind it only at their second attempt.
async fn check_passing(subject: &Subject, name: &str, behaviour: Behaviour) {
    let scripted = Scripted::answering(Behaviour::Accepts, subject.answers);
    let first = open(subject, &scripted, patience(Behaviour::Accepts)).deliver(&(subject.message)(message(1))).await;
    check_receipt(Behaviour::Accepts, &first, &Expected::Accepted);
    let mut told = Vec::new();
    for (attempt, behaviour, expected) in [(1, behaviour, Expected::Retry), (2, Behaviour::Accepts, Expected::Accepted)]
    {
        scripted.turn_to(behaviour);
        let before = scripted.requests().len();
        let channel = open(subject, &scripted, patience(behaviour));
        let receipts = deliver_three(&channel, &three(subject, attempt)).await;
        receipts.iter().for_each(|receipt| check_receipt(behaviour, receipt, &expected));
        told.push(scripted.requests().split_off(before));
    }
    check_said_again(subject, name, &told);
}

/// At every attempt each of three messages was said once, under its id; where a provider has no place for that, in the same words.
fn check_said_again(subject: &Subject, name: &str, told: &[Vec<Request>]) {
    for requests in told {
        for id in three(subject, 1).map(|message| message.id.to_string()).iter().filter(|_| subject.carries_id) {
            let times = requests.iter().filter(|request| format!("{request:?}").contains(id)).count();
            assert_eq!(times, 1, "{name}: requests with `{id}`");
        }
        assert!(subject.carries_id || words(requests) == words(&told[0]), "{name}: {requests:?}");
    }
}

fn words(requests: &[Request]) -> HashSet<(&str, &str)> {
    requests.iter().map(|request| (request.line.as_str(), request.body.as_str())).collect()
}

/// Messages for three people.
fn three(subject: &Subject, attempt: u32) -> [Message; 3] {
    [1, 2, 3].map(|number| Message {
        id: InstructionId::parse(&format!("msg_{number:032x}")).unwrap(),
        profile: ProfileId::parse(&format!("u{number}")).unwrap(),
        user_id: Some(format!("user-{number}")),
        addresses: Addresses { email: Some(format!("hush{number}@example.com")), ..message(attempt).addresses },
        ..(subject.message)(message(attempt))
    })
}

/// What comes of them, dispatched at one time.
async fn deliver_three(channel: &Arc<dyn Channel>, messages: &[Message; 3]) -> [Receipt; 3] {
    let [first, second, third] = messages;
    tokio::join!(channel.deliver(first), channel.deliver(second), channel.deliver(third)).into()
}

/// How long an attempt may take: where no answer comes, as long as a busy machine needs to ask.
fn patience(behaviour: Behaviour) -> Duration {
    Duration::from_millis(if behaviour.never_answers() { 500 } else { 5_000 })
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
