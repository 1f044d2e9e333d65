//! Mandrill's words, and its signature, worked out elsewhere.

use expect_test::expect;

use super::*;
use crate::callbacks::mandrill::{Mandrill, SIGNATURE, WORDS};

const KEY: &str = "shh";
/// Python's `urlencode` of two parameters, in another order than the one that is signed.
const BODY: &str = "mandrill_events=%5B%7B%22event%22%3A%22open%22%2C%22_id%22%3A%22m1%22%2C%22ts%22%3A1767322800%2C%22msg%22%3A%7B%22_id%22%3A%22m1%22%2C%22email%22%3A%22ada%40example.com%22%2C%22metadata%22%3A%7B%22rekindle_profile%22%3A%22u1%22%7D%7D%7D%5D&a=%C3%A9+%26+more";
/// Python's `hmac` over the address, `aé & more` and `mandrill_events[…]`.
const VECTOR: &str = "cuXehXNDmSHkkjEU85A38Uvb+6Y=";

fn form(events: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("mandrill_events", events).finish()
}

#[test]
fn a_signature_is_over_the_address_and_every_parameter_sorted() {
    let signed = request(&[(SIGNATURE, VECTOR)], BODY.as_bytes());
    check_signature(&Mandrill, KEY, "shhh", &signed);
    let elsewhere = Request { addresses: vec!["https://rekindle.example/callbacks/shop/other".to_owned()], ..signed };
    assert!(matches!(Mandrill.verify(KEY, &elsewhere), Err(Unverified::Wrong { .. })));
}

#[test]
fn an_address_is_tried_by_an_empty_array_under_a_key_of_everybodys() {
    let tried = request(&[(SIGNATURE, "AAAA")], form("[]").as_bytes());
    assert_eq!(Mandrill.verify(KEY, &tried), Ok(()));
    assert_eq!(picture(&Mandrill, &form("[]")), "");
    let full = request(&[(SIGNATURE, "AAAA")], form("[{}]").as_bytes());
    assert!(Mandrill.verify(KEY, &full).is_err());
}

#[test]
fn every_word_has_its_meaning() {
    check_words(&Mandrill, WORDS, |word| {
        form(&format!(r#"[{{"event":"{word}","msg":{{"email":"ada@example.com"}}}}]"#))
    });
}

#[test]
fn every_event_of_the_documents_is_read() {
    let event = |event: &str, rest: &str| {
        format!(
            r#"{{"event":"{event}","_id":"m1","ts":1767322800,{rest}"msg":{{"_id":"m1","email":"ada@example.com","ts":1767322000,
            "state":"sent","tags":["t"],"metadata":{{"rekindle_message":"msg_1","rekindle_campaign":"spring","rekindle_step":"mail",
            "rekindle_profile":"u1"}},"bounce_description":"bad_mailbox","diag":"550 5.1.1"}}}}"#
        )
    };
    let events = [
        event("send", ""),
        event("delivered", ""),
        event("deferral", ""),
        event("open", r#""ip":"127.0.0.1","user_agent":"Mozilla","#),
        event("click", r#""url":"https://shop.example/cart","#),
        event("click", r#""url":"https://shop.example/help","#),
        event("hard_bounce", ""),
        event("soft_bounce", ""),
        event("reject", ""),
        event("spam", ""),
        event("unsub", ""),
        r#"{"type":"blacklist","action":"add","reject":{"email":"ada@example.com","reason":"hard-bounce"},"ts":1767322800}"#.to_owned(),
        r#"{"event":"open","_id":"m2","ts":1767322800,"msg":{"email":"bob@example.com"}}"#.to_owned(),
        r#"{"event":"open","_id":"m3","ts":1767322800,"msg":{}}"#.to_owned(),
        r#"{"ts":1767322800}"#.to_owned(),
    ];
    expect![[r#"
        email sent [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:mandrill:m1:send:1767322800
        email delivered [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:mandrill:m1:delivered:1767322800
        email opened [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:mandrill:m1:open:1767322800
        email clicked [spring mail https://shop.example/cart] of u1 at 2026-01-02T03:00:00 as callback:mandrill:m1:click:1767322800:https://shop.example/cart
        email clicked [spring mail https://shop.example/help] of u1 at 2026-01-02T03:00:00 as callback:mandrill:m1:click:1767322800:https://shop.example/help
        email bounced [spring mail -], lost email ada@example.com of u1 at 2026-01-02T03:00:00 as callback:mandrill:m1:hard_bounce:1767322800
        email failed [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:mandrill:m1:soft_bounce:1767322800
        email failed [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:mandrill:m1:reject:1767322800
        email complained [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:mandrill:m1:spam:1767322800
        email unsubscribed [spring mail -] of u1 at 2026-01-02T03:00:00 as callback:mandrill:m1:unsub:1767322800
        email opened [- - -] of email:bob@example.com at 2026-01-02T03:00:00 as callback:mandrill:m2:open:1767322800
        quarantined "{\"ts\":1767322800}": a callback of the channel `email`: it has no `event`
        ignored: on_the_way
        ignored: no_message
        ignored: nobody
    "#]]
    .assert_eq(&picture(&Mandrill, &form(&format!("[{}]", events.join(",")))));
}

#[test]
fn a_form_without_events_is_not_lost_in_silence() {
    let received = read(&line(&Mandrill, "email", KEY), "something=else");
    assert_eq!((received.inbounds.len(), received.ignored.len()), (1, 0));
    assert!(matches!(received.inbounds[0].substance, Substance::Quarantined(_)));
}
