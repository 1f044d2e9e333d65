//! Facebook as a channel, and its rows against what Meta publishes.

use std::collections::BTreeSet;
use std::time::Duration;

use expect_test::expect;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Facebook;
use super::person::{Circumstances, Row, schema};
use super::settings::Settings;
use crate::channels::ads::digest;
use crate::channels::ads::tests::deliver_all;
use crate::channels::conformance::{self, Expected, Subject, loopback, message};
use crate::channels::judged::{Judged, only_ours, only_theirs, otherwise};
use crate::channels::scripted::{Answers, Behaviour, Request, Scripted};
use crate::channels::{Addresses, Http, Message, Provider as _, Receipt};
use crate::domain::{Json, ProfileId};

pub(in crate::channels) const SUBJECT: Subject = Subject {
    provider: &Facebook,
    settings: |url| json!({"url": url, "access_token": "hush", "audiences": {"carts": "23850000000000001"}}),
    message: |message| with(message, &json!({"action": "add", "audience": "carts"})),
    answers: Answers { accepted: Some(|request| took(request, &[])), partly: Some(partly) },
    expected,
    carries_id: false,
    ..Subject::PLAIN
};

pub(in crate::channels) const JUDGED: Judged = Judged {
    provider: &Facebook,
    recording: include_str!("../../../../tests/fixtures/judged/facebook.json"),
    page: include_str!("../../../../docs/channels/facebook.md"),
    base: |settings| Settings::parse(settings, &loopback()).unwrap().0.people_of("0").join("/").unwrap(),
    answers: SUBJECT.answers,
    differences: &[
        only_ours("/headers/authorization", "the token stands in a header, and in no address, which logs keep"),
        only_theirs("/query/access_token", "the same"),
        otherwise("/headers/content-type", "the Graph API reads the payload as JSON, and as a form's text"),
        only_ours("/headers/content-type", "the same of DELETE, where the package puts the text into the query"),
        only_theirs(
            "/body/payload/is_raw",
            "the package alone says it: Meta's documents have rows of several columns without it",
        ),
        otherwise(
            "/body/payload/data/*/14",
            "Meta wants mobile advertiser ids as they are, and the package hashes them",
        ),
    ],
};

/// The bodies as Segment's code writes them: JSON, with empty cells.
pub(in crate::channels) const JUDGED_BODIES: Judged = Judged {
    recording: include_str!("../../../../tests/fixtures/judged/facebook-bodies.json"),
    differences: &[otherwise("/url", "Segment speaks version 24.0")],
    ..JUDGED
};

fn expected(behaviour: Behaviour) -> Expected {
    use Behaviour::*;
    match behaviour {
        Accepts | TakesAllButTheSecond => Expected::Accepted,
        FindsItBad | HasItAlready | IsGone | RepeatsTheRequest => Expected::Refused,
        AsksForSeconds => Expected::RetryAfter(Duration::from_secs(120)),
        AsksForMoment => Expected::RetryAfter(Duration::from_secs(60)),
        AsksForTenYears => Expected::RetryAfter(Duration::from_secs(315_360_000)),
        AcceptsWithoutBody | SaysNonsense | BreaksOffInTheBody | DripsItsBody | AnswersWithoutEnd => Expected::Retry,
        Redirects | KnowsUsNot | IsBusy | AsksForGarbage | Fails | IsDown => Expected::Retry,
        StaysSilent | DripsItsHead | RefusesConnections | ResetsTheConnection => Expected::Retry,
        BreaksOffInTheHead | AnswersGarbage => Expected::Retry,
    }
}

fn rows(request: &Request) -> Vec<Value> {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    body["payload"]["data"].as_array().unwrap().clone()
}

/// What Meta says where it could not read the rows at these places.
fn took(request: &Request, unread: &[usize]) -> String {
    let rows = rows(request);
    let samples =
        unread.iter().map(|place| (rows[*place][1].as_str().unwrap().to_owned(), json!("not a known format")));
    let (received, invalid) = (rows.len(), unread.len());
    json!({
        "audience_id": "23850000000000001", "session_id": "7", "num_received": received,
        "num_invalid_entries": invalid, "invalid_entry_samples": samples.collect::<serde_json::Map<_, _>>(),
    })
    .to_string()
}

fn partly(request: &Request) -> (u16, String) {
    let unread: &[usize] = if rows(request).len() > 1 { &[1] } else { &[] };
    (200, took(request, unread))
}

fn with(message: Message, content: &Value) -> Message {
    Message { content: Json::from(content), ..message }
}

/// Of one of several people.
fn of(number: u32, content: &Value) -> Message {
    let email = Some(format!("Ada{number}@Example.com"));
    let message = with(message(1), content);
    let addresses = Addresses { email, phone: Some("+49 30 1234567".to_owned()), ..Addresses::default() };
    Message {
        profile: ProfileId::parse(&format!("u{number}")).unwrap(),
        user_id: Some(format!("user-{number}")),
        addresses,
        ..message
    }
}

/// Delivers all at one time; the requests, and who got what.
fn deliver(messages: &[Message]) -> (Vec<Request>, Vec<Receipt>) {
    let scripted = Scripted::answering(Behaviour::Accepts, SUBJECT.answers);
    let settings = (SUBJECT.settings)(&format!("http://{}/", scripted.address));
    let channel = Facebook.open(&settings, &Http::new(Duration::from_secs(5), loopback()).unwrap()).unwrap();
    let receipts = deliver_all(&channel, messages);
    (scripted.requests(), receipts)
}

#[test]
fn keeps_the_contract_of_channels() {
    conformance::check(&SUBJECT);
}

#[test]
fn a_request_holds_a_row_of_hashes_for_each_person() {
    let add = json!({
        "action": "add", "audience": "carts",
        "facebook": {"first_name": "Ada", "last_name": "O'Neil", "birth_year": 1990, "birth_month": "3", "country": "US"},
    });
    let (requests, receipts) = deliver(&[of(1, &add), of(2, &json!({"action": "add", "audience": "carts"}))]);
    let [request] = &requests[..] else { panic!("both should go out together") };
    assert_eq!(request.line, "POST /v25.0/23850000000000001/users HTTP/1.1");
    assert_eq!(request.headers["authorization"], "Bearer hush");
    assert_eq!(request.headers["content-type"], "application/json");
    expect![[r#"{"payload":{"data":[["user-1","424744f6f317d7fc68cbabde32a935f9210735c914558d38bd8cb3a8ae1a2008","2f9fbc550b12cbc0e6242384cc472bd1e4f058a8b773f189f7acb86d202655ce","a7be8e1fe282a37cd666e0632b17d933fa13f21addf4798fc0455bc166e2488c","0b8efa5a3bf104413a725c6ff0459a6be12b1fd33314cbb138745baf39504ae5","","67a42a846e98e3c1a96cd6ba14883a5ea05990cd93964ce8b832aa9497ca785c","fdee430d40bd57deeac186cd9790033d0f06f909a8806e7ce6e717ab7c7d5029","","","","","","79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621",""],["user-2","fb26cac0a93406bdeb144c628e2ac30c5b1173fb5fa02ea787159eab79d8ce51","2f9fbc550b12cbc0e6242384cc472bd1e4f058a8b773f189f7acb86d202655ce","","","","","","","","","","","",""]],"schema":["EXTERN_ID","EMAIL","PHONE","DOBY","DOBM","DOBD","LN","FN","FI","GEN","CT","ST","ZIP","COUNTRY","MADID"]}}"#]]
    .assert_eq(&request.body);
    let note = Some("facebook received 2 of 2 people".to_owned());
    assert_eq!(receipts, [Receipt::Accepted { note: note.clone() }, Receipt::Accepted { note }]);
}

#[test]
fn who_is_removed_goes_out_beside_who_is_added() {
    let (add, remove) = (json!({"action": "add", "audience": "4711"}), json!({"action": "remove", "audience": "4711"}));
    let alone = |number, content| {
        let message = of(number, content);
        Message { addresses: Addresses { phone: None, ..message.addresses.clone() }, ..message }
    };
    let (requests, receipts) = deliver(&[alone(1, &add), alone(2, &remove), alone(3, &add), alone(3, &remove)]);
    let mut people: Vec<_> = requests
        .iter()
        .map(|request| {
            let who: Vec<_> = rows(request).iter().map(|row| row[0].as_str().unwrap().to_owned()).collect();
            (request.line.clone(), who)
        })
        .collect();
    people.sort();
    let wanted = [
        ("DELETE /v25.0/4711/users HTTP/1.1".to_owned(), vec!["user-2".to_owned(), "user-3".to_owned()]),
        ("POST /v25.0/4711/users HTTP/1.1".to_owned(), vec!["user-1".to_owned()]),
    ];
    assert_eq!(people, wanted);
    let Receipt::Accepted { note: Some(note) } = &receipts[2] else { panic!("{receipts:?}") };
    assert_eq!(note, "a later message about the same person counts");
}

#[test]
fn audiences_have_requests_of_their_own() {
    let to = |audience: &str| json!({"action": "add", "audience": audience});
    let (requests, _) = deliver(&[of(1, &to("carts")), of(2, &to("4711")), of(3, &to("carts"))]);
    let mut lines: Vec<_> = requests.iter().map(|request| request.line.as_str()).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["POST /v25.0/23850000000000001/users HTTP/1.1", "POST /v25.0/4711/users HTTP/1.1"]);
}

#[test]
fn one_bad_number_leaves_its_own_cell_empty_and_nothing_else() {
    let add = json!({"action": "add", "audience": "carts"});
    let zeros = of(1, &add);
    let zeros =
        Message { addresses: Addresses { phone: Some("+000 000".to_owned()), ..zeros.addresses.clone() }, ..zeros };
    let (requests, receipts) = deliver(&[zeros, of(2, &add)]);
    let rows = rows(&requests[0]);
    assert_eq!(rows[0][2], "");
    assert_eq!(rows[1][2], digest("49301234567"));
    assert!(receipts.iter().all(|receipt| matches!(receipt, Receipt::Accepted { .. })), "{receipts:?}");
}

#[test]
fn content_that_meta_cannot_take_is_refused_before_anything_is_sent() {
    let nested = serde_json::from_str::<Value>(&format!("{}{}", "[".repeat(60), "]".repeat(60))).unwrap();
    for (content, wanted) in [
        (json!([]), "should be an object"),
        (json!({"audience": "carts"}), "`add` or `remove`"),
        (json!({"action": "add", "audience": "hush"}), "`audiences`"),
        (json!({"action": "add", "audience": "4711/../users?access_token=hush"}), "`audiences`"),
        (json!({"action": "add", "audience": "carts", "facebook": "hush"}), "`facebook` should be an object"),
        (json!({"action": "add", "audience": "carts", "facebook": {"hush": 1}}), "use `birth_year`, `birth_month`"),
        (json!({"action": "add", "audience": "carts", "facebook": {"city": ["hush"]}}), "`city` in `facebook`"),
        (json!({"action": "add", "audience": "carts", "facebook": {"city": nested}}), "`city` in `facebook`"),
    ] {
        let (requests, receipts) = deliver(&[of(1, &content)]);
        let [Receipt::Refused { reason }] = &receipts[..] else { panic!("{content}: {receipts:?}") };
        assert!(reason.contains(wanted) && !reason.contains("hush"), "{content}: {reason}");
        assert!(requests.is_empty(), "{content}");
    }
}

#[test]
fn hostile_values_stay_values() {
    let hostile = "\u{0}\u{202e}\"],[\"user-2\"\r\nDELETE / HTTP/1.1\u{1f4a3}";
    let content = json!({"action": "add", "audience": "carts", "facebook": {"city": hostile, "last_name": hostile}});
    let (requests, _) = deliver(&[Message { user_id: Some(hostile.to_owned()), ..of(1, &content) }]);
    let rows = rows(&requests[0]);
    assert_eq!((rows.len(), rows[0].as_array().unwrap().len()), (1, schema().len()));
    assert_eq!(rows[0][0], hostile);
    assert_eq!(rows[0][10].as_str().unwrap().len(), 64);
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_would() {
    let check = |settings: Value, wanted: &str| {
        let err = Facebook.validate(&settings, &loopback()).unwrap_err().to_string();
        assert!(err.contains(wanted) && !err.contains("hush"), "{settings} gave {err}");
    };
    check(json!({}), "`access_token` is missing");
    check(json!({"access_token": ""}), "`access_token` should be a key");
    check(json!({"access_token": "hush hush"}), "`access_token` should be a key");
    check(json!({"access_token": 7}), "`access_token` should be a text");
    check(
        json!({"access_token": "t", "token": "hush"}),
        "`token` is not known: use `access_token`, `audiences`, `url`",
    );
    for audiences in [json!("hush"), json!({"carts": "hush"}), json!({"carts": 4711}), json!({"carts": ""})] {
        check(json!({"access_token": "t", "audiences": audiences}), "`audiences` should give");
    }
    check(json!({"access_token": "t", "url": "hush"}), "`url` is no address");
}

#[test]
fn settings_are_kept_as_they_were_given() {
    let given = json!({"access_token": "t", "audiences": {"carts": "4711"}, "url": null});
    let kept = Facebook.validate(&given, &loopback()).unwrap();
    assert_eq!(kept, json!({"access_token": "t", "audiences": {"carts": "4711"}}));
    assert_eq!(Facebook.validate(&json!({"access_token": "t"}), &loopback()).unwrap(), json!({"access_token": "t"}));
}

/// A line of `tests/fixtures/facebook-columns.jsonl`.
#[derive(Deserialize)]
struct Case {
    column: String,
    value: String,
    /// Of the same person, where it matters.
    #[serde(default)]
    country: String,
    /// As Meta wants it to be written, before it is hashed.
    written: String,
    /// What Segment's destination makes of it, where that is something else.
    segment: Option<String>,
    /// Which difference that is, of those in `docs/channels/facebook.md`.
    because: Option<String>,
    /// Where Meta publishes it.
    sha256: Option<String>,
}

fn cases() -> Vec<Case> {
    let lines = include_str!("../../../../tests/fixtures/facebook-columns.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn columns_are_written_as_meta_publishes() {
    let cases = cases();
    assert!(cases.len() >= 200, "{} cases", cases.len());
    for Case { column, value, country, written, sha256, .. } in &cases {
        let circumstances = Circumstances::new(country, "2026-01-02T03:04:05.678Z".to_owned());
        let cell = Row::cell_of(column, value, &circumstances);
        let is_plain = matches!(column.as_str(), "EXTERN_ID" | "MADID") || written.is_empty();
        let is_hashed_already =
            column != "EXTERN_ID" && value.trim().eq_ignore_ascii_case(written) && written.len() == 64;
        let wanted = if is_plain || is_hashed_already { written.clone() } else { digest(written) };
        assert_eq!(cell, wanted, "{column} {value:?} should be {written:?}");
        assert!(sha256.as_ref().is_none_or(|published| *published == cell), "{column} {value:?}: {sha256:?}");
    }
    let untested: Vec<_> = schema().into_iter().filter(|name| !cases.iter().any(|case| case.column == *name)).collect();
    assert_eq!(untested, [] as [&str; 0]);
}

#[test]
fn every_difference_from_segment_is_explained() {
    let page = include_str!("../../../../docs/channels/facebook.md");
    let explained: BTreeSet<_> =
        page.lines().filter_map(|line| line.strip_prefix("| *")?.split_once("* |")).map(|(name, _)| name).collect();
    let cases = cases();
    for case in &cases {
        assert_eq!(case.segment.is_some(), case.because.is_some(), "{} {:?}", case.column, case.value);
        assert_ne!(case.segment.as_ref(), Some(&case.written), "{} {:?}", case.column, case.value);
    }
    let found: BTreeSet<_> = cases.iter().filter_map(|case| case.because.as_deref()).collect();
    assert_eq!(found, explained, "the page's table and the cases should name the same differences");
}
