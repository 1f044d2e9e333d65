//! The room against its providers' documents: who is believed, and what each of their words comes to.

mod customer_io;
mod door;
mod mailchimp;
mod mandrill;
mod sendgrid;

use std::fmt::Write as _;
use std::sync::Arc;

use axum::http::HeaderMap;

use super::line::Line;
use super::reception::{self, Received};
use super::report::{Meaning, Words};
use super::verification::{Request, Unverified};
use super::{REPORTERS, Reporter};
use crate::domain::{ChannelName, Event, Inbound, Scope, Secret, Substance, TenantId, Timestamp};
use crate::mappings::{Mapping, Mappings};

/// When everything arrives: 2026-01-02T03:05:00Z.
const ARRIVED: Timestamp = Timestamp::from_millis(1_767_323_100_000);
/// The address that providers are given.
const ADDRESS: &str = "https://rekindle.example/callbacks/shop/email";

/// The line of a channel, with that key.
fn line(reporter: &'static dyn Reporter, channel: &str, key: &str) -> Line {
    Line {
        tenant: TenantId::parse("shop").unwrap(),
        channel: ChannelName::parse(channel).unwrap(),
        reporter,
        key: Secret::new(key.to_owned()),
        mappings: Arc::default(),
    }
}

/// A callback with these headers.
fn request(headers: &[(&str, &str)], body: &[u8]) -> Request {
    let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    Request {
        headers: headers.collect::<HeaderMap>(),
        addresses: vec!["http://10.0.0.1/callbacks/shop/email".to_owned(), ADDRESS.to_owned()],
        query: String::new(),
        body: body.to_vec(),
        arrived: ARRIVED,
    }
}

/// What a body comes to, its sender being known.
fn read(line: &Line, body: &str) -> Received {
    reception::read_all(line, &line.reporter.reports(body.as_bytes()).unwrap(), ARRIVED)
}

/// The same for the eye, one line a report: what, of whom, when, under which id, and what it does to the person.
fn picture(reporter: &'static dyn Reporter, body: &str) -> String {
    picture_of(&read(&line(reporter, "email", "key"), body))
}

fn picture_of(received: &Received) -> String {
    let mut text = String::new();
    received.inbounds.iter().for_each(|inbound| writeln!(text, "{}", inbound_line(inbound)).unwrap());
    received.ignored.iter().for_each(|reason| writeln!(text, "ignored: {reason}").unwrap());
    text
}

fn inbound_line(inbound: &Inbound) -> String {
    match &inbound.substance {
        Substance::Event { profile, event } => {
            format!("{} of {profile} at {} as {}", told(event), &event.at.to_string()[..19], event.id)
        }
        Substance::Quarantined(quarantined) => format!("quarantined {:?}: {}", quarantined.raw, quarantined.reason),
        Substance::Told(_) | Substance::Item(_) => panic!("no provider tells so"),
    }
}

fn told(event: &Event) -> String {
    let mut text = String::new();
    if let Some(engagement) = &event.engagement {
        let which =
            [&engagement.campaign, &engagement.step, &engagement.detail].map(|word| word.as_deref().unwrap_or("-"));
        write!(text, "{} {} [{}]", engagement.channel, engagement.kind.as_str(), which.join(" ")).unwrap();
        if engagement.by_machine {
            text.push_str(" by a machine");
        }
    }
    for consent in &event.facts.consents {
        let scope = match &consent.scope {
            Scope::Channel(channel) => channel,
            Scope::Everything => "everything",
        };
        write!(text, "{scope} {}", consent.wish.as_str()).unwrap();
    }
    for lost in &event.facts.lost {
        write!(text, ", lost {} {}", lost.medium.as_str(), lost.address.as_deref().unwrap_or("all")).unwrap();
    }
    text
}

/// Every event that the words mean is known to the door's tables.
fn check_words(reporter: &'static dyn Reporter, words: &Words, report: impl Fn(&str) -> String) {
    for (word, meaning) in words {
        let received = read(&line(reporter, "email", "key"), &report(word));
        let came_to = (received.inbounds.len(), received.ignored.len());
        match meaning {
            Meaning::Event(_) => {
                assert_eq!(came_to, (1, 0), "{word}");
                let Substance::Event { event, .. } = &received.inbounds[0].substance else { panic!("{word}") };
                assert!(event.engagement.is_some() || !event.facts.consents.is_empty(), "{word} means nothing");
            }
            Meaning::Nothing(_) => assert_eq!(came_to, (0, 1), "{word}"),
        }
    }
}

/// One bit flipped anywhere in the body is noticed, and so is another key.
fn check_signature(reporter: &'static dyn Reporter, key: &str, other_key: &str, request: &Request) {
    assert_eq!(reporter.verify(key, request), Ok(()));
    assert!(matches!(reporter.verify(other_key, request), Err(Unverified::Wrong { .. })));
    for at in 0..request.body.len() {
        let mut body = request.body.clone();
        body[at] ^= 1;
        let forged = with(request, request.headers.clone(), body);
        assert!(reporter.verify(key, &forged).is_err(), "byte {at}");
    }
    for header in request.headers.keys() {
        let mut without = request.headers.clone();
        without.remove(header);
        let silent = with(request, without, request.body.clone());
        assert!(matches!(reporter.verify(key, &silent), Err(Unverified::Missing { .. })), "{header}");
    }
}

fn with(request: &Request, headers: HeaderMap, body: Vec<u8>) -> Request {
    Request { headers, body, addresses: request.addresses.clone(), query: request.query.clone(), arrived: ARRIVED }
}

#[test]
fn every_reporter_has_a_name_of_its_own_in_order() {
    let names: Vec<_> = REPORTERS.iter().map(|reporter| reporter.name()).collect();
    assert!(names.is_sorted_by(|one, other| one < other), "{names:?}");
}

#[test]
fn one_bad_report_spoils_none_of_its_neighbours() {
    let body = r#"[{"event":"open","email":"ada@example.com","sg_event_id":"1"}, {"event":}, 7,
        {"email":"ada@example.com"}, {"event":"click","email":"bob@example.com","sg_event_id":"2"}]"#;
    let received = read(&line(&crate::callbacks::sendgrid::SendGrid, "email", "key"), body);
    assert!(received.regret.is_some());
    expect_test::expect![[r#"
        email opened [- - -] of email:ada@example.com at 2026-01-02T03:05:00 as callback:sendgrid:1
        quarantined "{\"event\":}": a callback of the channel `email`: it is not json: expected value at line 1 column 10
        quarantined "7": a callback of the channel `email`: it is no object
        quarantined "{\"email\":\"ada@example.com\"}": a callback of the channel `email`: it has no `event`
        email clicked [- - -] of email:bob@example.com at 2026-01-02T03:05:00 as callback:sendgrid:2
    "#]]
    .assert_eq(&picture_of(&received));
}

#[test]
fn a_channel_of_the_tenants_own_name_carries_what_its_provider_tells_and_addresses_are_lost_all_the_same() {
    let body = r#"[{"event":"unsubscribe","email":"ada@example.com","sg_event_id":"1"},
        {"event":"group_resubscribe","email":"ada@example.com","sg_event_id":"2"},
        {"event":"bounce","type":"bounce","email":"ada@example.com","sg_event_id":"3"}]"#;
    let told = picture_of(&read(&line(&crate::callbacks::sendgrid::SendGrid, "newsletter", "key"), body));
    expect_test::expect![[r#"
        newsletter unsubscribed [- - -] of email:ada@example.com at 2026-01-02T03:05:00 as callback:sendgrid:1
        newsletter welcome of email:ada@example.com at 2026-01-02T03:05:00 as callback:sendgrid:2
        newsletter bounced [- - -], lost email ada@example.com of email:ada@example.com at 2026-01-02T03:05:00 as callback:sendgrid:3
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_tenants_own_words_are_for_messages_that_are_not_ours() {
    let mapping = serde_json::json!({"campaign": "spring", "is": {"campaign": "ours"}});
    let mapping = Mapping::read(&mapping).unwrap();
    let mut line = line(&crate::callbacks::sendgrid::SendGrid, "email", "key");
    line.mappings = Arc::new(Mappings::of([("spring", &mapping)]).unwrap());
    let theirs = r#"[{"event":"open","email":"ada@example.com","marketing_campaign_name":"Spring"}]"#;
    let ours = r#"[{"event":"open","email":"ada@example.com","rekindle_campaign":"spring","rekindle_profile":"u1"}]"#;
    let campaign = |body: &str| {
        let received = read(&line, body);
        let Substance::Event { event, .. } = &received.inbounds[0].substance else { panic!("{received:?}") };
        event.engagement.clone().unwrap().campaign.unwrap()
    };
    assert_eq!((campaign(theirs).as_str(), campaign(ours).as_str()), ("ours", "spring"));
}

#[test]
fn an_id_of_ours_says_whose_it_is_and_not_what_the_tenant_calls_them() {
    for id in ["u1", "email:ada@example.com", "anonymous:a1", "user:anonymous:a1", "digest:0f"] {
        let body =
            serde_json::json!([{"event": "open", "email": "ada@example.com", "rekindle_profile": id}]).to_string();
        let received = read(&line(&crate::callbacks::sendgrid::SendGrid, "email", "key"), &body);
        let Substance::Event { profile, event } = &received.inbounds[0].substance else { panic!("{received:?}") };
        assert_eq!((profile.as_str(), &event.identities.user_id), (id, &None));
        assert_eq!(event.identities.email.as_deref(), Some("ada@example.com"));
    }
}

#[test]
fn what_is_no_id_of_ours_names_nobody() {
    let long = "u".repeat(300);
    let body = serde_json::json!([
        {"event": "open", "rekindle_profile": long},
        {"event": "open", "rekindle_profile": "u\u{1}", "email": "ada@example.com", "sg_event_id": "1"},
    ]);
    let told = picture(&crate::callbacks::sendgrid::SendGrid, &body.to_string());
    let expected = "email opened [- - -] of email:ada@example.com at 2026-01-02T03:05:00 as callback:sendgrid:1\nignored: nobody\n";
    assert_eq!(told, expected);
}
