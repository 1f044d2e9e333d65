//! Our requests before judges: what the providers' own packages send for the same message with the same settings.
//!
//! `cargo xtask judge` has them send it to loopback, and writes it down in `tests/fixtures/judged/`; here, it is only read. A
//! provider's `JUDGED` names what is different on purpose, and why: what it does not name fails, and so does what it names in vain.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};

use super::conformance::{self, deliver_all, loopback};
use super::scripted::{Answers, Behaviour, Request, Scripted};
use super::{Addresses, Http, Message, Provider, Receipt};
use crate::domain::{CampaignName, InstructionId, Json, ProfileId};

/// A provider, and requests to it that somebody else makes, too.
pub(super) struct Judged {
    pub(super) provider: &'static dyn Provider,
    /// A file of `tests/fixtures/judged/`.
    pub(super) recording: &'static str,
    /// Its page in `docs/channels/`, which names the judge.
    pub(super) page: &'static str,
    /// The address to which such settings lead.
    pub(super) base: fn(&Value) -> Url,
    pub(super) answers: Answers,
    pub(super) differences: &'static [Difference],
}

/// What is different on purpose.
pub(super) struct Difference {
    side: Side,
    /// A JSON pointer into a request, in which `*` is any member.
    at: &'static str,
    because: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    OnlyOurs,
    OnlyTheirs,
    Both,
}

/// We say it, and the judge does not.
pub(super) const fn only_ours(at: &'static str, because: &'static str) -> Difference {
    Difference { side: Side::OnlyOurs, at, because }
}

/// The judge says it, and we do not.
pub(super) const fn only_theirs(at: &'static str, because: &'static str) -> Difference {
    Difference { side: Side::OnlyTheirs, at, because }
}

/// Both say something, and not the same.
pub(super) const fn otherwise(at: &'static str, because: &'static str) -> Difference {
    Difference { side: Side::Both, at, because }
}

/// Whatever has a judge. SMTP's stands beside its letters.
const JUDGED: &[&Judged] = &[
    &super::batch::tests::JUDGED,
    &super::braze::tests::JUDGED,
    &super::customer_io::tests::JUDGED,
    &super::customer_io::tests::JUDGED_EVENTS,
    &super::facebook::tests::JUDGED,
    &super::facebook::tests::JUDGED_BODIES,
    &super::mailchimp::tests::JUDGED,
    &super::mandrill::tests::JUDGED,
    &super::segment::tests::JUDGED,
    &super::sendgrid::tests::JUDGED,
    &super::sendgrid::tests::JUDGED_LISTS,
];

/// The headers by which a provider judges a request.
const HEADERS: [&str; 4] = ["authorization", "content-type", "x-batch-project", "x-braze-batch"];

#[derive(Deserialize)]
struct Recording {
    judge: Judge,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Judge {
    package: String,
    version: String,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    settings: Value,
    content: Value,
    /// What the judge sent.
    sent: Vec<Value>,
}

/// The message that all cases are of, but for its content.
#[derive(Deserialize)]
struct Told {
    id: String,
    campaign: String,
    step: String,
    profile: String,
    user_id: String,
    email: String,
    phone: String,
    promised_at: String,
}

#[test]
fn requests_are_those_of_the_providers_own_packages() {
    let mut complaints = Vec::new();
    for judged in JUDGED {
        let recording: Recording = serde_json::from_str(judged.recording).unwrap();
        let found: Vec<_> = recording.cases.iter().flat_map(|case| differences(judged, case)).collect();
        let is_meant = |found: &Found| judged.differences.iter().any(|meant| meant.is(found));
        complaints.extend(found.iter().filter(|found| !is_meant(found)).map(|found| found.in_words(judged)));
        let in_vain = judged.differences.iter().filter(|meant| !found.iter().any(|found| meant.is(found)));
        complaints.extend(in_vain.map(|meant| {
            format!("{}: {} is no difference, although {}", judged.provider.name(), meant.at, meant.because)
        }));
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn every_page_names_its_judge() {
    for judged in JUDGED {
        let Judge { package, version } = serde_json::from_str::<Recording>(judged.recording).unwrap().judge;
        let named = format!("`{package}` {version}");
        assert!(judged.page.contains(&named), "the page of `{}` should name {named}", judged.provider.name());
    }
}

#[test]
fn every_kind_of_difference_is_found() {
    let theirs = json!({"same": 1, "other": [1, 2], "theirs": null, "kind": {"a": 1}});
    let ours = json!({"same": 1, "other": [1, 3, 4], "ours": {}, "kind": [1]});
    let mut found = Vec::new();
    compare(&ours, &theirs, "", &mut found);
    let found: Vec<_> = found.iter().map(|(side, at)| (*side, at.as_str())).collect();
    let wanted = [
        (Side::Both, "/kind"),
        (Side::Both, "/other/1"),
        (Side::OnlyOurs, "/other/2"),
        (Side::OnlyOurs, "/ours"),
        (Side::OnlyTheirs, "/theirs"),
    ];
    assert_eq!(found, wanted);
}

/// A difference, and in which case.
struct Found {
    side: Side,
    at: String,
    case: String,
    /// What stands there in our request, and in the judge's.
    values: [Value; 2],
}

impl Found {
    fn in_words(&self, judged: &Judged) -> String {
        let [ours, theirs] = &self.values;
        format!("{}, {}: {:?} {}: {ours} is {theirs}", judged.provider.name(), self.case, self.side, self.at)
    }
}

impl Difference {
    fn is(&self, found: &Found) -> bool {
        let (meant, at) = (self.at.split('/'), found.at.split('/'));
        let is_there = meant.clone().count() == at.clone().count()
            && meant.zip(at).all(|(meant, member)| meant == "*" || meant == member);
        self.side == found.side && is_there
    }
}

fn differences(judged: &Judged, case: &Case) -> Vec<Found> {
    let ours = sent(judged, case);
    assert_eq!(ours.len(), case.sent.len(), "{}, {}: requests", judged.provider.name(), case.name);
    let mut all = Vec::new();
    for (ours, theirs) in ours.iter().zip(&case.sent) {
        let mut found = Vec::new();
        compare(ours, theirs, "", &mut found);
        let value = |request: &Value, at: &str| request.pointer(at).cloned().unwrap_or_default();
        all.extend(found.into_iter().map(|(side, at)| Found {
            side,
            values: [value(ours, &at), value(theirs, &at)],
            at,
            case: case.name.clone(),
        }));
    }
    all
}

/// The requests that we make of a case.
fn sent(judged: &Judged, case: &Case) -> Vec<Value> {
    let scripted = Scripted::answering(Behaviour::Accepts, judged.answers);
    let base = (judged.base)(&case.settings);
    let mut settings = case.settings.clone();
    settings["url"] = format!("http://{}{}", scripted.address, base.path()).into();
    let kept = judged.provider.validate(&settings, &loopback()).unwrap();
    let http = Http::new(Duration::from_secs(5), loopback()).unwrap();
    let receipts = deliver_all(&judged.provider.open(&kept, &http).unwrap(), &[message(&case.content)]);
    assert!(matches!(receipts[..], [Receipt::Accepted { .. }]), "{}: {receipts:?}", case.name);
    scripted.requests().iter().map(|request| told(request, &base)).collect()
}

/// A request as a recording has it, with the address to which it would have gone without ours.
fn told(request: &Request, base: &Url) -> Value {
    let mut words = request.line.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let url = base.join(target).unwrap();
    let query: BTreeMap<_, _> = url.query_pairs().collect();
    let headers: BTreeMap<_, _> = HEADERS.iter().filter_map(|name| Some((name, request.headers.get(*name)?))).collect();
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let address = format!("{}{}", url.origin().ascii_serialization(), url.path());
    json!({"method": method, "url": address, "query": query, "headers": headers, "body": body})
}

fn message(content: &Value) -> Message {
    let told: Told = serde_json::from_str(include_str!("../../../tests/fixtures/judged/message.json")).unwrap();
    let message = Message {
        id: InstructionId::parse(&told.id).unwrap(),
        campaign: CampaignName::parse(&told.campaign).unwrap(),
        step: told.step,
        profile: ProfileId::parse(&told.profile).unwrap(),
        user_id: Some(told.user_id),
        addresses: Addresses { email: Some(told.email), phone: Some(told.phone), ..Addresses::default() },
        content: Json::from(content),
        ..conformance::message(1)
    };
    assert_eq!(message.promised_at.to_string(), told.promised_at);
    message
}

/// Where two documents differ, and which of them says something there.
fn compare(ours: &Value, theirs: &Value, at: &str, found: &mut Vec<(Side, String)>) {
    let (Some(in_ours), Some(in_theirs)) = (members(ours), members(theirs)) else {
        found.extend((ours != theirs).then(|| (Side::Both, at.to_owned())));
        return;
    };
    if ours.is_array() != theirs.is_array() {
        found.push((Side::Both, at.to_owned()));
        return;
    }
    let mut names: Vec<_> = in_ours.keys().chain(in_theirs.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let at = format!("{at}/{name}");
        match (in_ours.get(name), in_theirs.get(name)) {
            (Some(ours), Some(theirs)) => compare(ours, theirs, &at, found),
            (Some(_), None) => found.push((Side::OnlyOurs, at)),
            _ => found.push((Side::OnlyTheirs, at)),
        }
    }
}

/// By name, or by place.
fn members(value: &Value) -> Option<BTreeMap<String, &Value>> {
    match value {
        Value::Object(members) => Some(members.iter().map(|(name, value)| (name.clone(), value)).collect()),
        Value::Array(elements) => {
            Some(elements.iter().enumerate().map(|(place, value)| (place.to_string(), value)).collect())
        }
        _ => None,
    }
}
