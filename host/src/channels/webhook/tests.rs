//! The webhook against its standard.

use std::time::Duration;

use expect_test::expect;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use base64::Engine as _;

use super::settings::{BASE64, Settings};
use super::{Webhook, request};
use crate::channels::conformance::{self, Expected, Subject, loopback, message};
use crate::channels::scripted::{Behaviour, Request, Scripted};
use crate::channels::{Http, Provider as _, Receipt};

/// The base64 of `hush` six times and eight times.
const SECRET: &str = "whsec_aHVzaGh1c2hodXNoaHVzaGh1c2hodXNo";
const PREVIOUS_SECRET: &str = "whsec_aHVzaGh1c2hodXNoaHVzaGh1c2hodXNoaHVzaGh1c2g=";

pub(in crate::channels) const SUBJECT: Subject = Subject {
    provider: &Webhook,
    settings: |url| json!({"url": url, "secret": SECRET, "previous_secret": PREVIOUS_SECRET}),
    expected,
    ..Subject::PLAIN
};

fn expected(behaviour: Behaviour) -> Expected {
    use Behaviour::*;
    match behaviour {
        Accepts | AcceptsWithoutBody | SaysNonsense | TakesAllButTheSecond | BreaksOffInTheBody | DripsItsBody
        | AnswersWithoutEnd => Expected::Accepted,
        IsGone => Expected::Refused,
        AsksForSeconds => Expected::RetryAfter(Duration::from_secs(120)),
        AsksForMoment => Expected::RetryAfter(Duration::from_secs(60)),
        AsksForTenYears => Expected::RetryAfter(Duration::from_secs(315_360_000)),
        Redirects | FindsItBad | KnowsUsNot | HasItAlready | IsBusy | AsksForGarbage | Fails | IsDown => {
            Expected::Retry
        }
        RepeatsTheRequest => Expected::Retry,
        StaysSilent | DripsItsHead | RefusesConnections | ResetsTheConnection => Expected::Retry,
        BreaksOffInTheHead | AnswersGarbage => Expected::Retry,
    }
}

#[test]
fn keeps_the_contract_of_channels() {
    conformance::check(&SUBJECT);
}

#[test]
fn signs_as_the_standards_own_test_vector_says() {
    let settings = json!({"url": "https://example.com/", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});
    let key = Settings::parse(&settings, &loopback()).ok().unwrap().key;
    let signed = r#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
    assert_eq!(request::signature(&key, signed), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn a_receiver_can_tell_that_a_message_is_ours() {
    let [first, second] = deliver_twice();
    for request in [&first, &second] {
        let header = |name: &str| request.headers[name].as_str();
        let signed = format!("{}.{}.{}", header("webhook-id"), header("webhook-timestamp"), request.body);
        let by_hand = |key: &[u8]| format!("v1,{}", BASE64.encode(hmac_sha256(key, signed.as_bytes())));
        let wanted = format!("{} {}", by_hand(&b"hush".repeat(6)), by_hand(&b"hush".repeat(8)));
        assert_eq!(header("webhook-signature"), wanted);
    }
}

#[test]
fn a_repetition_has_the_same_id_and_its_own_time() {
    let [first, second] = deliver_twice();
    assert_eq!(first.headers["webhook-id"], "msg_00112233445566778899aabbccddeeff");
    assert_eq!(first.headers["webhook-id"], second.headers["webhook-id"]);
    assert_eq!(first.headers["webhook-timestamp"], "1767323046");
    assert_eq!(second.headers["webhook-timestamp"], "1767323047");
}

#[test]
fn the_request_tells_all_and_keeps_the_content_as_it_was_written() {
    let [request, _] = deliver_twice();
    assert_eq!(request.line, "POST /in?shop=1 HTTP/1.1");
    assert_eq!(request.headers["content-type"], "application/json");
    expect![[r#"{"type":"message.instructed","timestamp":"2026-01-02T03:04:05.678Z","data":{"id":"msg_00112233445566778899aabbccddeeff","campaign":"three-lines","step":"push","channel":"push","profile":"u1","user_id":"user-1","addresses":{"push_tokens":["token-hush"],"email":"hush@example.com","phone":"+4930000hush"},"content":{"title": "hush", "size":1.50},"attempt":1}}"#]]
    .assert_eq(&request.body);
}

#[test]
fn a_connection_is_used_again_after_an_answer_that_was_read_to_its_end() {
    let scripted = Scripted::start(Behaviour::Accepts);
    let channel = conformance::open(&SUBJECT, &scripted, Duration::from_secs(5));
    run(async {
        channel.deliver(&message(1)).await;
        channel.deliver(&message(2)).await;
    });
    assert_eq!((scripted.requests().len(), scripted.connections()), (2, 1));
}

#[test]
fn a_receiver_that_does_not_speak_tls_is_a_reason_to_try_again() {
    let scripted = Scripted::start(Behaviour::AnswersGarbage);
    let url = format!("https://{}/hush", scripted.address);
    let http = Http::new(Duration::from_secs(5), loopback()).unwrap();
    let channel = Webhook.open(&json!({"url": url, "secret": SECRET}), &http).unwrap();
    let Receipt::Retry { reason, after: None } = run(channel.deliver(&message(1))) else {
        panic!("a failed handshake should be tried again");
    };
    assert!(reason.starts_with("could not connect: ") && !reason.contains("hush"), "{reason}");
}

#[test]
fn reasons_name_what_happened() {
    let reason = |behaviour, patience_ms| {
        let scripted = Scripted::start(behaviour);
        let channel = conformance::open(&SUBJECT, &scripted, Duration::from_millis(patience_ms));
        match run(channel.deliver(&message(1))) {
            Receipt::Accepted { note } | Receipt::Partly { note, .. } => note.unwrap(),
            Receipt::Retry { reason, .. } | Receipt::Refused { reason } | Receipt::Gone { reason, .. } => reason,
        }
    };
    expect!["no answer within 100 ms"].assert_eq(&reason(Behaviour::StaysSilent, 100));
    expect!["could not connect: Connection refused (os error 111)"]
        .assert_eq(&reason(Behaviour::RefusesConnections, 5_000));
    expect!["the receiver answered 400 Bad Request"].assert_eq(&reason(Behaviour::FindsItBad, 5_000));
    expect!["the receiver answered 308 Permanent Redirect, which is not followed: set the new `url`"]
        .assert_eq(&reason(Behaviour::Redirects, 5_000));
    expect!["the connection broke before an answer: invalid HTTP version parsed"]
        .assert_eq(&reason(Behaviour::AnswersGarbage, 5_000));
}

#[test]
fn settings_are_kept_in_one_spelling() {
    let written = json!({"url": "HTTPS://Example.com", "secret": SECRET, "previous_secret": null});
    assert_eq!(
        Webhook.validate(&written, &loopback()).unwrap(),
        json!({"url": "https://example.com/", "secret": SECRET})
    );
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_would() {
    let check = |settings: Value, wanted: &str| {
        let err = Webhook.validate(&settings, &loopback()).unwrap_err().to_string();
        assert!(err.contains(wanted) && !err.contains("hush"), "{settings} gave {err}");
    };
    let url = "https://example.com/";
    check(json!({"secret": SECRET}), "`url` is missing");
    check(json!({"url": url}), "`secret` is missing");
    check(json!({"url": 7, "secret": SECRET}), "`url` should be a text");
    check(json!({"url": url, "secret": SECRET, "Url": "hush"}), "`Url` is not known: use `url`, `secret`");
    for hushed in ["hush", "//hush/", "https://"] {
        check(json!({"url": hushed, "secret": SECRET}), "`url` is no address");
    }
    check(json!({"url": "ftp://hush/", "secret": SECRET}), "`https://` or `http://`");
    check(json!({"url": "https://hush@example.com/", "secret": SECRET}), "user name or a password");
    check(json!({"url": "https://:hush@example.com/", "secret": SECRET}), "user name or a password");
    check(json!({"url": "https://example.com/#hush", "secret": SECRET}), "`#`");
    check(json!({"url": format!("{url}{}", "a".repeat(9_000)), "secret": SECRET}), "too long");
    for secret in ["hush", "whsec_", "whsec_hush", "whsec_!", "aHVzaGh1c2hodXNoaHVzaGh1c2hodXNo"] {
        check(json!({"url": url, "secret": secret}), "`secret` should be `whsec_`");
        check(json!({"url": url, "secret": SECRET, "previous_secret": secret}), "`previous_secret` should be `whsec_`");
    }
    check(json!({"url": url, "secret": format!("whsec_{}", "aHVz".repeat(22))}), "24 to 64 random bytes");
}

fn deliver_twice() -> [Request; 2] {
    let scripted = Scripted::start(Behaviour::Accepts);
    let settings = (SUBJECT.settings)(&format!("http://{}/in?shop=1", scripted.address));
    let channel = Webhook.open(&settings, &Http::new(Duration::from_secs(5), loopback()).unwrap()).unwrap();
    run(async {
        channel.deliver(&message(1)).await;
        channel.deliver(&message(2)).await;
    });
    scripted.requests().try_into().unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// HMAC as RFC 2104 writes it, for keys that are shorter than a block: no code in common with what signs.
fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    let pad = |byte: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ byte).collect() };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}
